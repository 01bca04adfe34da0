// SPDX-License-Identifier: GPL-2.0
/*
 * Describing what was there before the recording: processes have names in a trace even if none of
 * their calls is recorded, and files that are open already have paths.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include "params/params.h"
#include "ring/event.h"
#include "ring/packet.h"
#include "tasks/identity.h"
#include "write/ctf/state.h"

#define PACKET_ROOM	SZ_64K
/* Bytes of one event, at most. */
#define EVENT_ROOM	(sizeof(struct syscord_process) + sizeof(u32) + PATH_MAX)

static struct {
	struct syscord_packet *packet;
	syscord_packet_writer write_packet;
	size_t len;		/* bytes of the packet */
	u64 seq;		/* of the next packet */
	u64 last;		/* time of the last event, in ns */
	bool failed;		/* a packet could not be written */
} state;

/**
 * syscord_state_create - get memory for packets
 *
 * Return: 0, or -ENOMEM.
 */
int syscord_state_create(void)
{
	state.packet = kvzalloc(PACKET_ROOM, GFP_KERNEL);
	state.seq = 0;
	return state.packet ? 0 : -ENOMEM;
}

/**
 * syscord_state_destroy - free the memory, if there is any
 */
void syscord_state_destroy(void)
{
	kvfree(state.packet);
	state.packet = NULL;
}

static void begin_packet(void)
{
	struct syscord_packet *packet = state.packet;

	memset(packet, 0, sizeof(*packet));
	packet->magic = SYSCORD_MAGIC;
	memcpy(packet->uuid, syscord_params.uuid.b, sizeof(packet->uuid));
	packet->stream = SYSCORD_STREAM_STATE;
	packet->begin = max(ktime_get_mono_fast_ns(), state.last);
	packet->end = packet->begin;
	state.len = sizeof(*packet);
}

static void end_packet(void)
{
	struct syscord_packet *packet = state.packet;

	packet->content_bits = state.len * BITS_PER_BYTE;
	packet->packet_bits = packet->content_bits;
	state.last = packet->end;
	if (!packet->events || state.failed)
		return;
	packet->seq = state.seq++;
	state.failed = !state.write_packet(packet);
}

/* Where the next event goes, with EVENT_ROOM; NULL if the packet is full. */
static void *next_event(void)
{
	size_t pos = ALIGN(state.len, 2);

	return pos + EVENT_ROOM <= PACKET_ROOM ? (u8 *)state.packet + pos : NULL;
}

static void add_event(struct syscord_event *event, size_t len)
{
	struct syscord_packet *packet = state.packet;
	u64 now = ktime_get_mono_fast_ns();

	/* The clock may step back a little.  32 bits are enough: a packet is full before that. */
	packet->end = max(packet->end, now);
	event->time = packet->end;
	event->size = (len + 1) / 2;
	packet->events++;
	state.len = (u8 *)event + len - (u8 *)packet;
}

static void add_process(struct task_struct *task)
{
	struct syscord_process *process = next_event();
	struct file *exe;
	char comm[TASK_COMM_LEN];

	if (!process) {
		end_packet();
		begin_packet();
		process = next_event();
	}
	task_lock(task);
	exe = syscord_identity_get_exe(task);
	task_unlock(task);
	get_task_comm(comm, task);
	add_event(&process->event,
		  syscord_identity_fill(process, task, SYSCORD_REASON_STATE, comm, exe));
	if (!IS_ERR_OR_NULL(exe))
		fput(exe);
}

/* Called by iterate_fd(), under a spin lock.  It goes on while this returns 0. */
static int add_file(const void *data, struct file *file, unsigned int fd)
{
	const struct task_struct *task = data;
	struct syscord_open_file *event = next_event();
	size_t len;

	if (!event)
		return fd + 1;
	event->event.id = SYSCORD_ID_OPEN_FILE;
	event->event.tid = task->pid;
	event->pid = task->tgid;
	event->fd = fd;
	len = sizeof(*event) + syscord_identity_put_path(event->path, &file->f_path);
	add_event(&event->event, len);
	return 0;
}

/* Files from @fd on.  Returns 0, or if the packet is full: the next file descriptor, plus 1. */
static int add_files_from(struct task_struct *task, unsigned int fd, bool *has_files)
{
	int next = 0;

	task_lock(task);
	*has_files = task->files;
	if (task->files)
		next = iterate_fd(task->files, fd, add_file, task);
	task_unlock(task);
	return next;
}

/* False if the task has none, since it ends; another thread of its process may still have them. */
static bool add_files(struct task_struct *task)
{
	bool has_files = false;
	int next = 1;

	while (next && !state.failed) {
		next = add_files_from(task, next - 1, &has_files);
		if (next) {
			end_packet();
			begin_packet();
			cond_resched();
		}
	}
	return has_files;
}

/* Take references to the first @room threads.  Returns how many threads there are. */
static size_t get_threads(struct task_struct **tasks, size_t room)
{
	struct task_struct *process, *thread;
	size_t count = 0;

	rcu_read_lock();
	for_each_process_thread(process, thread) {
		if (count < room)
			tasks[count] = get_task_struct(thread);
		count++;
	}
	rcu_read_unlock();
	return count;
}

/* New threads may come between counting and listing, so there is some room for more. */
static struct task_struct **list_threads(size_t *count)
{
	size_t room = get_threads(NULL, 0) * 5 / 4 + 64;
	struct task_struct **tasks = kvmalloc_array(room, sizeof(*tasks), GFP_KERNEL);

	if (tasks)
		*count = min(room, get_threads(tasks, room));
	return tasks;
}

/**
 * syscord_state_write - describe every thread, and every process's open files
 * @write_packet:	writes each packet
 *
 * If memory is short, or a packet can't be written, the rest is left out: no record depends on it.
 */
void syscord_state_write(syscord_packet_writer write_packet)
{
	struct task_struct **tasks;
	size_t i, count = 0;
	pid_t done = 0;

	tasks = list_threads(&count);
	state.write_packet = write_packet;
	state.failed = false;
	begin_packet();
	for (i = 0; i < count; i++) {
		add_process(tasks[i]);
		/* The threads of a process are neighbours: one describes the files of all. */
		if (tasks[i]->tgid != done && add_files(tasks[i]))
			done = tasks[i]->tgid;
		put_task_struct(tasks[i]);
		cond_resched();
	}
	end_packet();
	kvfree(tasks);
}
