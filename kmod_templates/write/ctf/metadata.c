// SPDX-License-Identifier: GPL-2.0
/*
 * The metadata of a binary trace: what event.h, packet.h and the handlers' tables say, in TSDL, the
 * language of the Common Trace Format 1.8.  docs/trace-format.md describes it.
 *
 * Names begin with an underscore, which readers take off: so none is a keyword of the language.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <linux/utsname.h>

#include "capture/handlers.h"
#include "params/params.h"
#include "ring/anchor.h"
#include "ring/counters.h"
#include "ring/packet.h"
#include "version.h"
#include "write/ctf/metadata.h"
#include "write/ctf/metadata_events.h"
#include "write/ctf/metadata_types.h"
#include "write/ctf/tsdl.h"

#define put	syscord_tsdl_printf

/* The clock counts from boot; its offset is the time of day at boot, by the clock as it is now. */
static void put_clock(struct syscord_tsdl *tsdl)
{
	u64 boot = max_t(s64, syscord_anchor_offset(), 0);

	put(tsdl,
	    "clock {\n\tname = \"monotonic\";\n\tdescription = \"CLOCK_MONOTONIC\";\n"
	    "\tfreq = 1000000000;\n\toffset_s = %llu;\n\toffset = %llu;\n\tabsolute = TRUE;\n};\n",
	    boot / NSEC_PER_SEC, boot % NSEC_PER_SEC);
	put(tsdl, SYSCORD_INTEGER "size = 32; map = clock.monotonic.value; } := time32_t;\n"
		  SYSCORD_INTEGER "size = 64; map = clock.monotonic.value; } := time64_t;\n");
}

/* An entry of the environment.  Root chooses the value, so it may have any bytes. */
static void put_text(struct syscord_tsdl *tsdl, const char *key, const char *value)
{
	put(tsdl, "\t%s = \"", key);
	for (; *value; value++)
		put(tsdl, "%c", *value < ' ' || *value > '~' || *value == '"' || *value == '\\' ?
		    '_' : *value);
	put(tsdl, "\";\n");
}

/* A parameter, as it is when the trace begins: so a reader knows what was left out. */
static void put_param(void *tsdl, const char *name, const char *value)
{
	char key[64];

	snprintf(key, sizeof(key), "param_%s", name);
	put_text(tsdl, key, value);
}

static void put_env(struct syscord_tsdl *tsdl)
{
	const struct new_utsname *host = init_utsname();
	unsigned int nr;

	put(tsdl, "env {\n\tdomain = \"kernel\";\n\ttracer_name = \"syscord\";\n"
		  "\ttracer_version = \"%s\";\n", SYSCORD_VERSION);
	put_text(tsdl, "hostname", host->nodename);
	put_text(tsdl, "sysname", host->sysname);
	put_text(tsdl, "release", host->release);
	put_text(tsdl, "machine", host->machine);
	put(tsdl, "\tcontent = %u;\n\tmode = \"%s\";\n", syscord_params.content,
	    syscord_params.overwrite ? "overwrite" : "stream");
	/* A trace that has ended has a file for each of them. */
	put(tsdl, "\tcpus = \"%*pbl\";\n", cpumask_pr_args(cpu_online_mask));
	syscord_params_each(put_param, tsdl);
	for (nr = 0; nr < syscord_nr_handlers; nr++)
		if (syscord_handlers[nr])
			put(tsdl, "\tcall_%s = \"%s\";\n", syscord_handlers[nr]->name,
			    syscord_handlers[nr]->prototype);
	put(tsdl, "};\n");
}

static void put_stream(struct syscord_tsdl *tsdl, enum syscord_stream stream)
{
	unsigned int cause;

	put(tsdl, "stream {\n\tid = %u;\n", stream);
	put(tsdl, "\tevent.header := struct {\n\t\tuint16_t id;\n\t\ttime32_t timestamp;\n"
		  "\t} align(16);\n"
		  "\tevent.context := struct {\n\t\tuint16_t __size;\n\t\tuint32_t _tid;\n\t};\n"
		  "\tpacket.context := struct {\n"
		  "\t\ttime64_t timestamp_begin;\n\t\ttime64_t timestamp_end;\n"
		  "\t\tuint64_t content_size;\n\t\tuint64_t packet_size;\n"
		  "\t\tuint64_t packet_seq_num;\n\t\tuint64_t events_discarded;\n"
		  "\t\tuint64_t recorded;\n\t\tuint64_t filtered;\n\t\tuint64_t overwritten;\n");
	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		put(tsdl, "\t\tuint64_t dropped_%s;\n", syscord_drop_names[cause]);
	put(tsdl, "\t\tuint32_t cpu_id;\n\t\tuint32_t events;\n\t\tuint32_t records;\n"
		  "\t\tuint32_t flags;\n\t\tuint64_t seen;\n\t};\n};\n");
}

static void put_trace(struct syscord_tsdl *tsdl)
{
	put(tsdl, "trace {\n\tmajor = 1;\n\tminor = 8;\n\tuuid = \"%pUb\";\n\tbyte_order = le;\n"
		  "\tpacket.header := struct {\n\t\tuint32_t magic;\n\t\tuint8_t uuid[16];\n"
		  "\t\tuint32_t stream_id;\n\t\tuint64_t stream_instance_id;\n\t};\n};\n",
	    &syscord_params.uuid);
}

static void put_all(struct syscord_tsdl *tsdl)
{
	put(tsdl, "/* CTF 1.8 */\n\n");
	syscord_metadata_put_basic_types(tsdl);
	put_trace(tsdl);
	put_env(tsdl);
	put_clock(tsdl);
	syscord_metadata_put_types(tsdl);
	syscord_metadata_put_contexts(tsdl);
	put_stream(tsdl, SYSCORD_STREAM_CPU);
	put_stream(tsdl, SYSCORD_STREAM_STATE);
	syscord_metadata_put_syscalls(tsdl);
	syscord_metadata_put_descriptions(tsdl);
	syscord_tsdl_flush(tsdl);
}

/**
 * syscord_metadata_write - write a trace's metadata
 * @file:	an empty file
 *
 * Return: 0, or a negative errno.
 */
int syscord_metadata_write(struct file *file)
{
	struct syscord_tsdl tsdl = {
		.file = file,
		.room = SZ_64K,
	};

	tsdl.text = kvmalloc(tsdl.room, GFP_KERNEL);
	if (!tsdl.text)
		return -ENOMEM;
	put_all(&tsdl);
	kvfree(tsdl.text);
	return tsdl.err;
}
