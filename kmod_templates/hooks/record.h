/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recording a call at its end.
 */
#ifndef SYSCORD_RECORD_H
#define SYSCORD_RECORD_H

#include <linux/ptrace.h>
#include <linux/types.h>

struct syscord_call;
struct syscord_cpu;
struct syscord_handler;
struct syscord_thread;

void syscord_record_init(void);
void syscord_record(struct syscord_thread *thread, struct pt_regs *regs, long ret);
void syscord_record_slow(struct syscord_cpu *cpu, struct syscord_call call, u64 now);
void syscord_record_unseen(struct syscord_thread *thread, const struct syscord_handler *handler,
			   long nr, struct pt_regs *regs, long ret, u64 why);

#endif
