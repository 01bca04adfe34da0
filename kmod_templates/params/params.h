/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's parameters.  Those that are the filter (pid, ppid, proc_name, parent_proc_name,
 * syscalls) are in hooks/filter.h.
 */
#ifndef SYSCORD_PARAMS_H
#define SYSCORD_PARAMS_H

#include <linux/types.h>
#include <linux/uuid.h>

/* A limit that follows from the size of the file system. */
#define SYSCORD_AUTO	(~0U)

enum syscord_sink_kind {
	SYSCORD_SINK_TEXT,
	SYSCORD_SINK_CTF,
};

/**
 * struct syscord_params - all but the filter
 * @record:	path of the record file, or of the trace's folder
 * @uuid:	of the trace
 * @sink:	what is written
 * @overwrite:	flight-recorder mode: full rings overwrite their oldest packets, and only a
 *		snapshot writes them
 * @wait:	threads wait where a ring has no room, and nothing is dropped
 * @untrace:	tasks that the filter rejects get their full speed back
 * @content:	bytes of content kept of a field, 0 to 65536
 * @ring_kb:	KiB of a CPU's ring, a power of two
 * @flush_ms:	ms within which a record is in the file
 * @wait_ms:	ms that a thread waits at most, at a time
 * @threads:	how many slots for threads there are at most; 0: any number
 * @pending_kb:	KiB for entry parts of calls under way; 0: by the machine's memory
 * @rotate_mb:	MiB of a file, or of a trace's files, before new ones are begun; 0: any
 * @rotate_s:	how old they get before that, in s; 0: any
 * @keep:	how many are kept, those being written included
 * @max_mb:	MiB that all of them may have together; 0: any; or SYSCORD_AUTO
 * @min_free_mb:	MiB of the file system that stay free; or SYSCORD_AUTO
 *
 * @max_mb and @min_free_mb may change at any time.  All others are fixed when the module is loaded.
 */
struct syscord_params {
	char *record;
	uuid_t uuid;
	enum syscord_sink_kind sink;
	bool overwrite;
	bool wait;
	bool untrace;
	unsigned int content;
	unsigned int ring_kb;
	unsigned int flush_ms;
	unsigned int wait_ms;
	unsigned int threads;
	unsigned int pending_kb;
	unsigned int rotate_mb;
	unsigned int rotate_s;
	unsigned int keep;
	unsigned int max_mb;
	unsigned int min_free_mb;
};

extern struct syscord_params syscord_params;

int syscord_params_finish(void);
void syscord_params_each(void (*tell)(void *context, const char *name, const char *value),
			 void *context);

#endif
