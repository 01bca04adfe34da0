// SPDX-License-Identifier: GPL-2.0
/*
 * The slow side of a ring: creating it, opening and closing packets, and reading.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "ring/anchor.h"
#include "ring/clock.h"
#include "ring/counters.h"
#include "ring/cpu.h"
#include "ring/event.h"
#include "ring/memory.h"
#include "ring/ring.h"

/* In flight-recorder mode: the epoch of the packet that was opened last, on any CPU. */
static atomic_t packet_epochs;

/**
 * syscord_ring_create - make a ring
 * @ring:	zeroed
 * @size:	bytes, a power of two
 * @packet:	bytes of a packet, a power of two, less than @size
 * @config:	what all rings are told; it must outlive the ring
 *
 * Called on the ring's CPU, so that the memory is of that CPU's node.
 *
 * Return: 0, or -ENOMEM.
 */
int syscord_ring_create(struct syscord_ring *ring, u32 size, u32 packet,
			const struct syscord_ring_config *config)
{
	u8 *base = syscord_allocate(size);

	if (!base)
		return -ENOMEM;
	ring->size = size;
	ring->mask = size - 1;
	ring->packet = packet;
	ring->wake_at = size / 4;
	ring->mark = config->wait ? size / 2 : size;
	ring->config = config;
	/* A ring with memory is complete: probes and the writer look at this first. */
	smp_store_release(&ring->base, base);
	return 0;
}

/**
 * syscord_ring_destroy - free a ring's memory, if it has any
 * @ring:	the ring, which no probe uses any more
 */
void syscord_ring_destroy(struct syscord_ring *ring)
{
	vfree(ring->base);
	ring->base = NULL;
}

/**
 * syscord_ring_close - complete the open packet, if there is one
 * @cpu:	this CPU; or any, if no probe can run there
 *
 * With preemption off, and no producer at work.
 */
void syscord_ring_close(struct syscord_cpu *cpu)
{
	struct syscord_ring *ring = &cpu->ring;
	struct syscord_packet *packet;
	u64 begin, end = ring->end, marker = ALIGN(ring->head, 2);

	if (!end)
		return;
	begin = end - ring->packet;
	packet = syscord_ring_at(ring, begin);
	packet->end = ring->last;
	packet->content_bits = (ring->head - begin) * BITS_PER_BYTE;
	packet->packet_bits = packet->content_bits;
	packet->records = cpu->recorded - ring->recorded;
	packet->events = packet->records + ring->non_records;
	syscord_counters_stamp(packet, cpu);
	/* An event of size 0 tells those who read event by event that there are no more. */
	if (end - marker >= sizeof(struct syscord_event))
		((struct syscord_event *)syscord_ring_at(ring, marker))->size = 0;
	ring->limit = 0;
	ring->end = 0;
	/* Pairs with syscord_ring_head(): the packet is written before the head moves past it. */
	smp_store_release(&ring->head, end);
}

/**
 * syscord_ring_flush - complete the open packet for the consumer, if it is not above the mark
 * @cpu:	as for syscord_ring_close()
 *
 * The reserve is not given away for being early: if a packet is above the mark, there is one below
 * it that the consumer has to read first.
 */
void syscord_ring_flush(struct syscord_cpu *cpu)
{
	if (!syscord_ring_is_high(&cpu->ring))
		syscord_ring_close(cpu);
}

/**
 * syscord_ring_close_deferred - complete the open packet for an interrupt that found the ring busy
 * @cpu:	this CPU, with preemption off; its producer is done
 */
void syscord_ring_close_deferred(struct syscord_cpu *cpu)
{
	struct syscord_ring *ring = &cpu->ring;

	syscord_ring_begin(ring);
	syscord_ring_flush(cpu);
	WRITE_ONCE(ring->close, false);
	barrier();
	WRITE_ONCE(ring->busy, false);
}

/*
 * Free the room of the oldest packet, and count its records as overwritten: all that a failed
 * snapshot has not consumed.  False if nothing may be overwritten now.
 */
static bool overwrite(struct syscord_ring *ring)
{
	u64 begin = round_down(ring->tail, ring->packet);
	const struct syscord_packet *oldest = syscord_ring_at(ring, begin);
	/* At the beginning of a packet, what was consumed is of the packet before. */
	u32 consumed = ring->tail == begin ? 0 : ring->consumed;

	/* Pairs with syscord_rings_set_no_overwrite(): the writer's reads come before. */
	if (!ring->config->overwrite || smp_load_acquire(&ring->no_overwrite))
		return false;
	WRITE_ONCE(ring->overwritten, ring->overwritten + oldest->records - consumed);
	WRITE_ONCE(ring->tail, begin + ring->packet);
	ring->seen_tail = ring->tail;
	return true;
}

static bool has_room_for_packet(struct syscord_ring *ring)
{
	u64 end = ring->head + ring->packet;

	if (end - ring->seen_tail <= ring->size)
		return true;
	/* Pairs with give_back(): the consumer has read what is overwritten next. */
	ring->seen_tail = smp_load_acquire(&ring->tail);
	return end - ring->seen_tail <= ring->size || overwrite(ring);
}

/* Let the usual path fill the open packet, unless it is of the reserve. */
static void set_limit(struct syscord_ring *ring)
{
	ring->limit = ring->end <= syscord_ring_mark(ring) ? ring->end : 0;
}

/* Wake the consumer once for each quarter of the ring.  Between that, its timer wakes it. */
static void wake_consumer(struct syscord_ring *ring)
{
	if (ring->head < ring->wake_at || ring->config->overwrite)
		return;
	ring->wake_at = ring->head + ring->size / 4;
	ring->config->wake();
}

/* Put an anchor at @pos, where there is room. */
static void put_anchor(struct syscord_ring *ring, u64 time, u64 pos)
{
	struct syscord_anchor *anchor = syscord_ring_at(ring, pos);

	syscord_anchor_fill(anchor, time);
	ring->offset = anchor->real - time;
	ring->non_records++;
	syscord_ring_commit(ring, &anchor->event, time, pos, sizeof(*anchor));
}

/* Whether the clock was set since the open packet's last anchor. */
static bool needs_anchor(const struct syscord_ring *ring)
{
	return ring->end && ring->config->anchors && syscord_anchor_offset() != ring->offset;
}

/**
 * syscord_cpu_read_clock - read the kernel's clock, and see whether the time of day was set
 * @cpu:	as for syscord_cpu_time()
 *
 * Return: CLOCK_MONOTONIC, in ns.
 */
noinline u64 syscord_cpu_read_clock(struct syscord_cpu *cpu)
{
	/* The usual path has no room then, and syscord_ring_reserve_slow() puts an anchor. */
	if (unlikely(needs_anchor(&cpu->ring)))
		cpu->ring.limit = 0;
	return syscord_clock_read(&cpu->clock);
}

/**
 * syscord_ring_open - open a packet
 * @cpu:	this CPU, which has a ring, where none is open; or any, if no probe can run there
 * @time:	of its first event, in ns
 *
 * Return: the packet, or NULL if the ring is full.
 */
struct syscord_packet *syscord_ring_open(struct syscord_cpu *cpu, u64 time)
{
	struct syscord_ring *ring = &cpu->ring;
	struct syscord_packet *packet;

	if (!has_room_for_packet(ring))
		return NULL;
	packet = syscord_ring_at(ring, ring->head);
	packet->magic = SYSCORD_MAGIC;
	memcpy(packet->uuid, ring->config->uuid, sizeof(packet->uuid));
	packet->stream = SYSCORD_STREAM_CPU;
	packet->begin = time;
	packet->seq = ring->seq++;
	packet->flags = 0;
	ring->recorded = cpu->recorded;
	ring->non_records = 0;
	ring->last = time;
	/* Older packets may be overwritten, so each packet describes its threads anew. */
	if (ring->config->overwrite)
		ring->epoch = atomic_inc_return(&packet_epochs);
	ring->end = ring->head + ring->packet;
	set_limit(ring);
	/* Pairs with syscord_ring_head(): the header is written before the head moves past it. */
	smp_store_release(&ring->head, ring->head + sizeof(*packet));
	if (ring->config->anchors)
		put_anchor(ring, time, ring->head);
	return packet;
}

/**
 * syscord_ring_reserve_slow - room for an event that does not simply follow the last one
 * @cpu:	this CPU
 * @need:	as for syscord_ring_reserve()
 * @time:	as there
 * @pos:	as there
 *
 * Return: the room, or NULL if the ring is full, or there is none.
 */
noinline struct syscord_event *syscord_ring_reserve_slow(struct syscord_cpu *cpu, u32 need,
							 u64 *time, u64 *pos)
{
	struct syscord_ring *ring = &cpu->ring;
	u32 anchor = needs_anchor(ring) ? sizeof(struct syscord_anchor) : 0;

	if (!ring->base)
		return NULL;
	/* The clock may step back a little when it is adjusted. */
	if (*time < ring->last)
		*time = ring->last;
	/* After 4 s without an event this takes another packet, if need be out of the reserve. */
	if (*pos + anchor + need > ring->end || *time - ring->last > U32_MAX) {
		syscord_ring_close(cpu);
		wake_consumer(ring);
		if (!syscord_ring_open(cpu, *time))
			return NULL;
		*pos = ring->head;
	} else {
		/* The consumer may have moved the mark. */
		set_limit(ring);
		if (anchor) {
			put_anchor(ring, *time, *pos);
			*pos = ring->head;
		}
	}
	return syscord_ring_at(ring, *pos);
}

/**
 * syscord_ring_discard - overwrite all packets that are complete, in flight-recorder mode
 * @cpu:	any, as no probe can run any more
 */
void syscord_ring_discard(struct syscord_cpu *cpu)
{
	struct syscord_ring *ring = &cpu->ring;

	while (ring->tail < ring->head && overwrite(ring))
		;
}

/* The consumer has read what stands before @tail. */
static void give_back(struct syscord_ring *ring, u64 tail)
{
	/* Pairs with has_room_for_packet(): all reads of it come before. */
	smp_store_release(&ring->tail, tail);
	/* The mark moves with the packet that the tail is in. */
	if (!(tail & (ring->packet - 1)) && ring->config->freed)
		ring->config->freed(ring);
}

/* Go to the next packet, if this one has no more events.  False if it has. */
static bool skip_rest(struct syscord_ring *ring, u64 pos)
{
	u32 left = ring->packet - (pos & (ring->packet - 1));
	const struct syscord_event *event = syscord_ring_at(ring, pos);

	if (left >= sizeof(*event) && event->size)
		return false;
	give_back(ring, pos + left);
	return true;
}

/**
 * syscord_ring_peek - the oldest event
 * @ring:	the ring
 * @head:	from syscord_ring_head(): up to where to read
 *
 * @ring->time is set to the event's time, in ns.
 *
 * Return: the event, valid until it is consumed, or NULL if there is none before @head.
 */
const struct syscord_event *syscord_ring_peek(struct syscord_ring *ring, u64 head)
{
	while (ring->tail < head) {
		const struct syscord_event *event = syscord_ring_at(ring, ring->tail);

		if (!(ring->tail & (ring->packet - 1))) {
			const struct syscord_packet *packet = (const void *)event;

			ring->time = packet->begin;
			ring->consumed = 0;
			WRITE_ONCE(ring->tail, ring->tail + sizeof(*packet));
		} else if (!skip_rest(ring, ring->tail)) {
			ring->time += (u32)(event->time - (u32)ring->time);
			return event;
		}
	}
	return NULL;
}

/**
 * syscord_ring_consume - give back the room of the oldest event
 * @ring:	the ring
 * @event:	from syscord_ring_peek()
 */
void syscord_ring_consume(struct syscord_ring *ring, const struct syscord_event *event)
{
	ring->consumed++;
	give_back(ring, ring->tail + event->size * 2);
}

/**
 * syscord_ring_peek_packet - the oldest packet that is complete
 * @ring:	the ring, of which only packets are taken
 * @head:	from syscord_ring_head(): up to where to read
 *
 * Return: the packet, valid until it is consumed, or NULL if there is none before @head.
 */
const struct syscord_packet *syscord_ring_peek_packet(struct syscord_ring *ring, u64 head)
{
	return ring->tail + ring->packet <= head ? syscord_ring_at(ring, ring->tail) : NULL;
}

/**
 * syscord_ring_consume_packet - give back the room of the oldest packet
 * @ring:	the ring
 */
void syscord_ring_consume_packet(struct syscord_ring *ring)
{
	give_back(ring, ring->tail + ring->packet);
}
