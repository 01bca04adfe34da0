// SPDX-License-Identifier: GPL-2.0
/*
 * Describing what was there before the recording: processes have names in a trace even if none of
 * their calls is recorded, and files that are open already have paths.
 *
 * A description is written in slices, between which the writer empties the rings.  First it has
 * all threads, then the open files of each process.  It ends with an event that says how many
 * threads there were.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/hashtable.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/types.h>

#include "ring/event.h"
#include "tasks/identity.h"
#include "tasks/life.h"
#include "write/ctf/state.h"
#include "write/ctf/state_files.h"
#include "write/ctf/state_limits.h"
#include "write/ctf/state_packet.h"

/*
 * A slice ends with a packet, or after so many steps: a thread, or 16 files of a process at most.
 */
#define SLICE_STEPS	128

/**
 * struct entry - a thread that is to be described
 * @task:	the thread, with a reference
 * @files:	its descriptors, if it has described them
 * @same_files:	others of the same hash
 * @described:	it is described
 */
struct entry {
	struct task_struct *task;
	const void *files;
	struct hlist_node same_files;
	bool described;
};

static struct {
	bool asked;			/* a description is to begin */
	struct entry *entries;		/* NULL: no description is under way */
	size_t count;			/* of the entries */
	size_t found;			/* threads that there were */
	size_t next;			/* entry */
	bool threads_done;		/* it is the turn of the files */
	size_t described;		/* threads */
	pid_t process;			/* of the last entry, or whose files are described */
	unsigned int threads;		/* of that process, described */
	bool has_exe;			/* one of them said what they run */
	struct syscord_file_table table;	/* under way, if it has a task */
} state;

/* Entries that have described files, by the address of the descriptors. */
static DEFINE_HASHTABLE(owners, 10);

/**
 * syscord_state_create - get memory
 *
 * Return: 0, or -ENOMEM.
 */
int syscord_state_create(void)
{
	int err = syscord_state_packet_create();

	return err ?: syscord_state_files_create();
}

/* Nobody is described any more. */
static void end(void)
{
	size_t i;

	for (i = 0; i < state.count; i++)
		put_task_struct(state.entries[i].task);
	kvfree(state.entries);
	state.entries = NULL;
	state.count = 0;
}

/**
 * syscord_state_destroy - free the memory, if there is any
 */
void syscord_state_destroy(void)
{
	end();
	state.asked = false;
	syscord_state_files_destroy();
	syscord_state_packet_destroy();
}

/* Take references to the first @room threads.  Returns how many threads there are. */
static size_t get_threads(struct entry *entries, size_t room)
{
	struct task_struct *process, *thread;
	size_t count = 0;

	rcu_read_lock();
	for_each_process_thread(process, thread) {
		if (count < room)
			entries[count].task = get_task_struct(thread);
		count++;
	}
	rcu_read_unlock();
	return count;
}

/* New threads may come between counting and listing, so there is some room for more. */
static bool list_threads(void)
{
	size_t room = get_threads(NULL, 0) * 5 / 4 + 64;

	state.entries = kvcalloc(room, sizeof(*state.entries), GFP_KERNEL);
	if (!state.entries)
		return false;
	state.found = get_threads(state.entries, room);
	state.count = min(room, state.found);
	return true;
}

static void begin(syscord_packet_writer write_packet)
{
	end();
	state.asked = false;
	state.next = 0;
	state.threads_done = false;
	state.described = 0;
	state.process = 0;
	state.table.task = NULL;
	hash_init(owners);
	syscord_state_limits_reset();
	syscord_state_files_forget();
	syscord_state_packet_begin(write_packet);
	if (!list_threads())
		pr_warn_ratelimited("no memory to describe the processes that there are\n");
}

/* What a thread runs.  Of a process, one thread says it for all. */
static struct file *get_exe(struct task_struct *task)
{
	struct file *exe;

	if (state.has_exe)
		return ERR_PTR(-EALREADY);
	task_lock(task);
	exe = syscord_identity_get_exe(task);
	task_unlock(task);
	state.has_exe = !IS_ERR(exe);
	return exe;
}

static void put_thread(struct task_struct *task)
{
	struct syscord_process *process = syscord_state_packet_room();
	struct file *exe = get_exe(task);
	char comm[TASK_COMM_LEN];
	const struct syscord_subject subject = { task, comm, SYSCORD_REASON_STATE, task->pid };
	size_t len;

	get_task_comm(comm, task);
	len = syscord_identity_fill(process, &subject, exe);
	task_lock(task);
	syscord_life_fill_namespaces(process, task);
	task_unlock(task);
	syscord_state_packet_add(&process->event, len);
	syscord_state_limits_charge(task_uid(task), len);
	if (!IS_ERR_OR_NULL(exe))
		fput(exe);
}

/* The threads of a process are neighbours. */
static void describe_thread(struct entry *entry)
{
	struct task_struct *task = entry->task;

	if (task->tgid != state.process) {
		state.process = task->tgid;
		state.threads = 0;
		state.has_exe = false;
	}
	if (state.threads == SYSCORD_STATE_THREADS || !syscord_state_limits_allow(task_uid(task)))
		return;
	put_thread(task);
	entry->described = true;
	state.threads++;
	state.described++;
}

/* The one who has described the same descriptors; NULL if nobody has. */
static struct task_struct *find_owner(struct task_struct *task, const void *files)
{
	struct entry *owner;

	hash_for_each_possible(owners, owner, same_files, (unsigned long)files)
		if (owner->files == files && syscord_state_files_are_shared(task, owner->task))
			return owner->task;
	return NULL;
}

/* Begin with the descriptors of a process, if another one has not described them already. */
static void begin_files(struct entry *entry)
{
	struct syscord_file_table table = { .task = entry->task };
	const void *files = syscord_state_files_of(entry->task);
	struct task_struct *owner;

	/* It ends, and another thread of its process may still have them; or it is the kernel's. */
	if (!files || entry->task->flags & PF_KTHREAD)
		return;
	state.process = entry->task->tgid;
	owner = find_owner(entry->task, files);
	if (owner) {
		syscord_state_files_put_summary(&table, owner);
		return;
	}
	entry->files = files;
	hash_add(owners, &entry->same_files, (unsigned long)files);
	state.table = table;
}

static void describe_some_files(void)
{
	if (syscord_state_files_describe(&state.table))
		return;
	syscord_state_files_put_summary(&state.table, state.table.task);
	state.table.task = NULL;
}

static void begin_all_files(void)
{
	state.threads_done = true;
	state.next = 0;
	state.process = 0;
}

static void put_end(void)
{
	struct syscord_description *event = syscord_state_packet_room();

	event->event.id = SYSCORD_ID_DESCRIPTION;
	event->event.tid = 0;
	event->pid = 0;
	event->described = state.described;
	event->count = state.found;
	syscord_state_packet_add(&event->event, sizeof(*event));
	syscord_state_packet_end();
}

/* A small part of the work.  False if there is no more. */
static bool step(void)
{
	struct entry *entry = &state.entries[state.next];

	if (state.table.task) {
		describe_some_files();
	} else if (state.next == state.count) {
		if (state.threads_done)
			return false;
		begin_all_files();
	} else {
		state.next++;
		if (!state.threads_done)
			describe_thread(entry);
		else if (entry->described && entry->task->tgid != state.process)
			begin_files(entry);
	}
	return true;
}

/**
 * syscord_state_ask - have every thread, and every process's open files, described from now on
 *
 * A description that is under way ends where it is: its files may be gone when others are read.
 */
void syscord_state_ask(void)
{
	state.asked = true;
}

/**
 * syscord_state_write_slice - write some of the description that was asked for
 * @write_packet:	writes each packet
 *
 * If memory is short, or a packet can't be written, the rest is left out: no record depends on it.
 *
 * Return: whether there is more to write.
 */
bool syscord_state_write_slice(syscord_packet_writer write_packet)
{
	u64 packets = syscord_state_packet_count();
	unsigned int steps;

	if (state.asked)
		begin(write_packet);
	if (!state.entries)
		return false;
	for (steps = 0; steps < SLICE_STEPS && syscord_state_packet_count() == packets; steps++) {
		if (!step()) {
			put_end();
			end();
			return state.asked;
		}
	}
	if (syscord_state_packet_failed())
		end();
	return state.entries;
}
