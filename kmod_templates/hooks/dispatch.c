// SPDX-License-Identifier: GPL-2.0
/*
 * The table of handlers by number, and what is known of 32-bit calls and of x32 calls.
 */
#include <linux/init.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "capture/names.h"
#include "hooks/dispatch.h"
#include "ring/event.h"

/* 32-bit calls are not decoded, but they return as their 64-bit namesakes do. */
#define COMPAT_HANDLER		.slow = SYSCORD_SLOW_CALL, .generic_id = SYSCORD_ID_COMPAT

static const struct syscord_handler compat_never_returns = {
	COMPAT_HANDLER,
	.work = SYSCORD_WORK_RECORD,
	.never_returns = true,
};

static const struct syscord_handler compat_no_result = {
	COMPAT_HANDLER,
	.no_result = true,
};

static const struct syscord_handler compat_returns_twice = {
	COMPAT_HANDLER,
	.ret_kind = SYSCORD_S32,
	.returns_twice = true,
};

/*
 * x32 calls stand in the record by their number.  They, too, return as their namesakes do.  But a
 * kernel may have x32 turned off, and it is not known which.  There such a call always returns, so
 * none is recorded at its entry.
 */
#define X32_HANDLER		.slow = SYSCORD_SLOW_CALL, .generic_id = SYSCORD_ID_UNKNOWN

static const struct syscord_handler x32_no_result = {
	X32_HANDLER,
	.no_result = true,
};

static const struct syscord_handler x32_returns_twice = {
	X32_HANDLER,
	.ret_kind = SYSCORD_S64,
	.returns_twice = true,
};

static struct syscord_set never_returning __ro_after_init;
static struct syscord_set without_result __ro_after_init;
static struct syscord_set returning_twice __ro_after_init;

const struct syscord_handler *syscord_dispatch_table[SYSCORD_NR_MAX] __ro_after_init;

/**
 * syscord_compat_handler - the handler of a 32-bit call
 * @nr:		its number, any
 *
 * Return: the handler.
 */
noinline const struct syscord_handler *syscord_compat_handler(long nr)
{
	if (syscord_set_has(&never_returning, nr, true))
		return &compat_never_returns;
	if (syscord_set_has(&without_result, nr, true))
		return &compat_no_result;
	if (syscord_set_has(&returning_twice, nr, true))
		return &compat_returns_twice;
	return &syscord_handler_compat;
}

/**
 * syscord_large_number_handler - the handler of a call whose number the 64-bit table can't have
 * @nr:		its number, which is that of an x32 call, or of none
 *
 * Return: the handler.
 */
noinline const struct syscord_handler *syscord_large_number_handler(long nr)
{
	if (syscord_set_has(&without_result, nr, false))
		return &x32_no_result;
	if (syscord_set_has(&returning_twice, nr, false))
		return &x32_returns_twice;
	return &syscord_handler_unknown;
}

static void __init add_to_sets(const struct syscord_handler *handler)
{
	if (handler->never_returns)
		syscord_set_add(&never_returning, handler->name);
	if (handler->no_result)
		syscord_set_add(&without_result, handler->name);
	if (handler->returns_twice)
		syscord_set_add(&returning_twice, handler->name);
}

/**
 * syscord_dispatch_init - fill the table, before the first probe
 *
 * What a handler says of its syscall's return also holds for the 32-bit and x32 calls of that name.
 */
void __init syscord_dispatch_init(void)
{
	unsigned int nr;

	for (nr = 0; nr < SYSCORD_NR_MAX; nr++) {
		syscord_dispatch_table[nr] = syscord_handler(nr);
		if (syscord_dispatch_table[nr] != &syscord_handler_default)
			add_to_sets(syscord_dispatch_table[nr]);
		else if (!syscord_name(nr, false))
			syscord_dispatch_table[nr] = &syscord_handler_unknown;
	}
	/* No 64-bit handler says it: only 32-bit tasks have these, here or on arm64. */
	syscord_set_add(&without_result, "sigreturn");
	syscord_set_add(&returning_twice, "fork");
	syscord_set_add(&returning_twice, "vfork");
}
