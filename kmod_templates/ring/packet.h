/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A packet: a part of a ring, and of a stream of a binary trace, with the same bytes.
 */
#ifndef SYSCORD_PACKET_H
#define SYSCORD_PACKET_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>
#include <linux/uuid.h>

#define SYSCORD_MAGIC		0xc1fc1fc1

enum syscord_stream {
	SYSCORD_STREAM_CPU,
	SYSCORD_STREAM_STATE,
	SYSCORD_STREAMS,
};

/* Why records were dropped. */
enum syscord_drop {
	SYSCORD_DROP_RING,	/* the ring was full */
	SYSCORD_DROP_SINK,	/* the ring was full, as the record file took nothing */
	SYSCORD_DROP_THREADS,	/* the table of threads was full */
	SYSCORD_DROP_CPU,	/* the CPU has no ring */
	SYSCORD_DROPS,
};

/**
 * struct syscord_packet - what a packet begins with; the metadata says the same in TSDL
 * @magic:		SYSCORD_MAGIC
 * @uuid:		of the trace
 * @stream:		enum syscord_stream
 * @instance:		which of these streams: the CPU
 * @begin:		time of the first event, in ns
 * @end:		time of the last event, in ns
 * @content_bits:	of the packet, header included
 * @packet_bits:	up to the next packet
 * @seq:		counts the stream's packets from 0
 * @discarded:		records dropped so far, of all causes
 * @recorded:		records so far
 * @filtered:		syscalls that the filter did not want so far
 * @overwritten:	records that newer ones overwrote so far
 * @dropped:		records dropped so far, by cause
 * @cpu:		the CPU
 * @events:		in this packet
 * @records:		those of them that are syscalls
 * @flags:		SYSCORD_PACKET_*
 * @seen:		syscalls that the probes saw so far
 * @payload:		events
 */
struct syscord_packet {
	u32 magic;
	u8 uuid[UUID_SIZE];
	u32 stream;
	u64 instance;
	u64 begin;
	u64 end;
	u64 content_bits;
	u64 packet_bits;
	u64 seq;
	u64 discarded;
	u64 recorded;
	u64 filtered;
	u64 overwritten;
	u64 dropped[SYSCORD_DROPS];
	u32 cpu;
	u32 events;
	u32 records;
	u32 flags;
	u64 seen;
	u8 payload[];
};

static_assert(sizeof(struct syscord_packet) == 160);

#define SYSCORD_PACKET_LAST	BIT(0)	/* of the recording */

/* Bytes of a packet that is complete. */
static inline size_t syscord_packet_size(const struct syscord_packet *packet)
{
	return packet->content_bits / BITS_PER_BYTE;
}

#endif
