// SPDX-License-Identifier: GPL-2.0
/*
 * Describing processes, for traces.  A text record says the process's number itself.
 */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/compiler.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/kconfig.h>
#include <linux/limits.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "compat/get_file_rcu.h"
#include "ring/cpu.h"
#include "ring/event.h"
#include "ring/ring.h"
#include "ring/settings.h"
#include "tasks/identity.h"
#include "tasks/life.h"
#include "tasks/threads.h"

/* In place of a path: a word with a mark.  Returns its bytes. */
static u32 put_mark(u8 *to, u32 mark)
{
	memcpy(to, &mark, sizeof(mark));
	return sizeof(mark);
}

/**
 * syscord_identity_put_path - put a path, as a field behind a pointer
 * @to:		room for a word and PATH_MAX bytes
 * @path:	the path
 *
 * Return: the bytes that it took.
 */
u32 syscord_identity_put_path(u8 *to, const struct path *path)
{
	char *text = d_path(path, to + sizeof(u32), PATH_MAX);
	u32 len;

	if (IS_ERR(text))
		return put_mark(to, SYSCORD_MARK_UNREAD);
	len = strlen(text);
	memmove(to + sizeof(len), text, len);
	memcpy(to, &len, sizeof(len));
	return sizeof(len) + len;
}

/* Kernels name the parts of kernel_cap_t in different ways; its bits are the same. */
static u64 capabilities(const struct cred *cred)
{
	u64 caps;

	static_assert(sizeof(caps) == sizeof(cred->cap_effective));
	memcpy(&caps, &cred->cap_effective, sizeof(caps));
	return caps;
}

static void fill_ids(struct syscord_process *process, const struct cred *cred)
{
	process->uid = from_kuid(&init_user_ns, cred->uid);
	process->euid = from_kuid(&init_user_ns, cred->euid);
	process->gid = from_kgid(&init_user_ns, cred->gid);
	process->egid = from_kgid(&init_user_ns, cred->egid);
	process->caps = capabilities(cred);
	process->user_ns = cred->user_ns->ns.inum;
}

/* Whether a description says the same of both. */
static bool are_same_ids(const struct cred *one, const struct cred *other)
{
	return uid_eq(one->uid, other->uid) && uid_eq(one->euid, other->euid) &&
	       gid_eq(one->gid, other->gid) && gid_eq(one->egid, other->egid) &&
	       capabilities(one) == capabilities(other) && one->user_ns == other->user_ns;
}

/**
 * syscord_identity_fill - describe a task
 * @process:	filled in, but for its event's time and size; it has SYSCORD_PROCESS_MAX bytes
 * @subject:	the task
 * @exe:	the file that it runs, NULL if it has none, or an error pointer if that is not known
 *
 * Return: the event's bytes.
 */
u32 syscord_identity_fill(struct syscord_process *process, const struct syscord_subject *subject,
			  struct file *exe)
{
	struct task_struct *task = subject->task;
	u32 len;

	process->event.id = SYSCORD_ID_PROCESS;
	process->event.tid = task->pid;
	process->pid = task->tgid;
	process->reason = subject->reason;
	process->old_tid = subject->old_tid;
	/* A task that has ended and was waited for has no parent any more. */
	rcu_read_lock();
	process->ppid = pid_alive(task) ? rcu_dereference(task->real_parent)->tgid : 0;
	fill_ids(process, __task_cred(task));
	rcu_read_unlock();
	syscord_life_fill(process, task, subject->reason);
	strscpy_pad(process->comm, subject->comm, sizeof(process->comm));
	if (IS_ERR_OR_NULL(exe))
		len = put_mark(process->exe, exe ? SYSCORD_MARK_UNREAD : SYSCORD_MARK_NULL);
	else
		len = syscord_identity_put_path(process->exe, &exe->f_path);
	return sizeof(*process) + len + syscord_life_put_numbers(process->exe + len, task);
}

/**
 * syscord_identity_get_exe - the file that a task runs
 * @task:	the current task, or one that is locked
 *
 * Return: the file, with a reference; NULL of a kernel thread; an error pointer if the task ends.
 */
struct file *syscord_identity_get_exe(struct task_struct *task)
{
	if (task->flags & PF_KTHREAD)
		return NULL;
	return task->mm ? compat_get_exe_file(task->mm) : ERR_PTR(-ESRCH);
}

/*
 * Only of the current task: for another one, a lock would be needed.  On PREEMPT_RT of none, as
 * d_path() may sleep there.
 */
static struct file *get_exe(struct task_struct *task)
{
	if (task != current || IS_ENABLED(CONFIG_PREEMPT_RT))
		return ERR_PTR(-EOPNOTSUPP);
	return syscord_identity_get_exe(task);
}

/* Put a task's description in the ring.  False if it has no room for it. */
static bool write_process(struct syscord_cpu *cpu, const struct syscord_subject *subject,
			  struct file *exe, u64 time)
{
	struct syscord_ring *ring = &cpu->ring;
	struct syscord_event *event;
	u64 pos;
	u32 len;

	event = syscord_ring_reserve(cpu, ring, SYSCORD_PROCESS_MAX, &time, &pos);
	if (!event)
		return false;
	len = syscord_identity_fill((struct syscord_process *)event, subject, exe);
	ring->non_records++;
	syscord_ring_commit(ring, event, time, pos, len);
	return true;
}

/**
 * syscord_identity_write - put a task's description in the ring
 * @cpu:	this CPU, with preemption off
 * @subject:	the task
 * @time:	when, in ns
 *
 * Return: false if the ring has no room for it.
 */
bool syscord_identity_write(struct syscord_cpu *cpu, const struct syscord_subject *subject,
			    u64 time)
{
	struct file *exe = get_exe(subject->task);
	bool written = write_process(cpu, subject, exe, time);

	if (!IS_ERR_OR_NULL(exe))
		fput(exe);
	return written;
}

/* The current thread. */
static struct syscord_subject myself(enum syscord_reason reason)
{
	return (struct syscord_subject) { current, current->comm, reason, current->pid };
}

static enum syscord_reason find_reason(const struct syscord_thread *thread)
{
	if (!thread->parent)
		return SYSCORD_REASON_SEEN;
	if (!are_same_ids(thread->cred, syscord_identity_cred()))
		return SYSCORD_REASON_IDS;
	if (thread->parent != rcu_access_pointer(current->real_parent))
		return SYSCORD_REASON_PARENT;
	return SYSCORD_REASON_SEEN;
}

/* Each exec() brings new credentials, which mostly say the same. */
static bool has_changed(const struct syscord_thread *thread, u32 epoch)
{
	return thread->epoch != epoch ||
	       thread->parent != rcu_access_pointer(current->real_parent) ||
	       !are_same_ids(thread->cred, syscord_identity_cred());
}

/**
 * syscord_identity_update - describe the current thread, which is new or has changed
 * @cpu:	this CPU, with preemption off
 * @thread:	the thread's slot
 * @time:	when, in ns
 *
 * Return: false if the ring has no room for it; then the next record tries again.
 */
noinline bool syscord_identity_update(struct syscord_cpu *cpu, struct syscord_thread *thread,
				      u64 time)
{
	struct syscord_ring *ring = &cpu->ring;
	struct syscord_subject subject;
	/* The writer may begin another one after this: the thread is described anew for that. */
	u32 epoch = READ_ONCE(ring->epoch);

	if (syscord_settings.describe && has_changed(thread, epoch)) {
		subject = myself(find_reason(thread));
		if (!syscord_identity_write(cpu, &subject, time))
			return false;
	}
	/* In flight-recorder mode the description itself may have begun one.  Is there a ring? */
	if (ring->base && ring->config->overwrite)
		epoch = ring->epoch;
	thread->epoch = epoch;
	thread->parent = rcu_access_pointer(current->real_parent);
	syscord_thread_set_cred(thread, syscord_identity_cred());
	return true;
}

/**
 * syscord_identity_write_brief - describe the current thread, without the file that it runs
 * @cpu:	this CPU, with preemption off
 * @time:	when, in ns
 *
 * For a thread that has no slot.  It is described before each record, so that must be short.
 */
void syscord_identity_write_brief(struct syscord_cpu *cpu, u64 time)
{
	const struct syscord_subject subject = myself(SYSCORD_REASON_SEEN);

	if (syscord_settings.describe)
		write_process(cpu, &subject, ERR_PTR(-EOPNOTSUPP), time);
}
