// SPDX-License-Identifier: GPL-2.0
/*
 * How large the file system is, how much of it is free, and what max_mb= and min_free_mb= mean
 * there.  To ask a file system may take long, so the answer is kept for a second.
 */
#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/statfs.h>
#include <linux/fs.h>
#include <linux/types.h>

#include "params/params.h"
#include "write/place.h"
#include "write/space.h"

/* With "auto": the files have this part of the file system at most, and at most so many MiB. */
#define MAX_PART	4
#define MAX_MB		4096
/* This part of the file system stays free, or so many MiB of a large one. */
#define FREE_PART	10
#define FREE_MB		1024

static struct {
	u64 size;		/* bytes of the file system; 0: it does not say */
	u64 free;		/* bytes that users without privileges may still take */
	unsigned long asked;	/* in jiffies; 0: never */
} space;

static bool is_old(void)
{
	return !space.asked || time_after_eq(jiffies, space.asked + HZ);
}

/**
 * syscord_space_ask - find out the size and the free space, if what is known is too old
 * @place:	a folder there
 * @wanted:	bytes that are to be written; if they do not fit, it is asked anew
 */
void syscord_space_ask(const struct syscord_place *place, u64 wanted)
{
	struct kstatfs stat;
	u64 block;

	if (!is_old() && space.free >= syscord_space_min_free() + wanted)
		return;
	space.asked = jiffies ?: 1;
	space.size = 0;
	space.free = U64_MAX / 2;
	/* One that does not say its size, as a tmpfs without a limit, has no share to keep free. */
	if (vfs_statfs(&place->folder, &stat) || !stat.f_blocks)
		return;
	block = stat.f_frsize ?: stat.f_bsize;
	space.size = stat.f_blocks * block;
	space.free = stat.f_bavail * block;
}

/**
 * syscord_space_use - note that something will be written
 * @size:	bytes of it
 */
void syscord_space_use(u64 size)
{
	space.free -= min(space.free, size);
}

/**
 * syscord_space_free - the free space
 *
 * Return: bytes that users without privileges may still take.
 */
u64 syscord_space_free(void)
{
	return space.free;
}

/* The limit @mb, in bytes.  With "auto" it is a part of the file system, but no more than @most. */
static u64 limit_of(unsigned int mb, unsigned int part, unsigned int most)
{
	if (mb != SYSCORD_AUTO)
		return (u64)mb * SZ_1M;
	return min_t(u64, round_down(div_u64(space.size, part), SZ_1M), (u64)most * SZ_1M);
}

/**
 * syscord_space_max - what max_mb= means here
 *
 * Return: how many bytes all files may have together; 0: any number.
 */
u64 syscord_space_max(void)
{
	return limit_of(READ_ONCE(syscord_params.max_mb), MAX_PART, MAX_MB);
}

/**
 * syscord_space_min_free - what min_free_mb= means here
 *
 * Return: how many bytes are to stay free; 0: none.
 */
u64 syscord_space_min_free(void)
{
	return limit_of(READ_ONCE(syscord_params.min_free_mb), FREE_PART, FREE_MB);
}
