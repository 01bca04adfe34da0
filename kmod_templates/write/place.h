/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The folder that is written to, held open from the beginning to the end.
 */
#ifndef SYSCORD_PLACE_H
#define SYSCORD_PLACE_H

#include <linux/limits.h>
#include <linux/path.h>

/**
 * struct syscord_place - where files are
 * @folder:	their folder
 * @name:	of the file there, if all goes into one
 */
struct syscord_place {
	struct path folder;
	char name[NAME_MAX - 8];	/* rotation appends a number */
};

int syscord_place_open_folder(struct syscord_place *place, const char *path);
int syscord_place_open_parent(struct syscord_place *place, const char *path);
void syscord_place_close(struct syscord_place *place);
int syscord_place_report(int err);

#endif
