/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recording a call at its end.
 */
#ifndef SYSCORD_RECORD_H
#define SYSCORD_RECORD_H

#include <linux/types.h>

struct syscord_cpu;
struct syscord_thread;

void syscord_record(struct syscord_thread *thread, long ret);
void syscord_record_slow(struct syscord_cpu *cpu, struct syscord_thread *thread, long ret, u64 now);

#endif
