/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a thread's syscall said at entry, kept until its exit.
 *
 * Each recorded thread owns one slot, from its first recorded entry to its end.  Only the thread itself takes, writes
 * and gives back its slot, always in its own context, so that no lock is needed and no other thread's entry can be
 * taken for its own.
 */
#ifndef SYSCORD_THREADS_H
#define SYSCORD_THREADS_H

#include <linux/sched.h>
#include <linux/types.h>

#include "event.h"

/* Bytes for the entry part, content aside: one path of any length and the rest of a syscall's fields. */
#define SYSCORD_ENTRY_ROOM	(PATH_MAX + 512)

/**
 * struct syscord_thread - a thread's slot
 * @active:	a syscall was entered, and its exit is awaited
 * @compat:	it is a 32-bit call
 * @fault:	some of the entry part could not be read
 * @nr:		its number
 * @len:	bytes of the entry part
 * @time:	when it was entered: CLOCK_MONOTONIC, in ns
 * @args:	its arguments, from the registers
 * @entry:	its entry part
 */
struct syscord_thread {
	bool active;
	bool compat;
	bool fault;
	s32 nr;
	u32 len;
	u64 time;
	unsigned long args[6];
	u8 entry[];
};

int syscord_threads_create(unsigned int count, unsigned int content);
void syscord_threads_destroy(void);
struct syscord_thread *syscord_thread_find(const struct task_struct *task);
struct syscord_thread *syscord_thread_get(struct task_struct *task);
void syscord_thread_put(const struct task_struct *task);
size_t syscord_thread_room(void);

#endif
