/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The record file, with the buffer in which lines are gathered for it.
 */
#ifndef SYSCORD_OUTPUT_H
#define SYSCORD_OUTPUT_H

#include <linux/compiler.h>
#include <linux/types.h>

/**
 * struct syscord_output - the buffer
 * @buffer:	its memory
 * @size:	bytes of it
 * @line_room:	bytes that a line takes at most
 * @filled:	bytes of text in it
 * @written:	bytes of @filled that are in the file already
 */
struct syscord_output {
	char *buffer;
	size_t size;
	size_t line_room;
	size_t filled;
	size_t written;
};

extern struct syscord_output syscord_output;

int syscord_output_open(size_t line_room);
bool syscord_output_flush(void);
bool syscord_output_finish(void);
u64 syscord_output_unwritten(void);
void syscord_output_close(void);

/* Make room for one more line.  False if there is none, as the file takes no more. */
static __always_inline bool syscord_output_make_room(void)
{
	const struct syscord_output *output = &syscord_output;

	return likely(output->size - output->filled >= output->line_room) ||
	       syscord_output_flush();
}

/* Where the next line goes. */
static __always_inline char *syscord_output_end(void)
{
	return syscord_output.buffer + syscord_output.filled;
}

/* A line was put at syscord_output_end(); its end is @end. */
static __always_inline void syscord_output_add(const char *end)
{
	syscord_output.filled = end - syscord_output.buffer;
}

#endif
