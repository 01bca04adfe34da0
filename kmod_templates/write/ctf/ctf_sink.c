// SPDX-License-Identifier: GPL-2.0
/*
 * The binary sink: the packets of each CPU's ring go, as they are, into a file of their own, in a
 * folder that readers of the Common Trace Format read.  docs/trace-format.md describes it.
 */
#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/types.h>
#include <asm/barrier.h>

#include "params/params.h"
#include "ring/counters.h"
#include "ring/cpu.h"
#include "ring/packet.h"
#include "ring/ring.h"
#include "write/ctf/state.h"
#include "write/ctf/trace_files.h"
#include "write/sink.h"
#include "write/stall.h"

/* False if the file takes no more.  @any is set if it took something. */
static bool write_ring(struct syscord_ring *ring, unsigned int cpu, bool *any)
{
	const struct syscord_packet *packet;
	u64 head;

	/* Pairs with syscord_ring_create(): a ring with memory is complete. */
	if (!smp_load_acquire(&ring->base))
		return true;
	head = syscord_ring_head(ring);
	while ((packet = syscord_ring_peek_packet(ring, head)) != NULL) {
		if (!syscord_trace_write(cpu, packet))
			return false;
		*any = true;
		syscord_ring_consume_packet(ring);
	}
	return true;
}

/* Packets need no order: whatever the time is, all that are closed are written. */
static bool write_until(u64 until)
{
	unsigned int cpu;
	bool all = true, any = false;

	for_each_possible_cpu(cpu)
		all &= write_ring(&per_cpu_ptr(&syscord_cpus, cpu)->ring, cpu, &any);
	/* As long as one file takes nothing, it would not be true that records are taken again. */
	if (all && any)
		syscord_sink_flows();
	return all;
}

/* The last packet of a CPU that never had a ring: all it can say is how many records it lost. */
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
		syscord_trace_write(number, &packet);
}

/*
 * Consume the packets that no file took.  Their records are dropped, and their numbers used again:
 * what is in the file stays without a gap, and the last packet says what is missing.
 */
static void drop_unwritten(struct syscord_cpu *cpu)
{
	struct syscord_ring *ring = &cpu->ring;
	u64 head = syscord_ring_head(ring);
	const struct syscord_packet *packet;

	while ((packet = syscord_ring_peek_packet(ring, head)) != NULL) {
		cpu->recorded -= packet->records;
		cpu->dropped[SYSCORD_DROP_SINK] += packet->records;
		ring->seq--;
		syscord_ring_consume_packet(ring);
	}
}

/* The last packet of a CPU, with the final values of its counters. */
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
	unsigned int number;

	for_each_possible_cpu(number) {
		struct syscord_cpu *cpu = per_cpu_ptr(&syscord_cpus, number);

		/* A flight recorder of which no snapshot was taken leaves nothing. */
		if (syscord_params.overwrite && !syscord_trace_has_packets())
			continue;
		if (cpu->ring.base) {
			drop_unwritten(cpu);
			end_ring(cpu);
		} else {
			end_without_ring(cpu, number);
		}
	}
	write_until(U64_MAX);
	while (syscord_trace_describe_slice())
		cond_resched();
}

static u64 close_sink(void)
{
	syscord_trace_close();
	/* What no file took is counted as dropped already. */
	return 0;
}

const struct syscord_sink syscord_ctf_sink = {
	.name = "ctf",
	.open = syscord_trace_open,
	.write = write_until,
	.describe = syscord_state_ask,
	.describe_slice = syscord_trace_describe_slice,
	.finish = finish,
	.close = close_sink,
};
