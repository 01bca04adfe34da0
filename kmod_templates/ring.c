// SPDX-License-Identifier: GPL-2.0
/*
 * The ring's slow side: making it, and reading it.
 */
#include <linux/vmalloc.h>

#include "memory.h"
#include "ring.h"

/**
 * syscord_ring_create - make a ring
 * @ring:	zeroed
 * @size:	bytes, a power of two
 * @packet:	bytes of a packet, a power of two, less than @size
 *
 * Called on the ring's CPU, so that its memory is near.
 *
 * Return: 0, or -ENOMEM.
 */
int syscord_ring_create(struct syscord_ring *ring, u32 size, u32 packet)
{
	u8 *base = syscord_allocate(size);

	if (!base)
		return -ENOMEM;
	ring->size = size;
	ring->packet = packet;
	ring->poke = size / 4;
	/* A ring with memory is complete: probes and the writer look at this first. */
	smp_store_release(&ring->base, base);
	return 0;
}

/**
 * syscord_ring_destroy - free a ring; one that was never made, too
 * @ring:	the ring, which no probe uses any more
 */
void syscord_ring_destroy(struct syscord_ring *ring)
{
	vfree(ring->base);
	ring->base = NULL;
}

/**
 * syscord_ring_peek - the oldest event
 * @ring:	the ring
 * @head:	from syscord_ring_head(): up to where to read
 *
 * Return: the event, valid until it is consumed, or NULL if there is none before @head.
 */
const struct syscord_event *syscord_ring_peek(struct syscord_ring *ring, u64 head)
{
	while (ring->tail < head) {
		u32 offset = ring->tail & (ring->packet - 1);
		const struct syscord_event *event = syscord_ring_at(ring, ring->tail);

		if (event->size)
			return event;
		/* Pairs with syscord_ring_reserve(): the size was read before. */
		smp_store_release(&ring->tail, ring->tail + ring->packet - offset);
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
	/* Pairs with syscord_ring_reserve(): all reads of the event come before. */
	smp_store_release(&ring->tail, ring->tail + event->size);
}
