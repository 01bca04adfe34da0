/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A CPU's ring of events: one producer (a probe on that CPU, with preemption off), one consumer
 * (the writer).
 *
 * It is a row of packets of equal size, and no event crosses the end of a packet.  Positions count
 * bytes from the beginning of the recording and never wrap.
 */
#ifndef SYSCORD_RING_H
#define SYSCORD_RING_H

#include <linux/cache.h>
#include <linux/types.h>

#include "event.h"

/**
 * struct syscord_ring - a ring
 * @head:	where the producer writes next; behind it all is complete
 * @seen_tail:	what the producer last knew of @tail
 * @poke:	when @head gets here, the writer is woken
 * @base:	the memory
 * @size:	its bytes, a power of two
 * @packet:	bytes of a packet, a power of two
 * @tail:	where the consumer reads next
 */
struct syscord_ring {
	u64 head;
	u64 seen_tail;
	u64 poke;
	u8 *base;
	u32 size;
	u32 packet;
	u64 tail ____cacheline_aligned_in_smp;
};

int syscord_ring_create(struct syscord_ring *ring, u32 size, u32 packet);
void syscord_ring_destroy(struct syscord_ring *ring);

const struct syscord_event *syscord_ring_peek(struct syscord_ring *ring, u64 head);
void syscord_ring_consume(struct syscord_ring *ring, const struct syscord_event *event);

/* Bytes that wait for the consumer. */
static inline u64 syscord_ring_filled(const struct syscord_ring *ring)
{
	return READ_ONCE(ring->head) - READ_ONCE(ring->tail);
}

static inline struct syscord_event *syscord_ring_at(const struct syscord_ring *ring, u64 pos)
{
	return (struct syscord_event *)(ring->base + (pos & (ring->size - 1)));
}

/**
 * syscord_ring_reserve - room for an event
 * @ring:	the ring of this CPU
 * @need:	bytes that the event takes at most, no more than syscord_event_max()
 * @pos:	set to the event's position
 *
 * Nothing is seen of it before syscord_ring_commit(); without that the room is not taken.
 *
 * Return: the room, or NULL if the ring is full.
 */
static inline struct syscord_event *syscord_ring_reserve(struct syscord_ring *ring, u32 need,
							 u64 *pos)
{
	u64 begin = ring->head;
	u32 offset = begin & (ring->packet - 1);

	if (unlikely(offset + need > ring->packet))
		begin += ring->packet - offset;
	if (unlikely(begin + need - ring->seen_tail > ring->size)) {
		/* Pairs with syscord_ring_consume(): what was read may be overwritten. */
		ring->seen_tail = smp_load_acquire(&ring->tail);
		if (begin + need - ring->seen_tail > ring->size)
			return NULL;
	}
	/* Events are multiples of 8 bytes: where a packet has any room left, a size fits. */
	if (unlikely(begin != ring->head && offset))
		syscord_ring_at(ring, ring->head)->size = 0;
	*pos = begin;
	return syscord_ring_at(ring, begin);
}

/**
 * syscord_ring_commit - hand an event to the consumer
 * @ring:	the ring of this CPU
 * @pos:	from syscord_ring_reserve()
 * @size:	bytes that the event took, a multiple of 8
 */
static inline void syscord_ring_commit(struct syscord_ring *ring, u64 pos, u32 size)
{
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
