// SPDX-License-Identifier: GPL-2.0
/*
 * The metadata's event classes: syscalls in all their forms, processes, open files.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>

#include "capture/handlers.h"
#include "capture/names_tables.h"
#include "params/params.h"
#include "ring/event.h"
#include "ring/packet.h"
#include "write/ctf/metadata_events.h"
#include "write/ctf/metadata_types.h"
#include "write/ctf/tsdl.h"

#define put	syscord_tsdl_printf

/* What follows an event's header, by form, before the result: event.h says the same in C. */
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
		"unseen",
		"\tuint32_t _pid;\n"
		"\tenum : uint64_t { \"unseen\" = 0, \"answered\" = 1 } _entry;\n",
		64,
	},
};

/* The result, by its type, with 32 bits and with 64. */
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

/**
 * syscord_metadata_put_contexts - what an event has before its fields, for each form and result
 * @tsdl:	where to
 */
void syscord_metadata_put_contexts(struct syscord_tsdl *tsdl)
{
	size_t form, result;

	for (form = 0; form < SYSCORD_FORMS; form++)
		for (result = 0; result < ARRAY_SIZE(results); result++)
			put(tsdl, "struct x_%s_%s {\n%s\t%s _ret;\n};\n", forms[form].name,
			    results[result].name, forms[form].fields,
			    results[result].types[forms[form].ret_bits == 64]);
}

/* The type of a string in a list. */
#define TEXT	"struct { t_count __text_length; t_marks _text_marks; char_t _text[__text_length]; }"

/*
 * The type of the elements of a field behind a pointer.  A string in a list has no type with a
 * name, since Babeltrace 2.0 loses the length of a sequence in a named struct.
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
		    field->narrow && !wide ? SYSCORD_NARROW : "", field->label, suffix);
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

/* Fields of a part.  One gets the suffix _out if a field of the part @before has its label. */
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

/* The classes of a syscall: forms, each without and with a part. */
static void put_classes(struct syscord_tsdl *tsdl, unsigned int nr, const char *name)
{
	const struct syscord_handler *handler = syscord_handler(nr);
	enum syscord_form form;

	for (form = 0; form < SYSCORD_FORMS; form++) {
		if (form == SYSCORD_FORM_WIDE && !has_narrow(handler->entry_fields))
			continue;
		put_event(tsdl, nr, name, handler, form, 0);
		if (form == SYSCORD_FORM_UNSEEN ? handler->entry_fields : handler->exit_fields)
			put_event(tsdl, nr, name, handler, form, SYSCORD_PART);
	}
}

/* Syscalls that have no class of their own. */
static void put_generic_classes(struct syscord_tsdl *tsdl)
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

/**
 * syscord_metadata_put_syscalls - the events that are syscalls
 * @tsdl:	where to
 */
void syscord_metadata_put_syscalls(struct syscord_tsdl *tsdl)
{
	unsigned int nr;

	for (nr = 0; nr < min_t(unsigned int, syscord_nr_names_64, SYSCORD_NR_END); nr++)
		if (syscord_names_64[nr])
			put_classes(tsdl, nr, syscord_names_64[nr]);
	put_generic_classes(tsdl);
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

/* Numbers of 32 bits in a row, as struct syscord_process has them. */
static const char *const namespaces[] = {
	"cgroup_ns", "ipc_ns", "net_ns", "pid_ns", "time_ns", "uts_ns",
};

static void put_process(struct syscord_tsdl *tsdl, enum syscord_stream stream)
{
	unsigned int i;

	put(tsdl, "event { name = \"process\"; id = %u; stream_id = %u; fields := struct {\n"
		  "\tuint32_t _pid;\n\tenum : uint32_t {", SYSCORD_ID_PROCESS, stream);
	for (i = 0; i < SYSCORD_REASONS; i++)
		put(tsdl, "%s \"%s\" = %u", i ? "," : "", reasons[i], i);
	put(tsdl, " } _reason;\n\tuint32_t _ppid;\n\tuint32_t _uid;\n\tuint32_t _euid;\n"
		  "\tuint32_t _gid;\n\tuint32_t _egid;\n\tbits64_t _caps;\n\tuint32_t _user_ns;\n"
		  "\tuint32_t _old_tid;\n\tuint64_t _start;\n\tbits64_t _files;\n\tbits64_t _fs;\n"
		  "\tbits64_t _files_from;\n\tbits64_t _fs_from;\n\tuint64_t _cgroup;\n");
	for (i = 0; i < ARRAY_SIZE(namespaces); i++)
		put(tsdl, "\tuint32_t _%s;\n", namespaces[i]);
	put(tsdl, "\tuint32_t _status;\n\tuint32_t _ended;\n\tuint32_t _process_status;\n"
		  "\tchar_t _comm[%u];\n\tt_long_count __exe_length;\n\tt_long_marks _exe_marks;\n\tchar_t _exe[__exe_length];\n"
		  "\tt_count __numbers_length;\n\tt_marks _numbers_marks;\n"
		  "\tstruct s_pid_number _numbers[__numbers_length];\n}; };\n",
	    TASK_COMM_LEN);
}

static void put_open_file(struct syscord_tsdl *tsdl, enum syscord_stream stream)
{
	put(tsdl, "event { name = \"open_file\"; id = %u; stream_id = %u; fields := struct {\n"
		  "\tuint32_t _pid;\n\tint32_t _fd;\n\tt_long_count __path_length;\n"
		  "\tt_long_marks _path_marks;\n\tchar_t _path[__path_length];\n}; };\n",
	    SYSCORD_ID_OPEN_FILE, stream);
}

static void put_anchor(struct syscord_tsdl *tsdl, enum syscord_stream stream)
{
	put(tsdl, "event { name = \"anchor\"; id = %u; stream_id = %u; fields := struct {\n"
		  "\tuint32_t _pid;\n\tuint64_t _real;\n\tuint64_t _boot;\n}; };\n",
	    SYSCORD_ID_ANCHOR, stream);
}

/* What else stands in a description of what there was, in the stream of the state alone. */
static void put_state_events(struct syscord_tsdl *tsdl)
{
	put(tsdl, "event { name = \"same_file\"; id = %u; stream_id = %u; fields := struct {\n"
		  "\tuint32_t _pid;\n\tint32_t _fd;\n\tuint32_t _as_pid;\n\tint32_t _as_fd;\n}; };\n",
	    SYSCORD_ID_SAME_FILE, SYSCORD_STREAM_STATE);
	put(tsdl, "event { name = \"open_files\"; id = %u; stream_id = %u; fields := struct {\n"
		  "\tuint32_t _pid;\n\tuint32_t _as_pid;\n\tuint32_t _described;\n\tuint32_t _count;\n"
		  "}; };\n",
	    SYSCORD_ID_OPEN_FILES, SYSCORD_STREAM_STATE);
	put(tsdl, "event { name = \"description\"; id = %u; stream_id = %u; fields := struct {\n"
		  "\tuint32_t _pid;\n\tuint32_t _described;\n\tuint32_t _count;\n}; };\n",
	    SYSCORD_ID_DESCRIPTION, SYSCORD_STREAM_STATE);
}

/**
 * syscord_metadata_put_descriptions - the events that describe processes, open files and clocks
 * @tsdl:	where to
 */
void syscord_metadata_put_descriptions(struct syscord_tsdl *tsdl)
{
	enum syscord_stream stream;

	put(tsdl, "struct s_pid_number {\n"
		  "\tuint32_t _ns;\n\tuint32_t _pid;\n\tuint32_t _tid;\n};\n");
	for (stream = 0; stream < SYSCORD_STREAMS; stream++) {
		put_process(tsdl, stream);
		put_open_file(tsdl, stream);
		put_anchor(tsdl, stream);
	}
	put_state_events(tsdl);
}
