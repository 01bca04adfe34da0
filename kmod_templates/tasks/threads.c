// SPDX-License-Identifier: GPL-2.0
/*
 * The tables of slots: taking and giving back.
 *
 * A table has open addressing, by the task's address.  When it is half full, a worker makes another
 * one of twice the size, in which slots are taken from then on.  A thread that is found in an older
 * table moves.  Tables are freed when the module goes.  As each slot belongs to a living thread,
 * the tables grow with the machine's threads, and no further.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/cred.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/timex.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "ring/clock.h"
#include "ring/memory.h"
#include "tasks/charge.h"
#include "tasks/pending.h"
#include "tasks/threads.h"

/* A thread's slot is one of the first so many from its home: this bounds every look-up. */
#define REACH_MAX	64U
#define TABLES_MAX	16U
#define SLOTS_MIN	SZ_1K
#define SLOTS_MAX	SZ_64K
/* In the owner's word: the slot is being taken away. */
#define TAKEN_AWAY	1UL

/**
 * struct table - a table of slots
 * @slots:	the slots
 * @reach:	for each home: how many slots from there on a look-up must visit; mostly one or none
 * @mask:	number of slots, less one
 * @shift:	32 less log2 of the number of slots
 */
struct table {
	struct syscord_thread *slots;
	u8 *reach;
	unsigned int mask;
	unsigned int shift;
};

/* The first @tables_made are there; slots are taken in the last one of them. */
static struct table tables[TABLES_MAX];
static unsigned int tables_made __read_mostly;

static unsigned int limit __read_mostly;	/* slots that may be taken, or UINT_MAX */
static atomic_t taken;				/* slots that are */

atomic_t syscord_owners[1 << SYSCORD_OWNERS_BITS];

DEFINE_PER_CPU(struct syscord_thread *, syscord_last_thread);

/* Nobody owns this slot.  It stands for the last one on a CPU where none was used yet. */
static struct syscord_thread no_thread;

static unsigned int count_tables(void)
{
	/* Pairs with add_table(). */
	return smp_load_acquire(&tables_made);
}

static struct table *newest_table(void)
{
	return &tables[count_tables() - 1];
}

static unsigned int home_of(const struct table *table, const struct task_struct *task)
{
	return syscord_thread_hash(task) >> table->shift;
}

static atomic_t *owners_of(const struct task_struct *task)
{
	return &syscord_owners[syscord_thread_hash(task) >> (32 - SYSCORD_OWNERS_BITS)];
}

/* From now on, a look-up that begins at @home visits at least @steps slots. */
static void extend_reach(struct table *table, unsigned int home, u8 steps)
{
	u8 *reach = &table->reach[home];
	u8 old = READ_ONCE(*reach);

	while (old < steps && cmpxchg(reach, old, steps) != old)
		old = READ_ONCE(*reach);
}

/* Whether a slot is the task's.  If it was being taken away, the task keeps it. */
static bool is_still_of(struct syscord_thread *thread, const struct task_struct *task)
{
	unsigned long mine = (unsigned long)task, owner = READ_ONCE(thread->owner);

	if (owner == mine)
		return true;
	return owner == (mine | TAKEN_AWAY) && cmpxchg(&thread->owner, owner, mine) == owner;
}

static struct syscord_thread *find_in(struct table *table, const struct task_struct *task)
{
	unsigned int steps, index = home_of(table, task);

	for (steps = READ_ONCE(table->reach[index]); steps; steps--) {
		if (is_still_of(&table->slots[index], task))
			return &table->slots[index];
		index = (index + 1) & table->mask;
	}
	return NULL;
}

/**
 * syscord_thread_lookup - the slot that a task owns, in all tables
 * @task:	the current task
 *
 * Return: the slot, or NULL if it owns none.
 */
noinline struct syscord_thread *syscord_thread_lookup(const struct task_struct *task)
{
	unsigned int i = count_tables();

	/* The newest one first: most slots are there. */
	while (i--) {
		struct syscord_thread *thread = find_in(&tables[i], task);

		if (thread) {
			this_cpu_write(syscord_last_thread, thread);
			return thread;
		}
	}
	return NULL;
}

/* Claim a slot of a table for a task that owns none there.  NULL if all in reach are taken. */
static struct syscord_thread *claim_in(struct table *table, const struct task_struct *task)
{
	unsigned int home = home_of(table, task), step;

	for (step = 0; step < REACH_MAX; step++) {
		struct syscord_thread *thread = &table->slots[(home + step) & table->mask];

		if (READ_ONCE(thread->owner) || cmpxchg(&thread->owner, 0, (unsigned long)task))
			continue;
		extend_reach(table, home, step + 1);
		return thread;
	}
	return NULL;
}

static void add_table(struct work_struct *work);
static DECLARE_WORK(add_table_work, add_table);

/*
 * Whether a user may take one more slot.  Only where slots are limited do users have shares: when
 * half of all slots are taken, a user who holds a quarter of them gets no more.
 */
static bool may_take(unsigned int slots_taken, const struct cred *cred)
{
	unsigned int max = READ_ONCE(limit);

	return slots_taken < max / 2 ||
	       (slots_taken < max && syscord_charge_of(cred) < max / 4);
}

/* A slot for a task that owns none.  NULL if there is none for it. */
static struct syscord_thread *take_slot(const struct task_struct *task, const struct cred *cred)
{
	unsigned int slots_taken = atomic_read(&taken);
	struct table *table = newest_table();
	struct syscord_thread *thread;

	if (!may_take(slots_taken, cred))
		return NULL;
	if (slots_taken > table->mask / 2 && READ_ONCE(limit) > table->mask)
		schedule_work(&add_table_work);
	thread = claim_in(table, task);
	if (!thread)
		return NULL;
	atomic_inc(&taken);
	atomic_inc(owners_of(task));
	syscord_charge_add(cred);
	thread->handler = NULL;
	thread->pending = NULL;
	thread->time = 0;
	thread->nr = 0;
	thread->cred = get_cred(cred);
	/* Every task has a parent: so this one is not yet known, and will be described. */
	thread->parent = NULL;
	return thread;
}

/* Free a slot whose owner's word is @owner, and all that it holds.  False if it is not any more. */
static bool release_slot(struct syscord_thread *thread, unsigned long owner)
{
	struct syscord_pending *pending = thread->pending;
	const struct cred *cred = thread->cred;

	/* Pairs with claim_in(): what was read from the slot, and written to it, comes before. */
	if (cmpxchg(&thread->owner, owner, 0) != owner)
		return false;
	atomic_dec(owners_of((struct task_struct *)(owner & ~TAKEN_AWAY)));
	atomic_dec(&taken);
	syscord_charge_remove(cred);
	put_cred(cred);
	if (pending) {
		preempt_disable_notrace();
		syscord_pending_put(pending);
		preempt_enable_notrace();
	}
	return true;
}

/* Move a slot to the newest table, where it is found at once. */
static struct syscord_thread *move_slot(struct syscord_thread *old, struct table *newest)
{
	struct syscord_thread *new = claim_in(newest, current);
	unsigned long owner = (unsigned long)current;

	if (!new)
		return old;
	memcpy((u8 *)new + sizeof(owner), (u8 *)old + sizeof(owner), sizeof(*new) - sizeof(owner));
	/* Somebody may have begun to take it away.  Whoever does now finds nothing. */
	if (cmpxchg(&old->owner, owner, 0) != owner)
		cmpxchg(&old->owner, owner | TAKEN_AWAY, 0);
	return new;
}

/**
 * syscord_thread_get_slow - the current thread's slot, which is not the last used on this CPU
 *
 * Called at the entry of a call, so no other call of the thread is under way.
 *
 * Return: the slot, a new one if it has none; NULL if there is none for it.
 */
noinline struct syscord_thread *syscord_thread_get_slow(void)
{
	struct syscord_thread *thread = syscord_thread_find(current);
	struct table *newest = newest_table();

	if (!thread)
		thread = take_slot(current, current_real_cred());
	else if (thread < newest->slots || thread > newest->slots + newest->mask)
		thread = move_slot(thread, newest);
	if (thread)
		this_cpu_write(syscord_last_thread, thread);
	return thread;
}

/**
 * syscord_thread_prepare - take a slot for a task that was forked and does not run yet
 * @child:	the task
 *
 * So it is known that its first exit is not that of a call which it made.
 */
void syscord_thread_prepare(const struct task_struct *child)
{
	struct syscord_thread *thread = take_slot(child, current_real_cred());

	if (!thread)
		return;
	thread->nr = SYSCORD_NR_NEWBORN;
	thread->time = syscord_clock_ticks();
}

/**
 * syscord_thread_set_cred - keep the credentials that a thread has now, and charge their user
 * @thread:	the thread's slot
 * @new:	the credentials; the slot takes a reference of its own
 *
 * As long as there is a reference, no other credentials have this address.  So to compare the
 * address is enough to find out that a thread has other ones.
 */
void syscord_thread_set_cred(struct syscord_thread *thread, const struct cred *new)
{
	const struct cred *old = thread->cred;

	if (old == new)
		return;
	syscord_charge_add(new);
	thread->cred = get_cred(new);
	syscord_charge_remove(old);
	put_cred(old);
}

/**
 * syscord_thread_put - give back the slot of a task, if it has one
 * @task:	the current task
 */
void syscord_thread_put(const struct task_struct *task)
{
	struct syscord_thread *thread = syscord_thread_find(task);

	/* If this fails, it is being taken away: what is done to it now comes too late. */
	while (thread && !release_slot(thread, (unsigned long)task))
		thread = syscord_thread_lookup(task);
}

/* Begin to take a slot away, if its owner is not to keep it. */
static bool tag_slot(struct syscord_thread *thread, bool (*keeps)(const struct task_struct *task))
{
	unsigned long owner;
	bool tagged = false;

	/* An owner gives back its slot before it is freed: so it is there until the unlock. */
	rcu_read_lock();
	owner = READ_ONCE(thread->owner);
	if (owner && !(owner & TAKEN_AWAY) && !keeps((struct task_struct *)owner))
		tagged = cmpxchg(&thread->owner, owner, owner | TAKEN_AWAY) == owner;
	rcu_read_unlock();
	return tagged;
}

/* Run @on_slot for each slot.  Returns for how many it was true. */
static unsigned int each_slot(bool (*on_slot)(struct syscord_thread *thread,
					      bool (*keeps)(const struct task_struct *task)),
			      bool (*keeps)(const struct task_struct *task))
{
	unsigned int i = count_tables(), index, count = 0;

	while (i--) {
		for (index = 0; index <= tables[i].mask; index++) {
			count += on_slot(&tables[i].slots[index], keeps);
			cond_resched();
		}
	}
	return count;
}

static bool release_tagged(struct syscord_thread *thread,
			   bool (*keeps)(const struct task_struct *task))
{
	unsigned long owner = READ_ONCE(thread->owner);

	return owner & TAKEN_AWAY && release_slot(thread, owner);
}

/**
 * syscord_threads_reclaim - take away the slots of tasks that need none any more
 * @keeps:	tells whether a task keeps its slot; called under RCU
 *
 * First all such slots are marked.  A task that uses its slot takes the mark off.  A probe that
 * began before the mark may have missed it, so this waits until all such probes have ended.  Then
 * the slots that still have the mark are freed, also those of calls that sleep.  May sleep; only
 * one at a time.
 *
 * Return: whether a slot was marked; then it may be worth to call this again.
 */
bool syscord_threads_reclaim(bool (*keeps)(const struct task_struct *task))
{
	if (!each_slot(tag_slot, keeps))
		return false;
	tracepoint_synchronize_unregister();
	each_slot(release_tagged, keeps);
	return true;
}

static bool fill_table(struct table *table, unsigned int slots)
{
	table->mask = slots - 1;
	table->shift = 32 - ilog2(slots);
	table->slots = syscord_allocate(slots * sizeof(*table->slots));
	table->reach = syscord_allocate(slots * sizeof(*table->reach));
	if (table->slots && table->reach)
		return true;
	vfree(table->slots);
	vfree(table->reach);
	*table = (struct table){};
	return false;
}

static void add_table(struct work_struct *work)
{
	unsigned int made = tables_made, slots = 2 * (tables[made - 1].mask + 1);

	/* Asked for twice: the second time, there is a new table that is not yet half full. */
	if (made == TABLES_MAX || atomic_read(&taken) <= tables[made - 1].mask / 2)
		return;
	if (!fill_table(&tables[made], slots)) {
		WRITE_ONCE(limit, slots / 2);
		pr_warn("no memory for the slots of more than %u threads: other threads are recorded without durations\n",
			slots / 2);
		return;
	}
	/* Pairs with count_tables(): the table is complete before it is used. */
	smp_store_release(&tables_made, made + 1);
}

/* 64 bytes for each 64 KiB of the machine's memory. */
static unsigned int first_slots(void)
{
	unsigned long slots = totalram_pages() * (PAGE_SIZE / SZ_1K) / 64;

	return roundup_pow_of_two(clamp_t(unsigned long, slots, SLOTS_MIN, SLOTS_MAX));
}

/**
 * syscord_threads_create - make the first table
 * @slots_max:	how many slots may be taken; 0: as many as there are threads
 *
 * Return: 0, or -ENOMEM with a line in the kernel log.
 */
int syscord_threads_create(unsigned int slots_max)
{
	unsigned int slots = first_slots(), cpu;

	if (slots_max)
		slots = clamp_t(unsigned int, roundup_pow_of_two(2 * slots_max), REACH_MAX, slots);
	limit = slots_max ?: UINT_MAX;
	atomic_set(&taken, 0);
	for_each_possible_cpu(cpu)
		per_cpu(syscord_last_thread, cpu) = &no_thread;
	if (fill_table(&tables[0], slots)) {
		tables_made = 1;
		return 0;
	}
	pr_err("no memory for the slots of %u threads: ask for less threads=\n", slots);
	return -ENOMEM;
}

static bool release_any(struct syscord_thread *thread,
			bool (*keeps)(const struct task_struct *task))
{
	unsigned long owner = READ_ONCE(thread->owner);

	return owner && release_slot(thread, owner);
}

/**
 * syscord_threads_destroy - free all tables, once no probe can run any more
 */
void syscord_threads_destroy(void)
{
	cancel_work_sync(&add_table_work);
	each_slot(release_any, NULL);
	while (tables_made) {
		struct table *table = &tables[--tables_made];

		vfree(table->slots);
		vfree(table->reach);
		*table = (struct table){};
	}
}
