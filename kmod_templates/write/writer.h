/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The writer: a kernel thread that empties the rings into the sink.
 */
#ifndef SYSCORD_WRITER_H
#define SYSCORD_WRITER_H

#include <linux/compiler.h>
#include <linux/types.h>

extern bool syscord_writer_is_stalled;

int syscord_writer_start(void);
void syscord_writer_stop(void);
u64 syscord_writer_unwritten(void);
void syscord_writer_wake(void);
void syscord_writer_describe(void);
int syscord_writer_snapshot(void);

/* Whether the record file takes nothing at the moment. */
static inline bool syscord_writer_stalled(void)
{
	return READ_ONCE(syscord_writer_is_stalled);
}

#endif
