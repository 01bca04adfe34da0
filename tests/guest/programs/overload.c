// SPDX-License-Identifier: GPL-2.0
/* Threads that make more calls than a disk takes records. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "expect.h"

static long count;

static void *make_calls(void *first)
{
	long i;

	for (i = 0; i < count; i++)
		syscall(__NR_close, -((long)first + i));
	return NULL;
}

/* overload THREADS COUNT: so many threads, each with so many calls.  All calls are numbered, from 1. */
TOOL(overload)
{
	long i, threads = atoi(args[0]);
	pthread_t *all = calloc(threads, sizeof(*all));

	count = atoi(args[1]);
	for (i = 0; i < threads; i++)
		if (pthread_create(&all[i], NULL, make_calls, (void *)(i * count + 1)))
			abort();
	for (i = 0; i < threads; i++)
		if (pthread_join(all[i], NULL))
			abort();
}
