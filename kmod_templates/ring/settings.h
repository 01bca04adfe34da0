/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parameters that probes ask for.  They are few, and lie together.
 */
#ifndef SYSCORD_SETTINGS_H
#define SYSCORD_SETTINGS_H

#include <linux/types.h>

/**
 * struct syscord_settings - what is fixed before the first probe
 * @content:	bytes of content kept of one field
 * @describe:	processes are described in the rings: a trace needs that, text does not
 */
struct syscord_settings {
	u32 content;
	bool describe;
};

/* In counters.c. */
extern struct syscord_settings syscord_settings;

#endif
