/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the rings' content goes: text_sink.c and ctf_sink.c.  All of it runs in the writer.
 */
#ifndef SYSCORD_SINK_H
#define SYSCORD_SINK_H

#include <linux/types.h>

/**
 * struct syscord_sink - a sink
 * @name:	for sink=
 * @open:	make its files; 0, or a negative errno with a line in the kernel log, and none
 * @write:	write what is complete, up to the time @until; false if the files take no more
 * @describe:	write the processes that there are; NULL if it needs none
 * @finish:	write what the end of the recording leaves to say; all rings are empty
 * @waits:	something is to be written that is in no ring
 * @close:	close its files; returns how many records they did not take
 * @in_order:	records are written in the order of time, so that earlier ones are waited for
 */
struct syscord_sink {
	const char *name;
	int (*open)(void);
	bool (*write)(u64 until);
	void (*describe)(void);
	void (*finish)(void);
	bool (*waits)(void);
	u64 (*close)(void);
	bool in_order;
};

extern const struct syscord_sink syscord_text_sink;
extern const struct syscord_sink syscord_ctf_sink;

#endif
