/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's parameters.  The filters (pid, ppid, proc_name, parent_proc_name, syscalls) live in
 * filter.h.
 */
#ifndef SYSCORD_PARAMS_H
#define SYSCORD_PARAMS_H

#include <linux/types.h>

/**
 * struct syscord_params - what is fixed when the module is loaded
 * @record:	path of the record file
 * @content:	bytes of content kept of a field, 0 to 65536
 * @ring_kb:	KiB of a CPU's ring, a power of two
 * @flush_ms:	ms within which a record is in the file
 * @threads:	how many threads can be recorded at a time
 */
struct syscord_params {
	char *record;
	unsigned int content;
	unsigned int ring_kb;
	unsigned int flush_ms;
	unsigned int threads;
};

extern struct syscord_params syscord_params;

int syscord_params_ready(void);

#endif
