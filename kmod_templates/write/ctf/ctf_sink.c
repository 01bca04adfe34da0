// SPDX-License-Identifier: GPL-2.0
/*
 * The binary sink: each CPU's packets, as they are, in a file of their own, in a directory that the
 * Common Trace Format's readers read.  docs/trace-format.md describes it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "params/params.h"
#include "ring/rings.h"
#include "ring/counters.h"
#include "ring/cpu.h"
#include "write/ctf/metadata.h"
#include "write/ctf/state.h"
#include "write/files.h"
#include "write/place.h"
#include "write/rotation.h"
#include "write/sink.h"
#include "write/stall.h"

/**
 * struct stream - a stream's file
 * @file:	the file, made for its first packet
 * @size:	bytes of whole packets in it
 */
struct stream {
	struct file *file;
	loff_t size;
};

static struct {
	struct syscord_place place;
	struct syscord_rotation rotation;
	struct stream *streams;		/* one for each possible CPU, and behind them the state's */
	bool describing;		/* the processes that there are */
	bool written;			/* there is a packet in some file */
} sink;

static struct stream *state_stream(void)
{
	return &sink.streams[nr_cpu_ids];
}

static void name_stream(char *name, size_t size, const struct stream *stream)
{
	if (stream == state_stream())
		strscpy(name, "state", size);
	else
		snprintf(name, size, "cpu%td", stream - sink.streams);
}

/* What is no whole packet is taken off: the file is readable to its end. */
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

static bool open_stream(struct stream *stream)
{
	struct file *file;
	char name[16];

	name_stream(name, sizeof(name), stream);
	file = syscord_file_create(&sink.place, name);
	if (IS_ERR(file)) {
		syscord_sink_stalled(PTR_ERR(file));
		return false;
	}
	stream->file = file;
	stream->size = 0;
	return true;
}

static void name_file(unsigned int i, char *name, size_t size)
{
	name_stream(name, size, &sink.streams[i]);
}

static void describe(void);

/* Begin new files of all streams.  If that can't be, the old ones go on. */
static void rotate(void)
{
	unsigned int i;
	int err;

	err = syscord_rotation_rename(&sink.place, name_file, nr_cpu_ids + 1, syscord_params.keep);
	if (err) {
		syscord_rotation_failed(&sink.rotation, err);
		return;
	}
	for (i = 0; i <= nr_cpu_ids; i++)
		close_stream(&sink.streams[i]);
	syscord_rotation_begin(&sink.rotation, 0);
	/* They are complete on their own: those before may be gone when they are read. */
	syscord_rings_describe_anew();
	describe();
}

/* A packet that the file takes only in part is written once more, until it is there as a whole. */
static bool write_packet(struct stream *stream, const struct syscord_packet *packet)
{
	size_t size = syscord_packet_size(packet);
	loff_t pos;
	ssize_t done;

	/* What describes the processes belongs into one file. */
	if (!sink.describing && syscord_rotation_is_due(&sink.rotation, size))
		rotate();
	if (!stream->file && !open_stream(stream))
		return false;
	pos = stream->size;
	done = kernel_write(stream->file, packet, size, &pos);
	if (done != size) {
		cut_torn_packet(stream);
		syscord_sink_stalled(min_t(ssize_t, done, 0));
		return false;
	}
	stream->size += size;
	sink.rotation.size += size;
	sink.written = true;
	syscord_sink_flows();
	return true;
}

static bool write_state_packet(const struct syscord_packet *packet)
{
	return write_packet(state_stream(), packet);
}

static void describe(void)
{
	sink.describing = true;
	syscord_state_write(write_state_packet);
	sink.describing = false;
	sink.rotation.base = sink.rotation.size;
}

static bool write_ring(struct syscord_ring *ring, struct stream *stream)
{
	const struct syscord_packet *packet;
	u64 head;

	/* Pairs with syscord_ring_create(): a ring with memory is complete. */
	if (!smp_load_acquire(&ring->base))
		return true;
	head = syscord_ring_head(ring);
	while ((packet = syscord_ring_peek_packet(ring, head)) != NULL) {
		if (!write_packet(stream, packet))
			return false;
		syscord_ring_consume_packet(ring);
	}
	return true;
}

static bool write_until(u64 until)
{
	unsigned int cpu;
	bool all = true;

	for_each_possible_cpu(cpu)
		all &= write_ring(&per_cpu_ptr(&syscord_cpus, cpu)->ring, &sink.streams[cpu]);
	return all;
}

/* A CPU that never had a ring can say no more than how much it lost. */
static void end_without_ring(struct syscord_cpu *cpu, unsigned int number)
{
	u64 now = ktime_get_mono_fast_ns();
	struct syscord_packet packet = {
		.magic = SYSCORD_MAGIC,
		.begin = now,
		.end = now,
		.content_bits = sizeof(packet) * BITS_PER_BYTE,
		.packet_bits = sizeof(packet) * BITS_PER_BYTE,
		.flags = SYSCORD_PACKET_LAST,
	};

	memcpy(packet.uuid, syscord_params.uuid.b, sizeof(packet.uuid));
	cpu->number = number;
	syscord_counters_stamp(&packet, cpu);
	if (packet.discarded || packet.filtered)
		write_packet(&sink.streams[number], &packet);
}

/* The last packet of a CPU, with what its counters came to in the end. */
static void end_ring(struct syscord_cpu *cpu)
{
	struct syscord_packet *packet;

	packet = syscord_ring_open(cpu, max(ktime_get_mono_fast_ns(), cpu->ring.last));
	if (!packet)
		return;
	packet->flags |= SYSCORD_PACKET_LAST;
	syscord_ring_close(cpu);
}

static void finish(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct syscord_cpu *part = per_cpu_ptr(&syscord_cpus, cpu);

		/* A flight recorder that nobody asked for anything leaves nothing. */
		if (syscord_params.overwrite && !sink.written)
			continue;
		if (part->ring.base)
			end_ring(part);
		else
			end_without_ring(part, cpu);
	}
	write_until(U64_MAX);
}

/* Records of packets that no file has taken. */
static u64 count_left(void)
{
	const struct syscord_packet *packet;
	unsigned int cpu;
	u64 left = 0;

	for_each_possible_cpu(cpu) {
		struct syscord_ring *ring = &per_cpu_ptr(&syscord_cpus, cpu)->ring;

		if (!ring->base)
			continue;
		while ((packet = syscord_ring_peek_packet(ring, ring->head)) != NULL) {
			left += packet->records;
			syscord_ring_consume_packet(ring);
		}
	}
	return left;
}

static int write_metadata(void)
{
	struct file *file = syscord_file_create(&sink.place, "metadata");
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	err = syscord_metadata_write(file);
	filp_close(file, NULL);
	/* It would be taken for a trace, and kept from being overwritten. */
	if (err)
		syscord_file_remove(&sink.place, "metadata");
	return err;
}

/* Files that are not ours are not overwritten. */
static int check_streams(void)
{
	char name[16];
	unsigned int i;

	for (i = 0; i <= nr_cpu_ids; i++) {
		name_file(i, name, sizeof(name));
		if (syscord_file_exists(&sink.place, name))
			return -EEXIST;
	}
	return 0;
}

static void free_sink(void)
{
	syscord_state_destroy();
	kfree(sink.streams);
	memset(&sink, 0, sizeof(sink));
}

static int allocate(void)
{
	sink.streams = kcalloc(nr_cpu_ids + 1, sizeof(*sink.streams), GFP_KERNEL);
	if (sink.streams && !syscord_state_create())
		return 0;
	pr_err("no memory for the writer\n");
	return -ENOMEM;
}

static int open_sink(void)
{
	int err;

	err = allocate();
	if (err)
		goto free;
	err = syscord_place_open_folder(&sink.place, syscord_params.record);
	if (err)
		goto free;
	err = check_streams();
	if (!err)
		err = write_metadata();
	if (err) {
		syscord_place_report(err);
		goto close_place;
	}
	syscord_rotation_begin(&sink.rotation, 0);
	return 0;

close_place:
	syscord_place_close(&sink.place);
free:
	free_sink();
	return err;
}

static u64 close_sink(void)
{
	u64 left = count_left();
	unsigned int i;

	for (i = 0; i <= nr_cpu_ids; i++)
		close_stream(&sink.streams[i]);
	syscord_place_close(&sink.place);
	free_sink();
	return left;
}

const struct syscord_sink syscord_ctf_sink = {
	.name = "ctf",
	.open = open_sink,
	.write = write_until,
	.describe = describe,
	.finish = finish,
	.close = close_sink,
};
