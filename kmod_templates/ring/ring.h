/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A CPU's ring of events: one producer (a probe on that CPU, with preemption off), one consumer
 * (the writer).
 *
 * It is a row of packets of equal size, and no event crosses the end of a packet.  Positions count
 * bytes from the beginning of the recording and never wrap.  The producer opens a packet for its
 * first event and closes it when the next one has no room; the writer may have it closed before,
 * by an interrupt on that CPU.
 */
#ifndef SYSCORD_RING_H
#define SYSCORD_RING_H

#include <linux/align.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/types.h>

#include "ring/event.h"
#include "ring/packet.h"

/**
 * struct syscord_ring - a ring
 * @head:	behind the last event; all before it is complete
 * @limit:	end of the open packet, or 0 if none is open
 * @last:	time of the last event, in ns
 * @epoch:	threads that were described in another are described anew
 * @base:	the memory
 * @size:	its bytes, a power of two
 * @mask:	@size, less one
 * @packet:	bytes of a packet, a power of two
 * @busy:	the producer is at work: who interrupts it leaves the ring alone
 * @close:	and asks it so to close its packet
 * @seen_tail:	what the producer last knew of @tail
 * @wake_at:	when @head gets here, the writer is woken
 * @seq:	packets that were opened
 * @recorded:	the CPU's records when the open packet was opened
 * @non_records:	events of the open packet that are no records
 * @overwritten: records that were overwritten
 * @no_overwrite:	the writer reads: nothing is overwritten
 * @tail:	where the consumer reads next
 * @time:	time of the event that it read last, in ns
 * @consumed:	events that it took out of the packet that it is in
 */
struct syscord_ring {
	u64 head;
	u64 limit;
	u64 last;
	u64 epoch;
	u8 *base;
	u32 size;
	u32 mask;
	u32 packet;
	bool busy;
	bool close;
	u64 seen_tail;
	u64 wake_at;
	u64 seq;
	u64 recorded;
	u32 non_records;
	u64 overwritten;
	bool no_overwrite;
	u64 tail ____cacheline_aligned_in_smp;
	u64 time;
	u32 consumed;
};

struct syscord_cpu;

struct syscord_event *syscord_ring_reserve_slow(struct syscord_cpu *cpu, u32 need, u64 *time, u64 *pos);
void syscord_ring_close(struct syscord_cpu *cpu);
void syscord_ring_close_as_asked(struct syscord_cpu *cpu);
void syscord_ring_discard(struct syscord_cpu *cpu);
struct syscord_packet *syscord_ring_open(struct syscord_cpu *cpu, u64 time);

int syscord_ring_create(struct syscord_ring *ring, u32 size, u32 packet);
void syscord_ring_destroy(struct syscord_ring *ring);

const struct syscord_event *syscord_ring_peek(struct syscord_ring *ring, u64 head);
void syscord_ring_consume(struct syscord_ring *ring, const struct syscord_event *event);
const struct syscord_packet *syscord_ring_peek_packet(struct syscord_ring *ring, u64 head);
void syscord_ring_consume_packet(struct syscord_ring *ring);

/* Bytes that wait for the consumer. */
static inline u64 syscord_ring_filled(const struct syscord_ring *ring)
{
	u64 head = READ_ONCE(ring->head), tail = READ_ONCE(ring->tail);

	/* The tail is at the next event's place, which may be a byte behind the last one's end. */
	return head > tail ? head - tail : 0;
}

static inline void *syscord_ring_at(const struct syscord_ring *ring, u64 pos)
{
	return ring->base + (pos & ring->mask);
}

/* From here on, an interrupt leaves this CPU's ring alone.  Preemption is off. */
static __always_inline void syscord_ring_begin(struct syscord_ring *ring)
{
	WRITE_ONCE(ring->busy, true);
	barrier();
}

/* A packet is closed that was to be closed meanwhile: @cpu's, whose ring @ring is. */
static __always_inline void syscord_ring_end(struct syscord_cpu *cpu, struct syscord_ring *ring)
{
	barrier();
	WRITE_ONCE(ring->busy, false);
	barrier();
	if (unlikely(ring->close))
		syscord_ring_close_as_asked(cpu);
}

/**
 * syscord_ring_reserve - room for an event
 * @cpu:	this CPU
 * @ring:	its ring
 * @need:	bytes that the event takes at most, no more than syscord_event_max()
 * @time:	the event's, in ns; made later if the ring has a later one already
 * @pos:	set to the event's position
 *
 * Nothing is seen of it before syscord_ring_commit(); without that the room is not taken.
 *
 * Return: the room, or NULL if the ring is full.
 */
static __always_inline struct syscord_event *syscord_ring_reserve(struct syscord_cpu *cpu,
								  struct syscord_ring *ring,
								  u32 need, u64 *time, u64 *pos)
{
	*pos = ALIGN(ring->head, 2);
	/* One comparison for both: a clock that stepped back, and one that is far ahead. */
	if (unlikely(*pos + need > ring->limit || *time - ring->last > U32_MAX))
		return syscord_ring_reserve_slow(cpu, need, time, pos);
	return syscord_ring_at(ring, *pos);
}

/**
 * syscord_ring_commit - hand an event to the consumer
 * @ring:	the ring of this CPU
 * @event:	from syscord_ring_reserve(), filled in but for its size and time
 * @time:	from there
 * @pos:	from there
 * @size:	bytes that the event took
 */
static __always_inline void syscord_ring_commit(struct syscord_ring *ring,
						struct syscord_event *event, u64 time, u64 pos,
						u32 size)
{
	event->size = (size + 1) / 2;
	event->time = time;
	ring->last = time;
	/* Pairs with syscord_ring_head(): the event before the head that covers it. */
	smp_store_release(&ring->head, pos + size);
}

/* Up to where the consumer may read. */
static inline u64 syscord_ring_head(const struct syscord_ring *ring)
{
	/* Pairs with syscord_ring_commit(): all events before the head are complete. */
	return smp_load_acquire(&ring->head);
}

#endif
