// SPDX-License-Identifier: GPL-2.0
/*
 * The open files of a process, as events of a description.
 *
 * A few files at a time are taken a reference on, under the process's lock.  Their paths are found
 * out without it: the process opens and closes files meanwhile.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

#include "compat/get_file_rcu.h"
#include "ring/event.h"
#include "tasks/identity.h"
#include "write/ctf/state_files.h"
#include "write/ctf/state_limits.h"
#include "write/ctf/state_packet.h"

/* Files that are taken a reference on at a time. */
#define BATCH		16

/* Descriptors that are looked at with the process's lock held, most of them not in use. */
#define LOOK_MAX	65536

/*
 * Paths that are known already, so that descriptors of the same path refer to the first one.  A
 * new path takes the place of an older one with the same low bits.  That a path is the same is
 * told by a hash of 64 bits with a secret key: nobody can make another path that has it.
 */
#define PATHS		8192

struct known_path {
	u64 hash;	/* 0: there is none */
	u32 pid;
	s32 fd;
};

static struct {
	struct known_path *paths;
	siphash_key_t key;
} known;

/* Files of a process, with references, and their descriptors. */
struct batch {
	unsigned int count;
	struct file *files[BATCH];
	unsigned int fds[BATCH];
};

/**
 * syscord_state_files_create - get memory for the paths that are known
 *
 * Return: 0, or -ENOMEM.
 */
int syscord_state_files_create(void)
{
	known.paths = kvcalloc(PATHS, sizeof(*known.paths), GFP_KERNEL);
	get_random_bytes(&known.key, sizeof(known.key));
	return known.paths ? 0 : -ENOMEM;
}

/**
 * syscord_state_files_destroy - free the memory, if there is any
 */
void syscord_state_files_destroy(void)
{
	kvfree(known.paths);
	known.paths = NULL;
}

/**
 * syscord_state_files_forget - a description begins, which does not refer to earlier ones
 */
void syscord_state_files_forget(void)
{
	memset(known.paths, 0, PATHS * sizeof(*known.paths));
}

/* The descriptor that has this path already; NULL if there is none: from now on, it is this one. */
static const struct known_path *find_path(const u8 *path, size_t len, u32 pid, s32 fd)
{
	u64 hash = siphash(path, len, &known.key) ?: 1;
	struct known_path *found = &known.paths[hash & (PATHS - 1)];

	/* A mark alone is no path. */
	if (len == sizeof(u32))
		return NULL;
	if (found->hash == hash)
		return found;
	*found = (struct known_path){ .hash = hash, .pid = pid, .fd = fd };
	return NULL;
}

static size_t put_same_file(struct syscord_event *event, u32 pid, s32 fd,
			    const struct known_path *path)
{
	struct syscord_same_file *same = (struct syscord_same_file *)event;

	event->id = SYSCORD_ID_SAME_FILE;
	same->pid = pid;
	same->fd = fd;
	same->as_pid = path->pid;
	same->as_fd = path->fd;
	return sizeof(*same);
}

/* Describe what a descriptor stands for.  Returns the bytes of the event. */
static size_t describe_file(struct task_struct *task, unsigned int fd, struct file *file)
{
	struct syscord_open_file *event = syscord_state_packet_room();
	const struct known_path *path;
	size_t len;

	event->event.id = SYSCORD_ID_OPEN_FILE;
	event->event.tid = task->pid;
	event->pid = task->tgid;
	event->fd = fd;
	len = syscord_identity_put_path(event->path, &file->f_path);
	path = find_path(event->path, len, task->tgid, fd);
	if (path)
		len = put_same_file(&event->event, task->tgid, fd, path);
	else
		len += sizeof(*event);
	syscord_state_packet_add(&event->event, len);
	return len;
}

/* Take references.  Returns the descriptor from which on to look next; @end: there are no more. */
static unsigned int take(const struct fdtable *fdt, unsigned int fd, struct batch *batch, bool *end)
{
	unsigned int stop = min_t(u64, fdt->max_fds, (u64)fd + LOOK_MAX);

	while (batch->count < BATCH) {
		struct file *file;

		fd = find_next_bit(fdt->open_fds, stop, fd);
		if (fd >= stop)
			break;
		/* A descriptor that is given away, but not filled yet, has no file. */
		file = compat_get_file_rcu(&fdt->fd[fd]);
		if (file) {
			batch->files[batch->count] = file;
			batch->fds[batch->count++] = fd;
		}
		fd++;
	}
	*end = fd >= fdt->max_fds;
	return fd;
}

/* Take references to some files of a process.  False if there are no more. */
static bool take_batch(struct syscord_file_table *table, struct batch *batch)
{
	bool end = true;

	batch->count = 0;
	/* The lock holds the process's table, RCU the array in it. */
	task_lock(table->task);
	if (table->task->files) {
		rcu_read_lock();
		table->next = take(files_fdtable(table->task->files), table->next, batch, &end);
		rcu_read_unlock();
	}
	task_unlock(table->task);
	return !end;
}

static bool is_full(const struct syscord_file_table *table)
{
	return table->described >= SYSCORD_STATE_FILES ||
	       table->bytes >= SYSCORD_STATE_PROCESS_BYTES ||
	       !syscord_state_limits_allow(task_uid(table->task));
}

/**
 * syscord_state_files_describe - describe some more files of a process
 * @table:	its descriptors
 *
 * Return: false if there are no more, or if the others are too many.
 */
bool syscord_state_files_describe(struct syscord_file_table *table)
{
	struct batch batch;
	bool more = take_batch(table, &batch);
	unsigned int i;

	for (i = 0; i < batch.count; i++) {
		table->is_cut |= is_full(table);
		if (!table->is_cut) {
			size_t len = describe_file(table->task, batch.fds[i], batch.files[i]);

			table->described++;
			table->bytes += len;
			syscord_state_limits_charge(task_uid(table->task), len);
		}
		fput(batch.files[i]);
	}
	return more && !table->is_cut;
}

/* How many descriptors a task's process has. */
static unsigned int count_files(struct task_struct *task)
{
	unsigned int count = 0;

	task_lock(task);
	if (task->files) {
		const struct fdtable *fdt;

		rcu_read_lock();
		fdt = files_fdtable(task->files);
		count = bitmap_weight(fdt->open_fds, fdt->max_fds);
		rcu_read_unlock();
	}
	task_unlock(task);
	return count;
}

/**
 * syscord_state_files_put_summary - say what the events of files do not
 * @table:	the descriptors of a process
 * @owner:	the task whose process has the same ones, and is described; or @table's own
 *
 * Nothing need be said of a process that has its own ones, all of which are described.
 */
void syscord_state_files_put_summary(const struct syscord_file_table *table,
				     struct task_struct *owner)
{
	struct syscord_open_files *event;

	if (owner == table->task && !table->is_cut)
		return;
	event = syscord_state_packet_room();
	event->event.id = SYSCORD_ID_OPEN_FILES;
	event->event.tid = table->task->pid;
	event->pid = table->task->tgid;
	event->as_pid = owner->tgid;
	event->described = table->described;
	event->count = table->is_cut ? max(count_files(table->task), table->described) :
				       table->described;
	syscord_state_packet_add(&event->event, sizeof(*event));
}

/**
 * syscord_state_files_of - a task's descriptors, to be compared
 * @task:	the task
 *
 * Return: an address; NULL if it has none, as it ends.
 */
const void *syscord_state_files_of(struct task_struct *task)
{
	const void *files;

	task_lock(task);
	files = task->files;
	task_unlock(task);
	return files;
}

/**
 * syscord_state_files_are_shared - whether two tasks have the same descriptors now
 * @task:	a task
 * @other:	another one
 *
 * With one lock at a time, the address could be that of other descriptors meanwhile.
 *
 * Return: whether they have.
 */
bool syscord_state_files_are_shared(struct task_struct *task, struct task_struct *other)
{
	bool shared;

	task_lock(task);
	/* Nobody else holds two of these locks. */
	spin_lock_nested(&other->alloc_lock, SINGLE_DEPTH_NESTING);
	shared = task->files && task->files == other->files;
	spin_unlock(&other->alloc_lock);
	task_unlock(task);
	return shared;
}
