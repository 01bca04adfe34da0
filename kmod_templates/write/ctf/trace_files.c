// SPDX-License-Identifier: GPL-2.0
/*
 * A trace is a folder with a file for its metadata, one for each CPU's packets (cpu0, cpu1, ...),
 * and one for the packets that describe processes (state).  At rotation all but the metadata are
 * begun anew together.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#include "params/params.h"
#include "ring/packet.h"
#include "ring/rings.h"
#include "write/ctf/metadata.h"
#include "write/ctf/state.h"
#include "write/ctf/trace_files.h"
#include "write/files.h"
#include "write/limits.h"
#include "write/place.h"
#include "write/reserve.h"
#include "write/rotation.h"
#include "write/stall.h"

/**
 * struct stream - a stream's file
 * @file:	the file, made for its first packet
 * @next:	the file that follows it; only during a rotation
 * @size:	bytes of whole packets in it
 */
struct stream {
	struct file *file;
	struct file *next;
	loff_t size;
};

static struct {
	struct syscord_place place;
	struct syscord_files files;
	struct syscord_rotation rotation;
	struct stream *streams;		/* one for each possible CPU, and behind them the state's */
	unsigned int description_removals; /* files that may go for the description under way */
	bool has_packets;
	u64 metadata_size;
} trace;

static unsigned int state_index(void)
{
	return nr_cpu_ids;
}

static unsigned int nr_streams(void)
{
	return nr_cpu_ids + 1;
}

static void name_file(unsigned int i, char *name, size_t size)
{
	if (i == state_index())
		strscpy(name, "state", size);
	else
		snprintf(name, size, "cpu%u", i);
}

static bool open_stream(unsigned int i)
{
	struct file *file;
	char name[16];

	name_file(i, name, sizeof(name));
	file = syscord_file_create(&trace.place, name);
	if (IS_ERR(file)) {
		syscord_sink_stalled(PTR_ERR(file));
		return false;
	}
	trace.streams[i].file = file;
	trace.streams[i].size = 0;
	return true;
}

/* Cut off a packet that is there only in part, so that the file can be read to its end. */
static void cut_torn_packet(const struct stream *stream)
{
	if (i_size_read(file_inode(stream->file)) > stream->size)
		vfs_truncate(&stream->file->f_path, stream->size);
}

static void close_stream(struct stream *stream)
{
	if (!stream->file)
		return;
	cut_torn_packet(stream);
	filp_close(stream->file, NULL);
	stream->file = NULL;
	stream->size = 0;
}

static void close_streams(void)
{
	unsigned int i;

	for (i = 0; i < nr_streams(); i++)
		close_stream(&trace.streams[i]);
}

/* A file without a packet is no stream's. */
static void remove_if_empty(unsigned int i)
{
	struct stream *stream = &trace.streams[i];
	char name[16];

	if (!stream->file || stream->size)
		return;
	close_stream(stream);
	name_file(i, name, sizeof(name));
	syscord_file_remove(&trace.place, name);
}

static void discard_next(void)
{
	char name[16];
	unsigned int i;

	for (i = 0; i < nr_streams(); i++) {
		if (!trace.streams[i].next)
			continue;
		name_file(i, name, sizeof(name));
		syscord_rotation_discard(&trace.place, name, trace.streams[i].next);
		trace.streams[i].next = NULL;
	}
}

/* Make the files that follow.  After an error, there is none. */
static int create_next(void)
{
	struct file *next;
	char name[16];
	unsigned int i;

	for (i = 0; i < nr_streams(); i++) {
		remove_if_empty(i);
		if (!trace.streams[i].file)
			continue;
		name_file(i, name, sizeof(name));
		next = syscord_rotation_create(&trace.place, name);
		if (IS_ERR(next)) {
			discard_next();
			return PTR_ERR(next);
		}
		trace.streams[i].next = next;
	}
	return 0;
}

static int begin_next(void)
{
	int err = create_next();

	if (err)
		return err;
	err = syscord_rotation_rename(&trace.place, name_file, nr_streams(), syscord_params.keep);
	if (err)
		discard_next();
	return err;
}

/* Begin new files of all streams.  If that can't be, the old ones go on. */
static void rotate(void)
{
	unsigned int i;
	int err = begin_next();

	if (err) {
		syscord_rotation_failed(&trace.rotation, err);
		return;
	}
	for (i = 0; i < nr_streams(); i++) {
		struct stream *stream = &trace.streams[i];

		close_stream(stream);
		stream->file = stream->next;
		stream->next = NULL;
	}
	syscord_rotation_begin(&trace.rotation, 0);
	syscord_limits_measure(&trace.files);
	/* The old files may be gone when the new ones are read: so they say all anew. */
	syscord_rings_describe_anew();
	syscord_state_ask();
}

static int write_metadata(void)
{
	struct file *file = syscord_file_create(&trace.place, "metadata");
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	err = syscord_metadata_write(file);
	trace.metadata_size = i_size_read(file_inode(file));
	filp_close(file, NULL);
	/* A file that stays would be taken for a trace, which is never overwritten. */
	if (err)
		syscord_file_remove(&trace.place, "metadata");
	return err;
}

/* Nothing that is there is overwritten. */
static int check_streams(void)
{
	char name[16];
	unsigned int i;

	for (i = 0; i < nr_streams(); i++) {
		name_file(i, name, sizeof(name));
		if (syscord_file_exists(&trace.place, name))
			return -EEXIST;
	}
	return 0;
}

/* Open the trace's folder, which is made if missing, and write the metadata. */
static int open_folder(void)
{
	int err = syscord_place_open_folder(&trace.place, syscord_params.record);

	if (err)
		return err;
	err = check_streams();
	if (!err)
		err = write_metadata();
	if (err)
		syscord_place_close(&trace.place);
	return err;
}

/* Somebody removed the folder: begin the trace anew.  After an error, the old one is kept. */
static int begin_anew(void)
{
	struct syscord_place removed = trace.place;
	int err = open_folder();

	if (err) {
		trace.place = removed;
		return err;
	}
	syscord_place_close(&removed);
	close_streams();
	syscord_rotation_begin(&trace.rotation, 0);
	syscord_limits_measure(&trace.files);
	syscord_rings_describe_anew();
	syscord_state_ask();
	return 0;
}

static bool folder_is_removed(void)
{
	return IS_DEADDIR(d_inode(trace.place.folder.dentry));
}

/* Somebody removed a stream's file: make it again, with the whole trace if need be. */
static bool restore(struct stream *stream)
{
	int err = 0;

	if (!folder_is_removed())
		close_stream(stream);
	else
		err = begin_anew();
	if (err) {
		syscord_sink_stalled(err);
		return false;
	}
	pr_warn_ratelimited("files of %s were removed: they are made again\n",
			    syscord_params.record);
	return true;
}

static bool is_removed(const struct stream *stream)
{
	return folder_is_removed() || (stream->file && !file_inode(stream->file)->i_nlink);
}

/* Bytes of all files that are being written. */
static u64 size_of_files(void)
{
	u64 size = trace.metadata_size;
	unsigned int i;

	for (i = 0; i < nr_streams(); i++)
		size += trace.streams[i].size;
	return size;
}

/* The last packet of a CPU has no events, but it says what was lost: it is always written. */
static bool is_exempt(const struct syscord_packet *packet)
{
	return packet->flags & SYSCORD_PACKET_LAST && !packet->events;
}

/* Whether the limits allow that a packet is written. */
static bool may_write(const struct syscord_packet *packet, size_t size)
{
	if (is_exempt(packet))
		return true;
	if (syscord_limits_room(&trace.files, size_of_files(), size) == size)
		return true;
	if (packet->stream == SYSCORD_STREAM_STATE)
		pr_warn_ratelimited("max_mb= or min_free_mb= leaves no room in %s to describe all processes\n",
				    syscord_params.record);
	else
		syscord_limits_stalled();
	return false;
}

/* All of the packet, or a negative errno; then no part of it is left in the file. */
static int append(struct stream *stream, const struct syscord_packet *packet, size_t size)
{
	loff_t pos = stream->size;
	size_t written = 0;

	/* A full disk takes a part, and says why only when it is asked for the rest. */
	while (written < size) {
		ssize_t done = syscord_reserve_write(stream->file, (const u8 *)packet + written,
						     size - written, &pos);

		if (done <= 0) {
			cut_torn_packet(stream);
			return done;
		}
		written += done;
	}
	return 0;
}

/* False if the file does not take the packet: it is written once more later. */
static bool write_packet(unsigned int i, const struct syscord_packet *packet)
{
	struct stream *stream = &trace.streams[i];
	size_t size = syscord_packet_size(packet);
	bool has_records = i != state_index();
	int err;

	if (is_removed(stream) && !restore(stream))
		return false;
	/* A description has a bound of its own, and rotates no records out. */
	if (has_records && syscord_rotation_is_due(&trace.rotation, size))
		rotate();
	if (!may_write(packet, size))
		return false;
	if (!stream->file && !open_stream(i))
		return false;
	err = append(stream, packet, size);
	if (err) {
		syscord_sink_stalled(err);
		return false;
	}
	stream->size += size;
	if (has_records)
		trace.rotation.size += size;
	trace.has_packets = true;
	return true;
}

/**
 * syscord_trace_write - write a packet into a CPU's file, and rotate before that if it is due
 * @cpu:	whose packet
 * @packet:	the packet, closed
 *
 * Return: false if the file takes nothing at the moment; then no part of the packet is in it.
 */
bool syscord_trace_write(unsigned int cpu, const struct syscord_packet *packet)
{
	return write_packet(cpu, packet);
}

static bool write_state_packet(const struct syscord_packet *packet)
{
	return write_packet(state_index(), packet);
}

/**
 * syscord_trace_describe_slice - write some of the processes that there are, and their open files
 *
 * Return: whether there is more to write.
 */
bool syscord_trace_describe_slice(void)
{
	bool more;

	/* Somebody may have a great many files.  Not all that was recorded may go for them. */
	trace.files.removals = trace.description_removals;
	more = syscord_state_write_slice(write_state_packet);
	trace.description_removals = more ? trace.files.removals : 1;
	trace.files.removals = UINT_MAX;
	return more;
}

/**
 * syscord_trace_has_packets - whether any packet was written
 *
 * Return: true also if it is in a file that was rotated out.
 */
bool syscord_trace_has_packets(void)
{
	return trace.has_packets;
}

static int allocate(void)
{
	trace.streams = kcalloc(nr_streams(), sizeof(*trace.streams), GFP_KERNEL);
	if (trace.streams && !syscord_state_create())
		return 0;
	pr_err("no memory for the writer\n");
	return -ENOMEM;
}

static void free_trace(void)
{
	syscord_state_destroy();
	kfree(trace.streams);
	memset(&trace, 0, sizeof(trace));
}

/**
 * syscord_trace_open - begin the trace that record= names: its folder, and its metadata
 *
 * Return: 0, or a negative errno with a line in the kernel log; then nothing is left of it.
 */
int syscord_trace_open(void)
{
	int err;

	err = allocate();
	if (err)
		goto free;
	err = open_folder();
	if (err) {
		syscord_place_report(err);
		goto free;
	}
	syscord_rotation_begin(&trace.rotation, 0);
	trace.files.place = &trace.place;
	trace.files.name_of = name_file;
	trace.files.count = nr_streams();
	trace.files.removals = UINT_MAX;
	trace.description_removals = 1;
	syscord_limits_measure(&trace.files);
	return 0;

free:
	free_trace();
	return err;
}

/**
 * syscord_trace_close - close all files
 */
void syscord_trace_close(void)
{
	unsigned int i;

	for (i = 0; i < nr_streams(); i++)
		remove_if_empty(i);
	close_streams();
	syscord_place_close(&trace.place);
	free_trace();
}
