// SPDX-License-Identifier: GPL-2.0
/*
 * The packet of descriptions that is being filled.  It is written when it is full.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include "params/params.h"
#include "ring/anchor.h"
#include "ring/event.h"
#include "ring/packet.h"
#include "write/ctf/state_packet.h"

#define PACKET_ROOM	SZ_64K
/* Bytes of one event, at most. */
#define EVENT_ROOM	SYSCORD_PROCESS_MAX

static struct {
	struct syscord_packet *packet;
	syscord_packet_writer write_packet;
	size_t len;		/* bytes of the packet */
	u64 seq;		/* of the next packet */
	u64 last;		/* time of the last event, in ns */
	bool failed;		/* a packet could not be written */
} state;

/**
 * syscord_state_packet_create - get memory for packets
 *
 * Return: 0, or -ENOMEM.
 */
int syscord_state_packet_create(void)
{
	state.packet = kvzalloc(PACKET_ROOM, GFP_KERNEL);
	state.seq = 0;
	return state.packet ? 0 : -ENOMEM;
}

/**
 * syscord_state_packet_destroy - free the memory, if there is any
 */
void syscord_state_packet_destroy(void)
{
	kvfree(state.packet);
	state.packet = NULL;
}

static void begin_packet(void)
{
	struct syscord_packet *packet = state.packet;

	memset(packet, 0, sizeof(*packet));
	packet->magic = SYSCORD_MAGIC;
	memcpy(packet->uuid, syscord_params.uuid.b, sizeof(packet->uuid));
	packet->stream = SYSCORD_STREAM_STATE;
	packet->begin = max(ktime_get_mono_fast_ns(), state.last);
	packet->end = packet->begin;
	state.len = sizeof(*packet);
}

/**
 * syscord_state_packet_begin - begin the first packet of a description
 * @write_packet:	writes each packet
 *
 * What is in a packet of an earlier description that was not written is left out.
 */
void syscord_state_packet_begin(syscord_packet_writer write_packet)
{
	state.write_packet = write_packet;
	state.failed = false;
	begin_packet();
}

/**
 * syscord_state_packet_end - write what is in the packet
 */
void syscord_state_packet_end(void)
{
	struct syscord_packet *packet = state.packet;

	packet->content_bits = state.len * BITS_PER_BYTE;
	packet->packet_bits = packet->content_bits;
	state.last = packet->end;
	if (packet->events && !state.failed) {
		packet->seq = state.seq++;
		state.failed = !state.write_packet(packet);
	}
	begin_packet();
}

/* Each packet begins with an anchor.  It is put when an event follows: else nothing is written. */
static void add_anchor(void)
{
	struct syscord_anchor *anchor = (void *)state.packet->payload;

	syscord_anchor_fill(anchor, state.packet->begin);
	state.packet->events++;
	state.len += sizeof(*anchor);
}

/**
 * syscord_state_packet_room - where the next event goes; the packet is written if it is full
 *
 * Return: room for any event.
 */
void *syscord_state_packet_room(void)
{
	if (ALIGN(state.len, 2) + EVENT_ROOM > PACKET_ROOM)
		syscord_state_packet_end();
	if (!state.packet->events)
		add_anchor();
	return (u8 *)state.packet + ALIGN(state.len, 2);
}

/**
 * syscord_state_packet_add - add an event
 * @event:	from syscord_state_packet_room(), filled in but for its time and size
 * @len:	its bytes
 */
void syscord_state_packet_add(struct syscord_event *event, size_t len)
{
	struct syscord_packet *packet = state.packet;
	u64 now = ktime_get_mono_fast_ns();

	/* The clock may step back a little, and a packet may be filled slowly, but not for 4 s. */
	packet->end = max(packet->end, now);
	event->time = packet->end;
	event->size = (len + 1) / 2;
	packet->events++;
	state.len = (u8 *)event + len - (u8 *)packet;
}

/**
 * syscord_state_packet_failed - whether a packet of this description could not be written
 *
 * Return: whether it is so; then the rest need not be described.
 */
bool syscord_state_packet_failed(void)
{
	return state.failed;
}

/**
 * syscord_state_packet_count - how many packets were begun in all
 *
 * Return: the number; it grows when a packet is written.
 */
u64 syscord_state_packet_count(void)
{
	return state.seq;
}
