// SPDX-License-Identifier: GPL-2.0
/*
 * syscord: records what processes ask of the kernel.
 *
 *  sys_enter, sys_exit -> filter -> capture -> this CPU's ring -> writer -> sink
 *      (hooks.c)       (filter.c)  (handlers.c)    (ring.h)     (writer.c)  (text_sink.c,
 *                                                                            ctf_sink.c)
 */
#include <linux/init.h>
#include <linux/module.h>

#include "hooks/hooks.h"
#include "hooks/untrace.h"
#include "params/params.h"
#include "ring/clock.h"
#include "ring/rings.h"
#include "tasks/threads.h"
#include "version.h"
#include "write/writer.h"

static int __init syscord_init(void)
{
	int err;

	err = syscord_params_ready();
	if (err)
		return err;
	syscord_clock_start();
	err = syscord_threads_create(syscord_params.threads, syscord_params.content);
	if (err)
		return err;
	err = syscord_rings_create();
	if (err)
		goto destroy_threads;
	err = syscord_writer_start();
	if (err)
		goto destroy_rings;
	err = syscord_hooks_register();
	if (err)
		goto stop_writer;
	/* From here on, what changes is recorded. */
	syscord_writer_describe();
	syscord_untrace_start();
	return 0;

stop_writer:
	syscord_writer_stop();
destroy_rings:
	syscord_rings_destroy();
destroy_threads:
	syscord_threads_destroy();
	return err;
}

static void __exit syscord_exit(void)
{
	syscord_untrace_stop();
	syscord_hooks_unregister();
	syscord_writer_stop();
	syscord_rings_destroy();
	syscord_threads_destroy();
}

module_init(syscord_init);
module_exit(syscord_exit);

MODULE_VERSION(SYSCORD_VERSION);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The syscord team");
MODULE_DESCRIPTION("Records syscalls at almost no cost");
