// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks for entry parts: taking and giving back.
 *
 * The blocks of a size lie in one piece of memory, and a bitmap says which are free.  Each CPU
 * keeps a few free ones for itself, so mostly the bitmap is not touched.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/cred.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "capture/copy_words.h"
#include "ring/memory.h"
#include "ring/settings.h"
#include "tasks/charge.h"
#include "tasks/pending.h"

/* Words of a bitmap that a search visits at most. */
#define WORDS_VISITED	64

/**
 * struct blocks - the blocks of a size
 * @memory:	all of them
 * @free:	a bit for each; set: it is free
 * @size:	bytes of a block
 * @count:	how many there are
 * @available:	how many are free
 * @next:	the bitmap's word at which the next search begins
 */
struct blocks {
	u8 *memory;
	unsigned long *free;
	size_t size;
	unsigned int count;
	atomic_t available;
	unsigned int next;
};

DEFINE_PER_CPU(struct syscord_pending_cpu, syscord_pending_cpus);

size_t syscord_pending_room __read_mostly;

/* All but the last have a fixed size.  Most entry parts, a path and some numbers, fit the first. */
static struct blocks classes[SYSCORD_PENDING_CLASSES] = {
	{ .size = 128 }, { .size = 512 }, { .size = 2048 },
};

static struct syscord_pending *block_at(const struct blocks *blocks, unsigned int index)
{
	return (struct syscord_pending *)(blocks->memory + index * blocks->size);
}

static void free_block(struct syscord_pending *pending)
{
	struct blocks *blocks = &classes[pending->size_class];
	unsigned int index = ((u8 *)pending - blocks->memory) / blocks->size;

	atomic_inc(&blocks->available);
	/* What was read from the block comes before.  Pairs with claim_block(). */
	smp_mb__before_atomic();
	set_bit(index, blocks->free);
}

/* A block out of the bitmap.  NULL if there is none in the words that are visited. */
static struct syscord_pending *claim_block(struct blocks *blocks)
{
	unsigned int words = BITS_TO_LONGS(blocks->count);
	unsigned int visits = min_t(unsigned int, words, WORDS_VISITED);
	unsigned int word = READ_ONCE(blocks->next);

	for (; visits; visits--, word = word + 1 < words ? word + 1 : 0) {
		unsigned long bits = READ_ONCE(blocks->free[word]);

		while (bits) {
			unsigned int bit = __ffs(bits);

			bits &= bits - 1;
			if (!test_and_clear_bit(word * BITS_PER_LONG + bit, blocks->free))
				continue;
			atomic_dec(&blocks->available);
			WRITE_ONCE(blocks->next, word);
			return block_at(blocks, word * BITS_PER_LONG + bit);
		}
	}
	WRITE_ONCE(blocks->next, word);
	return NULL;
}

static bool is_half_free(const struct blocks *blocks)
{
	return atomic_read(&blocks->available) > blocks->count / 2;
}

/*
 * When half of the blocks are taken, users with many threads get no more.  A thread holds one block
 * at most, so a user with few threads cannot take many.
 */
static bool may_claim(const struct blocks *blocks)
{
	return is_half_free(blocks) ||
	       syscord_charge_of(current_cred()) <= blocks->count / 4;
}

static struct syscord_pending *take_block(struct syscord_pending_cpu *cpu, unsigned int size_class)
{
	if (likely(cpu->kept[size_class]))
		return cpu->blocks[size_class][--cpu->kept[size_class]];
	return may_claim(&classes[size_class]) ? claim_block(&classes[size_class]) : NULL;
}

/**
 * syscord_pending_take_slow - room for any entry part, where this CPU keeps no largest block
 * @cpu:	this CPU, with preemption off
 *
 * Return: one of the largest blocks, if more than half of them are free; else the scratch memory.
 */
noinline struct syscord_pending *syscord_pending_take_slow(struct syscord_pending_cpu *cpu)
{
	struct blocks *blocks = &classes[SYSCORD_PENDING_LARGEST];
	struct syscord_pending *pending = NULL;

	if (is_half_free(blocks))
		pending = claim_block(blocks);
	return pending ?: cpu->scratch;
}

/**
 * syscord_pending_keep_scratch - copy an entry part from the scratch memory to a block
 * @scratch:	this CPU's, filled in
 *
 * Preemption is off.
 *
 * Return: the block, or NULL if there is none for the current task.
 */
noinline struct syscord_pending *syscord_pending_keep_scratch(const struct syscord_pending *scratch)
{
	struct syscord_pending_cpu *cpu = this_cpu_ptr(&syscord_pending_cpus);
	size_t size = sizeof(*scratch) + scratch->len + scratch->saved_len;
	struct syscord_pending *pending;
	unsigned int size_class;

	for (size_class = 0; size_class < SYSCORD_PENDING_CLASSES; size_class++) {
		if (size + SYSCORD_COPY_STEP > classes[size_class].size)
			continue;
		pending = take_block(cpu, size_class);
		if (!pending)
			continue;
		syscord_copy_words((u8 *)pending, (const u8 *)scratch, size);
		pending->size_class = size_class;
		return pending;
	}
	return NULL;
}

/**
 * syscord_pending_put_slow - give back a block, where this CPU keeps enough
 * @cpu:	this CPU, with preemption off
 * @pending:	the block
 */
noinline void syscord_pending_put_slow(struct syscord_pending_cpu *cpu,
				       struct syscord_pending *pending)
{
	unsigned int size_class = pending->size_class;
	unsigned int left = SYSCORD_PENDING_KEPT / 2;

	free_block(pending);
	/* Half of what is kept goes, too: so the next calls need not come here. */
	while (cpu->kept[size_class] > left)
		free_block(cpu->blocks[size_class][--cpu->kept[size_class]]);
}

static bool create_blocks(struct blocks *blocks, size_t memory, unsigned int size_class)
{
	unsigned int i;
	unsigned int count = max_t(size_t, memory / blocks->size,
				   4 * num_possible_cpus() * SYSCORD_PENDING_KEPT);

	blocks->memory = syscord_allocate(count * blocks->size);
	blocks->free = bitmap_zalloc(count, GFP_KERNEL);
	if (!blocks->memory || !blocks->free)
		return false;
	for (i = 0; i < count; i++)
		block_at(blocks, i)->size_class = size_class;
	bitmap_set(blocks->free, 0, count);
	blocks->count = count;
	blocks->next = 0;
	atomic_set(&blocks->available, count);
	return true;
}

static bool create_scratch(void)
{
	unsigned int number;

	for_each_possible_cpu(number) {
		struct syscord_pending_cpu *cpu = per_cpu_ptr(&syscord_pending_cpus, number);

		memset(cpu->kept, 0, sizeof(cpu->kept));
		cpu->scratch = syscord_allocate(classes[SYSCORD_PENDING_LARGEST].size);
		if (!cpu->scratch)
			return false;
		cpu->scratch->size_class = SYSCORD_PENDING_SCRATCH;
	}
	return true;
}

/* A 1024th of the machine's memory. */
static size_t default_memory(void)
{
	return clamp_t(size_t, totalram_pages() / SZ_1K * PAGE_SIZE, SZ_512K, SZ_16M);
}

/**
 * syscord_pending_create - allocate the blocks
 * @memory_kb:	KiB of all blocks together; 0: by the machine's memory
 *
 * Return: 0, or -ENOMEM with a line in the kernel log.
 */
int syscord_pending_create(unsigned int memory_kb)
{
	size_t memory = (memory_kb ? (size_t)memory_kb * SZ_1K : default_memory());
	size_t largest = ALIGN(sizeof(struct syscord_pending) + SYSCORD_ENTRY_ROOM +
			       syscord_settings.content + SYSCORD_COPY_STEP, L1_CACHE_BYTES);
	bool made = true;
	unsigned int i;

	classes[SYSCORD_PENDING_LARGEST].size = largest;
	syscord_pending_room = largest - sizeof(struct syscord_pending) - SYSCORD_COPY_STEP;
	for (i = 0; made && i < SYSCORD_PENDING_CLASSES; i++)
		made = create_blocks(&classes[i], memory / SYSCORD_PENDING_CLASSES, i);
	if (made && create_scratch())
		return 0;
	pr_err("calls under way need %zu KiB, which are not free: ask for less pending_kb= or content=\n",
	       memory / SZ_1K);
	syscord_pending_destroy();
	return -ENOMEM;
}

/**
 * syscord_pending_destroy - free all blocks, once no probe can run any more
 */
void syscord_pending_destroy(void)
{
	unsigned int i;

	for (i = 0; i < SYSCORD_PENDING_CLASSES; i++) {
		vfree(classes[i].memory);
		bitmap_free(classes[i].free);
		classes[i].memory = NULL;
		classes[i].free = NULL;
	}
	for_each_possible_cpu(i) {
		struct syscord_pending_cpu *cpu = per_cpu_ptr(&syscord_pending_cpus, i);

		vfree(cpu->scratch);
		cpu->scratch = NULL;
	}
}
