// SPDX-License-Identifier: GPL-2.0
/*
 * The metadata of a binary trace: what event.h, packet.h and the handlers' tables say, in TSDL, the
 * language of the Common Trace Format 1.8.  docs/trace-format.md describes it.
 *
 * Names begin with an underscore, which readers take off, so that none is a word of the language.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/utsname.h>

#include "capture/handlers.h"
#include "capture/names.h"
#include "capture/names_tables.h"
#include "params/params.h"
#include "ring/event.h"
#include "ring/packet.h"
#include "ring/counters.h"
#include "ring/cpu.h"
#include "version.h"
#include "write/ctf/metadata.h"
#include "write/ctf/tsdl.h"

#define put	syscord_tsdl_put

/* How the name of an integer type begins: none is aligned. */
#define INTEGER	"typealias integer { align = 8; "

static unsigned int bits_of(enum syscord_kind kind)
{
	switch (kind) {
	case SYSCORD_S16:
	case SYSCORD_U16:
		return 16;
	case SYSCORD_S32:
	case SYSCORD_U32:
		return 32;
	case SYSCORD_S64:
	case SYSCORD_U64:
		return 64;
	default:
		return 8;
	}
}

#define MARKS	"\"none\" = 0, \"part\" = 1, \"fault\" = 2, \"null\" = 4, \"late\" = 8"

static void put_plain_types(struct syscord_tsdl *tsdl)
{
	static const unsigned int sizes[] = { 8, 16, 32, 64 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		put(tsdl, INTEGER "size = %u; signed = false; } := uint%u_t;\n", sizes[i],
		    sizes[i]);
	for (i = 2; i < ARRAY_SIZE(sizes); i++)
		put(tsdl, INTEGER "size = %u; signed = true; } := int%u_t;\n", sizes[i], sizes[i]);
	put(tsdl, INTEGER "size = 64; signed = true; base = 16; } := hex64_t;\n"
		  INTEGER "size = 32; signed = true; base = 16; } := hex32_t;\n"
		  INTEGER "size = 64; signed = true; base = 8; } := oct64_t;\n"
		  INTEGER "size = 32; signed = true; base = 8; } := oct32_t;\n"
		  INTEGER "size = 8; encoding = UTF8; } := char_t;\n"
		  INTEGER "size = 12; } := t_count;\n"
		  "typealias enum : integer { size = 4; align = 1; } { " MARKS " } := t_marks;\n"
		  INTEGER "size = 24; } := t_long_count;\n"
		  "typealias enum : uint8_t { " MARKS ", \"unread\" = 16 } := t_long_marks;\n");
}

/* The constants have the bits of their type, no matter how C widened them. */
static void put_symbols(struct syscord_tsdl *tsdl, const struct syscord_type *type)
{
	const struct syscord_symbol *symbol;
	unsigned int unused = 64 - bits_of(type->kind);
	const char *before = " ";

	for (symbol = type->symbols; symbol->name; symbol++) {
		u64 value = symbol->value << unused >> unused;

		if (syscord_is_signed(type->kind))
			put(tsdl, "%s\"%s\" = %lld", before, symbol->name,
			    (s64)(symbol->value << unused) >> unused);
		else
			put(tsdl, "%s\"%s\" = %llu", before, symbol->name, value);
		before = ", ";
	}
}

static void put_integer_type(struct syscord_tsdl *tsdl, const struct syscord_type *type,
			     unsigned int bits, const char *suffix)
{
	static const unsigned int bases[] = {
		[SYSCORD_DEC] = 10,
		[SYSCORD_HEX] = 16,
		[SYSCORD_OCT] = 8,
	};

	put(tsdl, "typealias %sinteger { size = %u; align = 8; signed = %s; base = %u; }",
	    type->symbols ? "enum : " : "", bits, syscord_is_signed(type->kind) ? "true" : "false",
	    bases[type->base]);
	if (type->symbols) {
		put(tsdl, " {");
		put_symbols(tsdl, type);
		put(tsdl, " }");
	}
	put(tsdl, " := %s%s;\n", type->name, suffix);
}

/* Behind the name of a narrow type. */
#define NARROW	"_32"

static void put_type(struct syscord_tsdl *tsdl, const struct syscord_type *type)
{
	if (type->kind == SYSCORD_TEXT) {
		put(tsdl, "typealias char_t := %s;\n", type->name);
		return;
	}
	if (type->kind == SYSCORD_BYTES) {
		put(tsdl, INTEGER "size = 8; base = 16; } := %s;\n", type->name);
		return;
	}
	put_integer_type(tsdl, type, bits_of(type->kind), "");
	if (bits_of(type->kind) == 64 && !type->symbols)
		put_integer_type(tsdl, type, 32, NARROW);
}

static void put_types(struct syscord_tsdl *tsdl)
{
	const struct syscord_field *member;
	unsigned int i;

	for (i = 0; i < syscord_nr_types; i++)
		put_type(tsdl, syscord_types[i]);
	for (i = 0; i < syscord_nr_structs; i++) {
		put(tsdl, "struct %s {\n", syscord_structs[i].name);
		for (member = syscord_structs[i].members; member->kind != SYSCORD_END; member++)
			put(tsdl, "\t%s _%s;\n", member->type->name, member->label);
		put(tsdl, "};\n");
	}
	put(tsdl, "typealias enum : int32_t {");
	for (i = 0; i < syscord_nr_names_32; i++)
		if (syscord_names_32[i])
			put(tsdl, " \"%s\" = %u,", syscord_names_32[i], i);
	put(tsdl, " \"-\" = -1 } := nr_32;\n");
}

/* The clock's zero is boot; what it was then by the wall's clock is measured now. */
static void put_clock(struct syscord_tsdl *tsdl)
{
	u64 now = ktime_get_mono_fast_ns(), wall = ktime_get_real_ns();
	u64 boot = wall - min(wall, now);

	put(tsdl,
	    "clock {\n\tname = \"monotonic\";\n\tdescription = \"CLOCK_MONOTONIC\";\n"
	    "\tfreq = 1000000000;\n\toffset_s = %llu;\n\toffset = %llu;\n\tabsolute = TRUE;\n};\n",
	    boot / NSEC_PER_SEC, boot % NSEC_PER_SEC);
	put(tsdl, INTEGER "size = 32; map = clock.monotonic.value; } := time32_t;\n"
		  INTEGER "size = 64; map = clock.monotonic.value; } := time64_t;\n");
}

/* An entry of the environment; what a host is called is for its root to say: it may be anything. */
static void put_host(struct syscord_tsdl *tsdl, const char *key, const char *value)
{
	put(tsdl, "\t%s = \"", key);
	for (; *value; value++)
		put(tsdl, "%c", *value < ' ' || *value > '~' || *value == '"' || *value == '\\' ?
		    '_' : *value);
	put(tsdl, "\";\n");
}

static void put_env(struct syscord_tsdl *tsdl)
{
	const struct new_utsname *host = init_utsname();
	unsigned int nr;

	put(tsdl, "env {\n\tdomain = \"kernel\";\n\ttracer_name = \"syscord\";\n"
		  "\ttracer_version = \"%s\";\n", SYSCORD_VERSION);
	put_host(tsdl, "hostname", host->nodename);
	put_host(tsdl, "sysname", host->sysname);
	put_host(tsdl, "release", host->release);
	put_host(tsdl, "machine", host->machine);
	put(tsdl, "\tcontent = %u;\n\tmode = \"%s\";\n", syscord_params.content,
	    syscord_params.overwrite ? "overwrite" : "stream");
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
		  "\t\tuint32_t flags;\n\t};\n};\n");
}

static void put_trace(struct syscord_tsdl *tsdl)
{
	put(tsdl, "trace {\n\tmajor = 1;\n\tminor = 8;\n\tuuid = \"%pUb\";\n\tbyte_order = le;\n"
		  "\tpacket.header := struct {\n\t\tuint32_t magic;\n\t\tuint8_t uuid[16];\n"
		  "\t\tuint32_t stream_id;\n\t\tuint64_t stream_instance_id;\n\t};\n};\n",
	    &syscord_params.uuid);
}

/* What stands behind the header, by form: event.h says the same in C. */
static const struct {
	const char *name;
	const char *fields;
	unsigned int ret_bits;
} forms[SYSCORD_FORMS] = {
	[SYSCORD_FORM_SHORT] = { "short", "\tuint32_t _duration;\n", 32 },
	[SYSCORD_FORM_THREAD] = { "thread", "\tuint32_t _pid;\n\tuint32_t _duration;\n", 32 },
	[SYSCORD_FORM_LONG] = { "long", "\tuint32_t _pid;\n\tuint64_t _duration;\n", 64 },
	[SYSCORD_FORM_WIDE] = { "wide", "\tuint32_t _pid;\n\tuint64_t _duration;\n", 64 },
	[SYSCORD_FORM_UNSEEN] = {
		"unseen", "\tuint32_t _pid;\n\tenum : uint64_t { \"unseen\" = 0 } _entry;\n", 64,
	},
};

/* And by what the result is. */
static const struct {
	const char *name;
	const char *types[2];
} results[] = {
	{ "dec", { "int32_t", "int64_t" } },
	{ "hex", { "hex32_t", "hex64_t" } },
	{ "oct", { "oct32_t", "oct64_t" } },
	{ "none", {
		"enum : int32_t { \"none\" = 0 }",
		"enum : int64_t { \"none\" = 0 }",
	} },
};

static const char *result_of(const struct syscord_handler *handler)
{
	if (!syscord_has_result(handler))
		return "none";
	if (handler->ret_base == SYSCORD_OCT)
		return "oct";
	return handler->ret_base == SYSCORD_HEX ? "hex" : "dec";
}

static void put_contexts(struct syscord_tsdl *tsdl)
{
	size_t form, result;

	for (form = 0; form < SYSCORD_FORMS; form++)
		for (result = 0; result < ARRAY_SIZE(results); result++)
			put(tsdl, "struct x_%s_%s {\n%s\t%s _ret;\n};\n", forms[form].name,
			    results[result].name, forms[form].fields,
			    results[result].types[forms[form].ret_bits == 64]);
}

/* A string in a list. */
#define TEXT	"struct { t_count __text_length; t_marks _text_marks; char_t _text[__text_length]; }"

/*
 * What the elements of a field behind a pointer are.  What has a sequence in it is written out
 * where it stands: Babeltrace 2.0 loses the length of one that is in a struct with a name.
 */
static const char *element_of(const struct syscord_field *field)
{
	unsigned int i;

	if (field->kind == SYSCORD_STRINGS)
		return TEXT;
	if (field->type)
		return field->type->name;
	if (field->kind == SYSCORD_SCALAR || field->kind == SYSCORD_SCALARS)
		return field->members->type->name;
	for (i = 0; i < syscord_nr_structs; i++)
		if (syscord_structs[i].members == field->members)
			return syscord_structs[i].name;
	return NULL;
}

static bool is_struct(const struct syscord_field *field)
{
	return field->kind == SYSCORD_STRUCT || field->kind == SYSCORD_STRUCTS;
}

static void put_field(struct syscord_tsdl *tsdl, const struct syscord_field *field, bool wide,
		      const char *suffix)
{
	const char *element, *size;

	if (field->kind == SYSCORD_BYTES && !syscord_params.content)
		return;
	if (field->kind < SYSCORD_TEXT) {
		put(tsdl, "\t%s%s _%s%s;\n", field->type->name,
		    field->narrow && !wide ? NARROW : "", field->label, suffix);
		return;
	}
	element = element_of(field);
	size = field->kind == SYSCORD_BYTES ? "long_" : "";
	put(tsdl, "\tt_%scount __%s%s_length;\n\tt_%smarks _%s%s_marks;\n", size, field->label,
	    suffix, size, field->label, suffix);
	put(tsdl, "\t%s%s _%s%s[__%s%s_length];\n", is_struct(field) ? "struct " : "", element,
	    field->label, suffix, field->label, suffix);
}

static bool has_label(const struct syscord_field *field, const char *label)
{
	for (; field && field->kind != SYSCORD_END; field++)
		if (!strcmp(field->label, label))
			return true;
	return false;
}

static void put_part(struct syscord_tsdl *tsdl, const struct syscord_field *field, bool wide,
		     const struct syscord_field *before)
{
	for (; field && field->kind != SYSCORD_END; field++)
		put_field(tsdl, field, wide, has_label(before, field->label) ? "_out" : "");
}

static void put_event(struct syscord_tsdl *tsdl, unsigned int nr, const char *name,
		      const struct syscord_handler *handler, enum syscord_form form, u16 part)
{
	bool entry = form != SYSCORD_FORM_UNSEEN || part;
	bool exit = form != SYSCORD_FORM_UNSEEN && part;
	bool wide = form == SYSCORD_FORM_UNSEEN || form == SYSCORD_FORM_WIDE;

	put(tsdl, "event { name = \"%s\"; id = %u; stream_id = 0; context := struct x_%s_%s;", name,
	    syscord_class_id(nr, form, part), forms[form].name, result_of(handler));
	if (entry && handler->name) {
		put(tsdl, " fields := struct {\n");
		put_part(tsdl, handler->entry_fields, wide, NULL);
		if (exit)
			put_part(tsdl, handler->exit_fields, wide, handler->entry_fields);
		put(tsdl, "};");
	}
	put(tsdl, " };\n");
}

static bool has_narrow(const struct syscord_field *field)
{
	for (; field && field->kind != SYSCORD_END; field++)
		if (field->narrow)
			return true;
	return false;
}

static void put_events(struct syscord_tsdl *tsdl, unsigned int nr, const char *name)
{
	const struct syscord_handler *handler = syscord_handler(nr);
	enum syscord_form form;

	for (form = 0; form < SYSCORD_FORMS; form++) {
		if (form == SYSCORD_FORM_WIDE && !has_narrow(handler->entry_fields))
			continue;
		put_event(tsdl, nr, name, handler, form, 0);
		if (form == SYSCORD_FORM_UNSEEN ? handler->replaces_memory : !!handler->exit_fields)
			put_event(tsdl, nr, name, handler, form, SYSCORD_PART);
	}
}

/* Numbers without a class of their own. */
static void put_other_events(struct syscord_tsdl *tsdl)
{
	unsigned int bits;

	for (bits = 0; bits < 4; bits++) {
		const char *form = bits & SYSCORD_GENERIC_UNSEEN ? "unseen" : "long";
		const char *result = bits & SYSCORD_GENERIC_NO_RESULT ? "none" : "dec";

		put(tsdl, "event { name = \"unknown\"; id = %u; stream_id = 0; "
			  "context := struct x_%s_%s; fields := struct { int32_t _nr; }; };\n",
		    SYSCORD_ID_UNKNOWN | bits, form, result);
		put(tsdl, "event { name = \"compat\"; id = %u; stream_id = 0; "
			  "context := struct x_%s_%s; fields := struct { nr_32 _nr; }; };\n",
		    SYSCORD_ID_COMPAT | bits, form, result);
	}
}

static const char *const reasons[SYSCORD_REASONS] = {
	[SYSCORD_REASON_STATE] = "state",
	[SYSCORD_REASON_SEEN] = "seen",
	[SYSCORD_REASON_FORK] = "fork",
	[SYSCORD_REASON_EXEC] = "exec",
	[SYSCORD_REASON_RENAME] = "rename",
	[SYSCORD_REASON_IDS] = "ids",
	[SYSCORD_REASON_PARENT] = "parent",
	[SYSCORD_REASON_EXIT] = "exit",
};

static void put_process(struct syscord_tsdl *tsdl, enum syscord_stream stream)
{
	unsigned int i;

	put(tsdl, "event { name = \"process\"; id = %u; stream_id = %u; fields := struct {\n"
		  "\tuint32_t _pid;\n\tenum : uint32_t {", SYSCORD_ID_PROCESS, stream);
	for (i = 0; i < SYSCORD_REASONS; i++)
		put(tsdl, "%s \"%s\" = %u", i ? "," : "", reasons[i], i);
	put(tsdl, " } _reason;\n\tuint32_t _ppid;\n\tuint32_t _uid;\n\tchar_t _comm[%u];\n"
		  "\tt_long_count __exe_length;\n\tt_long_marks _exe_marks;\n\tchar_t _exe[__exe_length];\n"
		  "}; };\n",
	    TASK_COMM_LEN);
}

static void put_open_file(struct syscord_tsdl *tsdl, enum syscord_stream stream)
{
	put(tsdl, "event { name = \"open_file\"; id = %u; stream_id = %u; fields := struct {\n"
		  "\tuint32_t _pid;\n\tint32_t _fd;\n\tt_long_count __path_length;\n"
		  "\tt_long_marks _path_marks;\n\tchar_t _path[__path_length];\n}; };\n",
	    SYSCORD_ID_OPEN_FILE, stream);
}

static void put_all(struct syscord_tsdl *tsdl)
{
	unsigned int nr;

	put(tsdl, "/* CTF 1.8 */\n\n");
	put_plain_types(tsdl);
	put_trace(tsdl);
	put_env(tsdl);
	put_clock(tsdl);
	put_types(tsdl);
	put_contexts(tsdl);
	put_stream(tsdl, SYSCORD_STREAM_CPU);
	put_stream(tsdl, SYSCORD_STREAM_STATE);
	for (nr = 0; nr < min_t(unsigned int, syscord_nr_names_64, SYSCORD_NR_END); nr++)
		if (syscord_names_64[nr])
			put_events(tsdl, nr, syscord_names_64[nr]);
	put_other_events(tsdl);
	for (nr = 0; nr < SYSCORD_STREAMS; nr++) {
		put_process(tsdl, nr);
		put_open_file(tsdl, nr);
	}
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
