/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A CPU's ring of events: one producer, the probes on that CPU, and one consumer, the writer.
 *
 * A ring is a row of packets of equal size.  Positions count bytes from the beginning of the
 * recording and never wrap; a position's place in memory is its low bits.
 *
 *                tail                             head        end
 *                 v                                v           v
 *  -- +-----------+-----------+-----------+--------+-----------+- - - - -
 *     |           | h e e e ~ | h e e e ~ | h e e  |   free    | free ...
 *  -- +-----------+-----------+-----------+--------+-----------+- - - - -
 *       consumed    complete    complete    the open packet
 *                 |<--------- size bytes at most ------------->|
 *
 *  h  the packet's header      e  an event      ~  nothing follows: an event of size 0, or the end
 *
 * The producer opens a packet for its first event and closes it when the next event has no room.
 * The writer may have it closed before that, by an interrupt on the ring's CPU.
 *
 * Where producers wait for room, the ring has a mark at half of its size, and packets above it are
 * a reserve.  A ring whose head is above the mark is high.  Producers still put events there, but
 * each only one: then it waits until the ring is no longer high.  The mark stands at the end of a
 * packet and moves with the packet that tail is in, so all of a packet is below it or above it.
 *
 * Who may touch what:
 *
 *  - The producer writes all fields above tail.  It is the probe that runs on the ring's CPU with
 *    preemption off, between syscord_ring_begin() and syscord_ring_end().
 *  - An interrupt on that CPU is the producer as well, if it finds busy clear.  If it finds busy
 *    set, it only sets close, and the probe closes the packet at its end.
 *  - Where no probe can run (the CPU is offline, or all probes are gone), anybody may be the
 *    producer, one at a time.
 *  - The consumer writes tail and what stands below it.  In flight-recorder mode the producer does
 *    so instead, unless no_overwrite is set.
 *
 * What always holds:
 *
 *  1. tail <= head.  From the beginning of tail's packet to end it is size bytes at most.
 *  2. All bytes below head are complete, and none of them changes before it is consumed, but for
 *     the header of the open packet.  Head moves by a store-release, and the consumer loads it with
 *     acquire.
 *  3. end is 0: no packet is open, and head stands at the beginning of a packet.  Else a packet is
 *     open, it ends at end, and head stands in it or at its end.  limit is end as well, or 0: then
 *     the packet was above the mark when that was looked at last, or the clock was set since then.
 *  4. An event begins at an even position and does not cross the end of its packet.
 *  5. Times do not go back in a ring.  From one event to the next it is less than 2^32 ns.
 *  6. syscord_ring_reserve() takes nothing, but for an anchor that it may put before the event.
 *     Only syscord_ring_commit() moves head past an event.
 *  7. The consumer's reads of a place come before its store-release to tail.  The producer loads
 *     tail with acquire before it writes there again.
 *  8. The header of a complete packet says how many events and records are in it.
 */
#ifndef SYSCORD_RING_H
#define SYSCORD_RING_H

#include <linux/align.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/types.h>
#include <linux/uuid.h>

#include "ring/event.h"
#include "ring/packet.h"

struct syscord_ring;

/**
 * struct syscord_ring_config - what rings are told when they are made
 * @size:	bytes of a ring, a power of two; it gets more if an event needs it
 * @event_max:	bytes of the largest event of a syscall
 * @overwrite:	flight-recorder mode: a full ring overwrites its oldest packet
 * @anchors:	anchors stand in the packets: a trace needs them, text does not
 * @wait:	producers wait for room, so each ring has a reserve; not with @overwrite
 * @uuid:	of the trace; it stands in every packet
 * @wake:	wakes the consumer; called in probes, with preemption off
 * @freed:	wakes producers that wait; called in the consumer, once it has read a packet
 */
struct syscord_ring_config {
	u32 size;
	u32 event_max;
	bool overwrite;
	bool anchors;
	bool wait;
	u8 uuid[UUID_SIZE];
	void (*wake)(void);
	void (*freed)(const struct syscord_ring *ring);
};

/**
 * struct syscord_ring - a ring
 * @head:	behind the last event
 * @limit:	where the usual path has to stop: @end, or 0 if the open packet is of the reserve,
 *		or the clock was set
 * @last:	time of the last event, in ns
 * @epoch:	a thread that was described in another epoch is described anew
 * @base:	the memory; NULL: there is no ring
 * @size:	its bytes, a power of two
 * @mask:	@size, less one
 * @packet:	bytes of a packet, a power of two
 * @busy:	the producer is at work
 * @close:	an interrupt found @busy: the producer closes the open packet when it is done
 * @end:	end of the open packet, or 0 if none is open
 * @seen_tail:	what the producer last knew of @tail
 * @wake_at:	when @head gets here, the consumer is woken
 * @offset:	from CLOCK_MONOTONIC to CLOCK_REALTIME, in ns, as the last anchor says
 * @seq:	packets that were opened
 * @recorded:	the CPU's records when the open packet was opened
 * @non_records: events of the open packet that are no records
 * @mark:	bytes from the beginning of @tail's packet to the reserve; @size: there is none
 * @overwritten: records that were overwritten
 * @no_overwrite: the consumer reads in flight-recorder mode: a full ring drops
 * @config:	what all rings were told
 * @tail:	where the consumer reads next
 * @time:	time of the event that it read last, in ns
 * @consumed:	records and other events that it consumed of the packet that it is in
 */
struct syscord_ring {
	u64 head;
	u64 limit;
	u64 last;
	u32 epoch;
	u8 *base;
	u32 size;
	u32 mask;
	u32 packet;
	bool busy;
	bool close;
	u64 end;
	u64 seen_tail;
	u64 wake_at;
	s64 offset;
	u64 seq;
	u64 recorded;
	u32 non_records;
	u32 mark;
	u64 overwritten;
	bool no_overwrite;
	const struct syscord_ring_config *config;
	u64 tail ____cacheline_aligned_in_smp;
	u64 time;
	u32 consumed;
};

struct syscord_cpu;

/* The producer's slow side. */
struct syscord_event *syscord_ring_reserve_slow(struct syscord_cpu *cpu, u32 need, u64 *time,
						u64 *pos);
struct syscord_packet *syscord_ring_open(struct syscord_cpu *cpu, u64 time);
void syscord_ring_close(struct syscord_cpu *cpu);
void syscord_ring_flush(struct syscord_cpu *cpu);
void syscord_ring_close_deferred(struct syscord_cpu *cpu);
void syscord_ring_discard(struct syscord_cpu *cpu);

int syscord_ring_create(struct syscord_ring *ring, u32 size, u32 packet,
			const struct syscord_ring_config *config);
void syscord_ring_destroy(struct syscord_ring *ring);

/* The consumer. */
const struct syscord_event *syscord_ring_peek(struct syscord_ring *ring, u64 head);
void syscord_ring_consume(struct syscord_ring *ring, const struct syscord_event *event);
const struct syscord_packet *syscord_ring_peek_packet(struct syscord_ring *ring, u64 head);
void syscord_ring_consume_packet(struct syscord_ring *ring);

/* Bytes that wait for the consumer. */
static inline u64 syscord_ring_filled(const struct syscord_ring *ring)
{
	u64 head = READ_ONCE(ring->head), tail = READ_ONCE(ring->tail);

	/* The tail is rounded up to an even position, so it may be a byte past the head. */
	return head > tail ? head - tail : 0;
}

static inline void *syscord_ring_at(const struct syscord_ring *ring, u64 pos)
{
	return ring->base + (pos & ring->mask);
}

/* The producer begins: an interrupt leaves this CPU's ring alone.  Preemption is off. */
static __always_inline void syscord_ring_begin(struct syscord_ring *ring)
{
	WRITE_ONCE(ring->busy, true);
	barrier();
}

/* The producer is done.  @ring is @cpu's. */
static __always_inline void syscord_ring_end(struct syscord_cpu *cpu, struct syscord_ring *ring)
{
	barrier();
	WRITE_ONCE(ring->busy, false);
	barrier();
	if (unlikely(ring->close))
		syscord_ring_close_deferred(cpu);
}

/**
 * syscord_ring_reserve - room for an event
 * @cpu:	this CPU
 * @ring:	its ring
 * @need:	bytes that the event takes at most, no more than the ring's largest event
 * @time:	the event's time, in ns; it is made later if the ring has a later one already
 * @pos:	set to the event's position
 *
 * Before syscord_ring_commit() the consumer sees nothing of the event, and it takes no room.
 *
 * Return: the room, or NULL if the ring is full.
 */
static __always_inline struct syscord_event *syscord_ring_reserve(struct syscord_cpu *cpu,
								  struct syscord_ring *ring,
								  u32 need, u64 *time, u64 *pos)
{
	*pos = ALIGN(ring->head, 2);
	/* One comparison finds both a clock that stepped back and one that is far ahead. */
	if (unlikely(*pos + need > ring->limit || *time - ring->last > U32_MAX))
		return syscord_ring_reserve_slow(cpu, need, time, pos);
	return syscord_ring_at(ring, *pos);
}

/**
 * syscord_ring_commit - hand an event to the consumer
 * @ring:	the ring of this CPU
 * @event:	from syscord_ring_reserve(), filled in but for its size and time
 * @time:	as syscord_ring_reserve() set it
 * @pos:	as syscord_ring_reserve() set it
 * @size:	bytes that the event took
 */
static __always_inline void syscord_ring_commit(struct syscord_ring *ring,
						struct syscord_event *event, u64 time, u64 pos,
						u32 size)
{
	event->size = (size + 1) / 2;
	event->time = time;
	ring->last = time;
	/* Pairs with syscord_ring_head(): the event is written before the head moves past it. */
	smp_store_release(&ring->head, pos + size);
}

/* The consumer may read up to here. */
static inline u64 syscord_ring_head(const struct syscord_ring *ring)
{
	/* Pairs with syscord_ring_commit(): all events before the head are complete. */
	return smp_load_acquire(&ring->head);
}

/* Where the reserve begins now. */
static inline u64 syscord_ring_mark(const struct syscord_ring *ring)
{
	return round_down(READ_ONCE(ring->tail), ring->packet) + READ_ONCE(ring->mark);
}

/* Whether the reserve is in use.  Anybody may ask. */
static inline bool syscord_ring_is_high(const struct syscord_ring *ring)
{
	/* The head first: an old head and a new tail are no reason to wait. */
	u64 head = syscord_ring_head(ring);

	return ring->base && head > syscord_ring_mark(ring);
}

#endif
