/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much a description may have.  Any user can have many threads and many files, and each set of
 * files of a trace begins with a description.  So there are bounds for each process, each user,
 * and in all.
 */
#ifndef SYSCORD_STATE_LIMITS_H
#define SYSCORD_STATE_LIMITS_H

#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/* Threads of a process.  The names of more are in the trace when they make calls. */
#define SYSCORD_STATE_THREADS		4096

/* Descriptors of a process: four times of what most may have open (RLIMIT_NOFILE). */
#define SYSCORD_STATE_FILES		4096

/* Bytes for the descriptors of a process: all of these, if their paths have some 50 bytes. */
#define SYSCORD_STATE_PROCESS_BYTES	SZ_256K

/* Bytes for the processes of a user: 25,000 threads, or as many descriptors. */
#define SYSCORD_STATE_USER_BYTES	SZ_2M

/* Bytes in all: so many users can have all of theirs. */
#define SYSCORD_STATE_BYTES		(4 * SYSCORD_STATE_USER_BYTES)

void syscord_state_limits_reset(void);
bool syscord_state_limits_allow(kuid_t uid);
void syscord_state_limits_charge(kuid_t uid, size_t bytes);

#endif
