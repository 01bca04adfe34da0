// SPDX-License-Identifier: GPL-2.0
/*
 * on_full=wait: a thread whose record went into the reserve of a ring waits until the writer has
 * made room.
 *
 * A probe may not sleep.  So it gives the thread work, which the kernel has it do on its way back
 * to user space.  There the thread holds no lock, so nobody waits for it but who waits for its
 * process.  Before its next call it has waited.  So a thread needs the room of one record in the
 * reserve, once before each time that the ring gets low again, or once in wait_ms=.
 *
 * Between two records a thread always comes by that point.  So no thread has work twice.
 *
 * These do not wait: a thread that ends, since it makes no further call; the writer and other
 * threads of the kernel, which make no calls and never return to user space.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/timekeeping.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "compat/task_freezable.h"
#include "compat/task_work_add.h"
#include "hooks/wait.h"
#include "ring/counters.h"
#include "ring/cpu.h"
#include "ring/ring.h"
#include "ring/rings.h"

/* How many threads may wait at a time. */
#define WAITERS		4096
/* How many of them a probe tries to take, if others are faster. */
#define TAKE_TRIES	16

/**
 * struct waiter - what a thread needs to wait
 * @work:	in the thread's list of work
 * @cpu:	whose ring it waits for
 */
struct waiter {
	struct callback_head work;
	struct syscord_cpu *cpu;
};

static struct {
	typeof(task_work_add) *add;	/* NULL: no thread waits */
	struct waiter *waiters;
	long timeout;			/* in jiffies */
	bool given_up;			/* a wait was in vain, as the files take nothing */
	DECLARE_BITMAP(taken, WAITERS);	/* which waiters are in use */
} wait;

static DEFINE_PER_CPU(struct wait_queue_head, queues);

static bool has_room(const struct syscord_cpu *cpu)
{
	return !syscord_ring_is_high(&cpu->ring);
}

/* The time that is left, in jiffies; 0: there is no room; negative: the thread is being killed. */
static long sleep_until_room(const struct syscord_cpu *cpu)
{
	struct wait_queue_head *queue = per_cpu_ptr(&queues, cpu->number);

	/* As wait_event_killable_timeout(), but the thread can be frozen meanwhile. */
	return ___wait_event(*queue, ___wait_cond_timeout(has_room(cpu)),
			     (TASK_KILLABLE | COMPAT_TASK_FREEZABLE), 0, wait.timeout,
			     __ret = schedule_timeout(__ret));
}

/*
 * Files that take nothing may do so for long.  Then one wait in vain is enough: if each call of
 * each thread waited, nobody could repair what is wrong.
 */
static void note_timeout(void)
{
	this_cpu_inc(syscord_cpus.waits.timeouts);
	if (syscord_sink_is_stalled())
		WRITE_ONCE(wait.given_up, true);
}

static void wait_for_room(const struct syscord_cpu *cpu)
{
	u64 begin = ktime_get_ns();

	this_cpu_inc(syscord_cpus.waits.begun);
	/* There is something to be read, and no need to wait for the flush interval. */
	cpu->ring.config->wake();
	if (!sleep_until_room(cpu))
		note_timeout();
	this_cpu_add(syscord_cpus.waits.ns, ktime_get_ns() - begin);
}

/* In the thread's own context, before it returns to user space or while it exits. */
static void do_work(struct callback_head *work)
{
	struct waiter *waiter = container_of(work, struct waiter, work);
	const struct syscord_cpu *cpu = waiter->cpu;

	if (!(current->flags & PF_EXITING) && !has_room(cpu))
		wait_for_room(cpu);
	/*
	 * The last thing of all.  syscord_wait_stop() looks at this bit, and then waits for the
	 * instructions that follow.  They must not sleep: not even for a lock, as those do on
	 * PREEMPT_RT.  So nobody is woken here.
	 */
	clear_bit_unlock(waiter - wait.waiters, wait.taken);
}

/* NULL if so many threads wait already.  Preemption is off. */
static struct waiter *take_waiter(void)
{
	unsigned int tries = TAKE_TRIES;
	unsigned long i = 0;

	while (tries--) {
		i = find_next_zero_bit(wait.taken, WAITERS, i);
		if (i == WAITERS)
			return NULL;
		if (!test_and_set_bit_lock(i, wait.taken))
			return &wait.waiters[i];
	}
	return NULL;
}

/**
 * syscord_wait_for_room - have the current thread wait before it returns to user space
 * @cpu:	this CPU, with preemption off; the usual path has no room in its ring
 */
noinline __cold void syscord_wait_for_room(struct syscord_cpu *cpu)
{
	struct waiter *waiter;

	if (!wait.add || current->flags & (PF_KTHREAD | PF_EXITING) ||
	    READ_ONCE(wait.given_up) || has_room(cpu))
		return;
	waiter = take_waiter();
	if (!waiter) {
		cpu->waits.refused++;
		return;
	}
	waiter->cpu = cpu;
	init_task_work(&waiter->work, do_work);
	if (!compat_add_work_at_return(wait.add, &waiter->work))
		clear_bit_unlock(waiter - wait.waiters, wait.taken);
}

/**
 * syscord_wait_freed - wake those that wait for a ring, if it has room; called by its consumer
 * @ring:	the ring
 */
void syscord_wait_freed(const struct syscord_ring *ring)
{
	const struct syscord_cpu *cpu = container_of(ring, struct syscord_cpu, ring);
	struct wait_queue_head *queue = per_cpu_ptr(&queues, cpu->number);

	if (READ_ONCE(wait.given_up))
		WRITE_ONCE(wait.given_up, false);
	/* With a barrier: the tail moves, then it is seen who waits.  They do the reverse. */
	if (wq_has_sleeper(queue) && has_room(cpu))
		wake_up_all(queue);
}

/**
 * syscord_wait_start - let threads wait for room from now on
 * @wait_ms:	how long at most, in ms
 *
 * Return: 0, or a negative errno with a line in the kernel log.
 */
int __init syscord_wait_start(unsigned int wait_ms)
{
	typeof(task_work_add) *add = compat_get_task_work_add();
	unsigned int cpu;

	if (!add) {
		pr_err("on_full=wait: this kernel has no point at which a module may let a thread wait (task_work_add): leave it out\n");
		return -EOPNOTSUPP;
	}
	wait.waiters = kvcalloc(WAITERS, sizeof(*wait.waiters), GFP_KERNEL);
	if (!wait.waiters) {
		compat_put_task_work_add();
		pr_err("no memory for threads that wait: leave out on_full=wait\n");
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu)
		init_waitqueue_head(per_cpu_ptr(&queues, cpu));
	/* One more: the first tick may come at once. */
	wait.timeout = msecs_to_jiffies(wait_ms) + 1;
	wait.add = add;
	return 0;
}

/**
 * syscord_wait_stop - have all threads go on, and wait until none of them is in here
 *
 * Called once no probe can run any more, before the writer stops.  When it returns, no thread
 * comes here again.
 */
void syscord_wait_stop(void)
{
	unsigned int cpu;

	if (!wait.add)
		return;
	syscord_rings_end_reserve();
	for_each_possible_cpu(cpu)
		wake_up_all(per_cpu_ptr(&queues, cpu));
	/* A thread that has work does it before it can stop, be frozen or run user code. */
	while (!bitmap_empty(wait.taken, WAITERS))
		schedule_timeout_uninterruptible(1);
	/*
	 * Now each thread has cleared its bit.  But it may have been preempted before it left
	 * do_work().  From the bit on it does not sleep.  This waits until every task has slept, or
	 * run in user space: then it has left.
	 */
	synchronize_rcu_tasks();
	kvfree(wait.waiters);
	compat_put_task_work_add();
	wait.add = NULL;
}
