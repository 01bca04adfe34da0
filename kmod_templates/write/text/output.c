// SPDX-License-Identifier: GPL-2.0
/*
 * The record file: opened, appended to, rotated and closed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

#include "params/params.h"
#include "write/files.h"
#include "write/limits.h"
#include "write/place.h"
#include "write/reserve.h"
#include "write/rotation.h"
#include "write/space.h"
#include "write/stall.h"
#include "write/text/output.h"

/* Bytes of the buffer, at least. */
#define BUFFER_SIZE	SZ_256K

struct syscord_output syscord_output;

static struct {
	struct syscord_place place;
	struct syscord_files files;
	struct syscord_rotation rotation;
	struct file *file;
	bool ending;		/* what comes now is the last */
} record;

static void name_file(unsigned int i, char *name, size_t size)
{
	strscpy(name, record.place.name, size);
}

/* The file that follows, under the name of the one that is being written. */
static struct file *begin_next(void)
{
	struct syscord_place *place = &record.place;
	struct file *file = syscord_rotation_create(place, place->name);
	int err;

	if (IS_ERR(file))
		return file;
	err = syscord_rotation_rename(place, name_file, 1, syscord_params.keep);
	if (!err)
		return file;
	syscord_rotation_discard(place, place->name, file);
	return ERR_PTR(err);
}

/* A file was opened, to be written from now on. */
static void begin_file(struct file *file)
{
	record.file = file;
	syscord_rotation_begin(&record.rotation, i_size_read(file_inode(file)));
	syscord_limits_measure(&record.files);
}

static void replace_file(struct file *file)
{
	filp_close(record.file, NULL);
	begin_file(file);
}

/* Begin a new file, at the end of a line.  If that can't be, the old one goes on. */
static void rotate(void)
{
	struct file *file = begin_next();

	if (IS_ERR(file))
		syscord_rotation_failed(&record.rotation, PTR_ERR(file));
	else
		replace_file(file);
}

static int open_file(struct syscord_place *place, struct file **file)
{
	int err = syscord_place_open_parent(place, syscord_params.record);

	if (err)
		return err;
	*file = syscord_file_append(place);
	if (!IS_ERR(*file))
		return 0;
	syscord_place_close(place);
	return PTR_ERR(*file);
}

/*
 * Somebody removed the file, or put another in its place: make it again, and its folder if need be.
 * False if that can't be.
 */
static bool reopen(void)
{
	struct syscord_place place;
	struct file *file;
	int err = open_file(&place, &file);

	if (err) {
		syscord_sink_stalled(err);
		return false;
	}
	pr_warn_ratelimited("%s was removed: it is made again\n", syscord_params.record);
	syscord_place_close(&record.place);
	record.place = place;
	replace_file(file);
	/* What was written of the buffer is gone.  A line is not to begin in its middle. */
	syscord_output.written = 0;
	return true;
}

static bool is_removed(void)
{
	return !file_inode(record.file)->i_nlink;
}

/* Whether what is in the file ends with a whole line. */
static bool at_line(void)
{
	const struct syscord_output *output = &syscord_output;

	return !output->written || output->buffer[output->written - 1] == '\n';
}

/*
 * Bytes that the limits allow, but that are left for the end: for what is in the buffer by then,
 * and for the lines that say what is missing.  Of the smallest max_mb=, this is less than the
 * buffer.  But it is more than half of it and some lines, and that is all that the buffer has when
 * nothing more is written: see syscord_output_make_room().
 */
static u64 kept_for_the_end(void)
{
	u64 size = syscord_output.size + SZ_4K, max = syscord_space_max();

	if (record.ending)
		return 0;
	return max ? min(size, max / 16 * 5) : size;
}

/* How much of the buffer may be written now: all, or up to the end of a line. */
static size_t allowed(void)
{
	const struct syscord_output *output = &syscord_output;
	const char *text = output->buffer + output->written;
	size_t left = output->filled - output->written;
	u64 kept = kept_for_the_end();
	u64 room = syscord_limits_room(&record.files, record.rotation.size, left + kept);

	room -= min(room, kept);
	if (room == left)
		return left;
	while (room && text[room - 1] != '\n')
		room--;
	return room;
}

/* Write what may be written now.  False if that is nothing. */
static bool write_some(void)
{
	struct syscord_output *output = &syscord_output;
	loff_t end = 0;	/* the file appends */
	ssize_t done;
	size_t size;

	/* Others may empty the file at any time. */
	record.rotation.size = i_size_read(file_inode(record.file));
	if (at_line() && syscord_rotation_is_due(&record.rotation,
						 output->filled - output->written))
		rotate();
	size = allowed();
	if (!size) {
		syscord_limits_stalled();
		return false;
	}
	done = syscord_reserve_write(record.file, output->buffer + output->written, size, &end);
	if (done < 0) {
		syscord_sink_stalled(done);
		return false;
	}
	output->written += done;
	return true;
}

/**
 * syscord_output_flush - write what is in the buffer, and rotate before that if it is due
 *
 * Return: false if the file takes no more, or must not grow; then the rest stays in the buffer.
 */
bool syscord_output_flush(void)
{
	struct syscord_output *output = &syscord_output;

	if (is_removed() && !reopen())
		return false;
	if (!output->filled)
		return true;
	while (output->written < output->filled)
		if (!write_some())
			return false;
	syscord_sink_flows();
	output->filled = 0;
	output->written = 0;
	return true;
}

/**
 * syscord_output_finish - write what is in the buffer, as what comes now is the last
 *
 * Return: as syscord_output_flush().
 */
bool syscord_output_finish(void)
{
	record.ending = true;
	return syscord_output_flush();
}

/**
 * syscord_output_unwritten - records in the buffer that are not in the file, or only in part
 *
 * Return: their number.
 */
u64 syscord_output_unwritten(void)
{
	const char *line = syscord_output.buffer, *end = line + syscord_output.filled;
	const char *unwritten = line + syscord_output.written;
	u64 count = 0;

	while (line < end) {
		const char *next = memchr(line, '\n', end - line) + 1;

		/* A record begins with pid=; a line that says what was lost does not. */
		if (next > unwritten && *line == 'p')
			count++;
		line = next;
	}
	return count;
}

/* If the file ends with a part of a line, cut that off. */
static void cut_torn_line(void)
{
	const struct syscord_output *output = &syscord_output;
	size_t torn = 0;

	while (torn < output->written && output->buffer[output->written - torn - 1] != '\n')
		torn++;
	if (torn)
		vfs_truncate(&record.file->f_path, i_size_read(file_inode(record.file)) - torn);
}

static void free_output(void)
{
	vfree(syscord_output.buffer);
	memset(&syscord_output, 0, sizeof(syscord_output));
	memset(&record, 0, sizeof(record));
}

/**
 * syscord_output_open - open the file that record= names, and get memory for the buffer
 * @line_room:	bytes that a line takes at most
 *
 * Return: 0, or a negative errno with a line in the kernel log; then nothing is left of it.
 */
int syscord_output_open(size_t line_room)
{
	struct syscord_output *output = &syscord_output;
	int err;

	output->line_room = line_room;
	output->size = max_t(size_t, BUFFER_SIZE, 2 * line_room);
	output->buffer = vmalloc(output->size);
	if (!output->buffer) {
		pr_err("no memory for the writer: ask for less content=\n");
		return -ENOMEM;
	}
	err = open_file(&record.place, &record.file);
	if (err) {
		free_output();
		return syscord_place_report(err);
	}
	record.files.place = &record.place;
	record.files.name_of = name_file;
	record.files.count = 1;
	record.files.removals = UINT_MAX;
	begin_file(record.file);
	return 0;
}

/**
 * syscord_output_close - close the file; what is left in the buffer is lost
 */
void syscord_output_close(void)
{
	cut_torn_line();
	filp_close(record.file, NULL);
	syscord_place_close(&record.place);
	free_output();
}
