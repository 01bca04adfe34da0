/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The writer: a kernel thread that empties the rings into the sink.
 */
#ifndef SYSCORD_WRITER_H
#define SYSCORD_WRITER_H

int syscord_writer_start(void);
void syscord_writer_stop(void);
void syscord_writer_wake(void);
void syscord_writer_describe(void);

#endif
