/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the stressors share.  A stressor is a process that takes one step after the other, as its seed says, until it is
 * told to stop.  A step ends by itself within a second or so, whatever happens to the processes that it starts.
 */
#ifndef STRESS_H
#define STRESS_H

#include <stddef.h>
#include <sys/types.h>

struct stressor {
	const char *name;
	void (*step)(void);
};

#define STRESSOR(name)									\
static void step_##name(void);								\
static const struct stressor the_stressor_##name					\
__attribute__((used, aligned(8), section("stressors"))) = { #name, step_##name };	\
static void step_##name(void)

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define NOBODY			65534

/* A number below @n, the next one that the seed gives. */
unsigned long pick(unsigned long n);

/* The next 64 bits. */
unsigned long bits(void);

/* Begin another row of numbers, as a process does that has the same ones as its parent. */
void reseed(unsigned long seed);

/*
 * Start a process that does @work and ends; it does not outlive its parent.  Returns its number, or -1 where the kernel
 * has no room for it.
 */
pid_t start(void (*work)(void));

/* The monotonic clock, in microseconds. */
unsigned long now_us(void);

/* Let up to @us microseconds go by: when a process is struck is chance. */
void linger(unsigned long us);

/* Kill a process, and wait until it is gone. */
void strike(pid_t pid);

/* Wait until a process has ended, at most @ms; then kill it. */
void await_end(pid_t pid, unsigned int ms);

/* Write to a file that exists, such as one of sysfs.  Returns whether the kernel took it. */
int put(const char *path, const char *text);

/* From here on this process is nobody's, and can fill neither memory nor disk. */
void become_nobody(void);

#endif
