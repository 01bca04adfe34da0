/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events that say who a thread is: once before its first record, and again when that changes.
 */
#ifndef SYSCORD_IDENTITY_H
#define SYSCORD_IDENTITY_H

#include <linux/compiler.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/path.h>
#include <linux/sched.h>

#include "ring/event.h"
#include "ring/ring.h"
#include "tasks/threads.h"

/**
 * struct syscord_subject - who is described, and why
 * @task:	the current task; its child that does not run yet; or another one, of which less is
 *		said
 * @comm:	its name
 * @reason:	why
 * @old_tid:	the number that it had before this event
 */
struct syscord_subject {
	struct task_struct *task;
	const char *comm;
	enum syscord_reason reason;
	u32 old_tid;
};

bool syscord_identity_update(struct syscord_cpu *cpu, struct syscord_thread *thread, u64 time);
void syscord_identity_write_brief(struct syscord_cpu *cpu, u64 time);
bool syscord_identity_write(struct syscord_cpu *cpu, const struct syscord_subject *subject,
			    u64 time);
struct file *syscord_identity_get_exe(struct task_struct *task);
u32 syscord_identity_put_path(u8 *to, const struct path *path);
u32 syscord_identity_fill(struct syscord_process *process, const struct syscord_subject *subject,
			  struct file *exe);

/*
 * The current task's own credentials.  While the kernel acts with others for a moment, these stay.
 */
static __always_inline const struct cred *syscord_identity_cred(void)
{
	return current_real_cred();
}

/* Whether the ring's current epoch has a description of the current thread as it is now. */
static __always_inline bool syscord_identity_is_known(const struct syscord_ring *ring,
						      const struct syscord_thread *thread)
{
	/*
	 * data_race(): the writer may begin another epoch meanwhile.  With the old one this record
	 * has the description that is there, and the next record gets a new one.
	 */
	return thread->epoch == data_race(ring->epoch) &&
	       thread->cred == syscord_identity_cred() &&
	       thread->parent == rcu_access_pointer(current->real_parent);
}

#endif
