/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A sink writes what is in the rings into files.  Only the writer calls it.
 */
#ifndef SYSCORD_SINK_H
#define SYSCORD_SINK_H

#include <linux/types.h>

/**
 * struct syscord_sink - a sink
 * @name:	for sink=
 * @open:	open its files; 0, or a negative errno with a line in the kernel log
 * @write:	write what is complete, up to the time @until; false if the files take no more
 * @describe:	from now on, write which processes there are; NULL if the files do not say that
 * @describe_slice: write some of that; whether there is more: the rings come first.  NULL as well
 * @finish:	write what comes last, when all rings are empty; NULL if nothing does
 * @waits:	whether there is something to write that is in no ring; NULL if there never is
 * @close:	close its files; returns how many records they did not take
 * @in_order:	records are written in the order of time, so the writer waits for earlier ones
 */
struct syscord_sink {
	const char *name;
	int (*open)(void);
	bool (*write)(u64 until);
	void (*describe)(void);
	bool (*describe_slice)(void);
	void (*finish)(void);
	bool (*waits)(void);
	u64 (*close)(void);
	bool in_order;
};

extern const struct syscord_sink syscord_text_sink;
extern const struct syscord_sink syscord_ctf_sink;

#endif
