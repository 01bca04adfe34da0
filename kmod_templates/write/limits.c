// SPDX-License-Identifier: GPL-2.0
/*
 * The recorder must not fill the disk.  Before it writes, it asks here how much it may.
 *
 * max_mb= is for all files together.  Where files are rotated, the oldest are removed first.  Else
 * nothing more is written, until somebody raises the limit or removes something.
 *
 * min_free_mb= is for the file system.  Others fill it, too, so nothing is removed for it: nobody
 * can have old records removed by filling the disk.
 *
 * With "auto", a limit is a share of the file system: whatever its size, there is room for others.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "params/params.h"
#include "write/files.h"
#include "write/limits.h"
#include "write/place.h"
#include "write/space.h"
#include "write/stall.h"

/* What came of the last question. */
static struct {
	enum syscord_stall reason;	/* why there was too little room */
	u64 limit;			/* in bytes */
} answer;

/* The size of all files with the number @number, or -1 if there is none. */
static s64 size_of(const struct syscord_files *files, unsigned int number)
{
	char name[NAME_MAX], numbered[NAME_MAX];
	s64 size, sum = -1;
	unsigned int i;

	for (i = 0; i < files->count; i++) {
		files->name_of(i, name, sizeof(name));
		snprintf(numbered, sizeof(numbered), "%s.%u", name, number);
		size = syscord_file_size(files->place, numbered);
		if (size >= 0)
			sum = max_t(s64, sum, 0) + size;
	}
	return sum;
}

/**
 * syscord_limits_measure - find out how large the files are that were rotated out
 * @files:	the files
 */
void syscord_limits_measure(struct syscord_files *files)
{
	unsigned int number;

	files->rotated = 0;
	files->oldest = 0;
	/* Without rotation, files with numbers are not this recording's. */
	if (!syscord_rotation_is_on())
		return;
	for (number = 1; number < syscord_params.keep; number++) {
		s64 size = size_of(files, number);

		if (size < 0)
			continue;
		files->rotated += size;
		files->oldest = number;
	}
}

/* Remove the oldest files.  False if that can't be. */
static bool remove_oldest(struct syscord_files *files)
{
	char name[NAME_MAX], numbered[NAME_MAX];
	unsigned int i, oldest = files->oldest;

	if (!oldest || !files->removals)
		return false;
	files->removals--;
	for (i = 0; i < files->count; i++) {
		files->name_of(i, name, sizeof(name));
		snprintf(numbered, sizeof(numbered), "%s.%u", name, oldest);
		syscord_file_remove(files->place, numbered);
	}
	syscord_limits_measure(files);
	return files->oldest != oldest;
}

/* How much of @wanted bytes is allowed, if a limit leaves @left. */
static u64 within(enum syscord_stall reason, u64 limit, u64 left, u64 wanted)
{
	if (wanted <= left)
		return wanted;
	answer.reason = reason;
	answer.limit = limit;
	return left;
}

static u64 within_max(struct syscord_files *files, u64 size, u64 wanted)
{
	u64 max = syscord_space_max(), used;

	if (!max)
		return wanted;
	while (files->rotated + size + wanted > max && remove_oldest(files))
		;
	used = files->rotated + size;
	return within(SYSCORD_STALL_MAX, max, used < max ? max - used : 0, wanted);
}

static u64 within_free(u64 wanted)
{
	u64 free = syscord_space_free(), min_free = syscord_space_min_free();

	if (!min_free)
		return wanted;
	return within(SYSCORD_STALL_FREE, min_free, free > min_free ? free - min_free : 0, wanted);
}

/**
 * syscord_limits_room - how much may be written now
 * @files:	the files; the oldest ones are removed if that makes room
 * @size:	bytes of those that are being written
 * @wanted:	bytes that are to be written next
 *
 * Return: at most @wanted.
 */
u64 syscord_limits_room(struct syscord_files *files, u64 size, u64 wanted)
{
	u64 room;

	syscord_space_ask(files->place, wanted);
	room = within_free(within_max(files, size, wanted));
	syscord_space_use(room);
	return room;
}

/**
 * syscord_limits_stalled - say that there was too little room, and why
 */
void syscord_limits_stalled(void)
{
	syscord_sink_limited(answer.reason, answer.limit);
}
