// SPDX-License-Identifier: GPL-2.0
/*
 * syscord: records what processes ask of the kernel.
 *
 *  sys_enter, sys_exit -> filter -> capture -> this CPU's ring -> writer -> sink
 *  |---------- hooks/ -----------| capture/ |----- ring/ -----|------ write/ ------|
 */
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "hooks/hooks.h"
#include "hooks/reclaim.h"
#include "hooks/untrace.h"
#include "hooks/wait.h"
#include "params/params.h"
#include "ring/clock.h"
#include "ring/ring.h"
#include "ring/rings.h"
#include "ring/settings.h"
#include "tasks/life.h"
#include "tasks/pending.h"
#include "tasks/threads.h"
#include "version.h"
#include "write/debug_files.h"
#include "write/writer.h"

static int __init create_rings(void)
{
	struct syscord_ring_config config = {
		.size = syscord_params.ring_kb * SZ_1K,
		.event_max = syscord_event_max(),
		.overwrite = syscord_params.overwrite,
		.anchors = syscord_params.sink == SYSCORD_SINK_CTF,
		.wait = syscord_params.wait,
		.wake = syscord_writer_wake,
		.freed = syscord_params.wait ? syscord_wait_freed : NULL,
	};

	memcpy(config.uuid, syscord_params.uuid.b, sizeof(config.uuid));
	return syscord_rings_create(&config);
}

/* Twice in a flush interval, or in a second. */
static void __init start_untrace(void)
{
	if (syscord_params.untrace)
		syscord_untrace_start(syscord_hooks_other_tracer,
				      clamp(syscord_params.flush_ms / 2, 10U, 500U));
}

static int __init syscord_init(void)
{
	int err;

	err = syscord_params_finish();
	if (err)
		return err;
	syscord_settings.content = syscord_params.content;
	syscord_settings.describe = syscord_params.sink == SYSCORD_SINK_CTF;
	syscord_clock_start();
	syscord_life_create();
	err = syscord_pending_create(syscord_params.pending_kb);
	if (err)
		return err;
	err = syscord_threads_create(syscord_params.threads);
	if (err)
		goto destroy_pending;
	if (syscord_params.wait)
		err = syscord_wait_start(syscord_params.wait_ms);
	if (err)
		goto destroy_threads;
	err = create_rings();
	if (err)
		goto stop_wait;
	err = syscord_writer_start();
	if (err)
		goto destroy_rings;
	err = syscord_hooks_register();
	if (err)
		goto stop_waiting_and_writer;
	/* From here on, every change is recorded. */
	syscord_writer_describe();
	syscord_reclaim_start();
	syscord_debug_files_create();
	start_untrace();
	return 0;

stop_waiting_and_writer:
	/* Some probes may have run. */
	syscord_clock_stop();
	syscord_wait_stop();
	syscord_writer_stop();
destroy_rings:
	syscord_rings_destroy();
stop_wait:
	syscord_wait_stop();
destroy_threads:
	syscord_threads_destroy();
destroy_pending:
	syscord_pending_destroy();
	return err;
}

static void __exit syscord_exit(void)
{
	syscord_debug_files_destroy();
	syscord_reclaim_stop();
	syscord_untrace_stop();
	syscord_hooks_unregister();
	syscord_clock_stop();
	syscord_wait_stop();
	syscord_writer_stop();
	syscord_rings_destroy();
	syscord_threads_destroy();
	syscord_pending_destroy();
}

module_init(syscord_init);
module_exit(syscord_exit);

MODULE_VERSION(SYSCORD_VERSION);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The syscord team");
MODULE_DESCRIPTION("Records syscalls at almost no cost");
