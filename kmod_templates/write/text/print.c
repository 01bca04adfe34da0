// SPDX-License-Identifier: GPL-2.0
/*
 * Printing events as lines of the text record (docs/record-format.md).  Only the writer runs this.
 *
 * All bytes of a process go through syscord_put_value() or syscord_put_list_value(), which quote
 * them.
 */
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/string.h>
#include <linux/types.h>

#include "capture/handlers.h"
#include "capture/names.h"
#include "ring/event.h"
#include "write/text/number.h"
#include "write/text/prepare.h"
#include "write/text/print.h"
#include "write/text/put.h"
#include "write/text/quote.h"
#include "write/text/sockaddr.h"
#include "write/text/word.h"

/* Where the next text goes, and where the event is read next. */
struct positions {
	char *out;
	const u8 *in;
};

/* Who called last: the threads of one process often follow each other, and so do one's calls. */
static struct {
	u64 key;	/* process and thread */
	u32 len;
	char text[3 * SYSCORD_PIECE_WORD];
} last_caller = {
	.len = sizeof("pid=0") - 1,
	.text = "pid=0",
};

static noinline void set_last_caller(u32 pid, u32 tid)
{
	char *pos = last_caller.text;

	pos = put_constant(pos, "pid=");
	pos = put_decimal(pos, pid);
	if (tid != pid) {
		pos = put_constant(pos, ", tid=");
		pos = put_decimal(pos, tid);
	}
	last_caller.key = (u64)pid << 32 | tid;
	last_caller.len = pos - last_caller.text;
}

static __always_inline char *put_caller(char *pos, u32 pid, u32 tid)
{
	if (unlikely(last_caller.key != ((u64)pid << 32 | tid)))
		set_last_caller(pid, tid);
	return put_piece(pos, last_caller.text, last_caller.len);
}

/* As put_integer(), to a base other than 10. */
static noinline char *put_other_base(char *pos, const struct syscord_field_format *field, u64 word,
				     unsigned int shift)
{
	u64 value = field->is_signed ? (u64)((s64)word >> shift) : word >> shift;

	if (field->base == SYSCORD_HEX)
		return syscord_put_hex(put_constant(pos, "0x"), value);
	if (value)
		pos = put_char(pos, '0');
	return syscord_put_octal(pos, value);
}

/* An integer that stands in the highest bits of @word; below it are @shift others. */
static __always_inline char *put_integer(char *pos, const struct syscord_field_format *field,
					 u64 word, unsigned int shift)
{
	if (field->style == SYSCORD_STYLE_UNSIGNED)
		return put_decimal(pos, word >> shift);
	if (field->style == SYSCORD_STYLE_SIGNED)
		return put_signed(pos, (s64)word >> shift);
	return put_other_base(pos, field, word, shift);
}

/* Load the word that ends with the integer: so the integer is in the word's highest bits. */
static __always_inline struct positions put_scalar(struct positions at,
						   const struct syscord_field_format *field,
						   bool wide)
{
	at.in += field->size[wide];
	at.out = put_integer(at.out, field, load_word(at.in - sizeof(u64)), field->shift[wide]);
	return at;
}

/* Read the count and the marks of a field behind a pointer, as 32 bits, and move on. */
static __always_inline u32 consume_word(const u8 **bytes, bool is_content)
{
	u32 word;
	u16 short_word;

	if (is_content) {
		memcpy(&word, *bytes, sizeof(word));
		*bytes += sizeof(word);
		return word;
	}
	memcpy(&short_word, *bytes, sizeof(short_word));
	*bytes += sizeof(short_word);
	return syscord_long_word(short_word);
}

/* A string in a list; with dots behind it if it was longer. */
static struct positions put_element(struct positions at)
{
	u32 word = consume_word(&at.in, false);
	u32 len = word & SYSCORD_COUNT_MASK;

	if (word & SYSCORD_MARK_FAULT && !len)
		at.out = put_constant(at.out, "<fault>");
	else
		at.out = syscord_put_list_value(at.out, at.in, len);
	if (word & (SYSCORD_MARK_PART | SYSCORD_MARK_FAULT) && len)
		at.out = put_constant(at.out, "...");
	at.in += len;
	return at;
}

static noinline struct positions put_members(struct positions at,
					     const struct syscord_field_format *member)
{
	char *begin = at.out;

	if (unlikely(member->kind == SYSCORD_END))
		at.out++;
	for (; member->kind != SYSCORD_END; member++) {
		at.out = put_piece(at.out, member->label, member->label_len);
		at = put_scalar(at, member, true);
	}
	/* In place of the space before the first label. */
	*begin = '{';
	at.out = put_char(at.out, '}');
	return at;
}

/* Elements, with spaces between them. */
static noinline struct positions put_list(struct positions at,
					  const struct syscord_field_format *field, u32 count)
{
	at.out = put_char(at.out, '[');
	while (count--) {
		if (field->kind == SYSCORD_STRINGS)
			at = put_element(at);
		else if (field->kind == SYSCORD_STRUCTS)
			at = put_members(at, field->members);
		else
			at = put_scalar(at, field->members, true);
		if (count)
			at.out = put_char(at.out, ' ');
	}
	at.out = put_char(at.out, ']');
	return at;
}

/* Marks go between a field's label and its "=", which is there already: "buf(part)=". */
static noinline char *put_marks(char *pos, u32 word)
{
	char *begin = pos - 1;

	pos = begin;
	if (word & SYSCORD_MARK_PART)
		pos = put_constant(pos, "+part");
	if (word & SYSCORD_MARK_FAULT)
		pos = put_constant(pos, "+fault");
	if (word & SYSCORD_MARK_LATE)
		pos = put_constant(pos, "+late");
	if (pos > begin) {
		*begin = '(';
		pos = put_char(pos, ')');
	}
	return put_char(pos, '=');
}

static __always_inline struct positions put_elements(struct positions at,
						     const struct syscord_field_format *field,
						     u32 count)
{
	if (field->kind <= SYSCORD_BYTES)
		at.out = syscord_put_value(at.out, at.in, count);
	else if (field->kind == SYSCORD_SOCKADDR)
		at.out = syscord_put_sockaddr(at.out, at.in, count);
	else if (field->kind != SYSCORD_STRUCT && field->kind != SYSCORD_SCALAR)
		return put_list(at, field, count);
	else if (!count)
		return at;
	else if (field->kind == SYSCORD_STRUCT)
		return put_members(at, field->members);
	else
		return put_scalar(at, field->members, true);
	at.in += count;
	return at;
}

/* A field behind a pointer; its label is there already. */
static __always_inline struct positions put_pointee(struct positions at,
						    const struct syscord_field_format *field)
{
	u32 word = consume_word(&at.in, field->kind == SYSCORD_BYTES);
	u32 count = word & SYSCORD_COUNT_MASK;

	if (unlikely(word != count)) {
		if (word & SYSCORD_MARK_NULL) {
			at.out = put_constant(at.out, "<null>");
			return at;
		}
		if (word & SYSCORD_MARK_FAULT && !count) {
			at.out = put_constant(at.out, "<fault>");
			return at;
		}
		at.out = put_marks(at.out, word);
	}
	return put_elements(at, field, count);
}

static __always_inline char *put_result(char *pos, const struct syscord_field_format *result,
					s64 ret)
{
	unsigned int shift = result->shift[0];

	if (unlikely(result->style == SYSCORD_STYLE_NO_RESULT))
		return put_char(pos, '?');
	/* An error is printed as such, whatever the type of the result is. */
	if (unlikely(ret < 0 && ret >= -MAX_ERRNO))
		return put_signed(pos, ret);
	return put_integer(pos, result, (u64)ret << shift, shift);
}

/* The rest of a line, from @field on; without @exit, only up to the result. */
static __always_inline char *put_fields(struct positions at,
					const struct syscord_field_format *field, s64 ret,
					bool wide, bool exit)
{
	for (; field->kind != SYSCORD_END; field++) {
		at.out = put_piece(at.out, field->label, field->label_len);
		if (field->kind < SYSCORD_TEXT) {
			at = put_scalar(at, field, wide);
		} else if (field->kind != SYSCORD_RESULT) {
			at = put_pointee(at, field);
		} else {
			at.out = put_result(at.out, field, ret);
			if (!exit)
				break;
		}
	}
	return put_char(at.out, '\n');
}

/* Why a call's entry was not seen: @call says it in place of the duration. */
static noinline char *put_unseen(char *pos, const struct syscord_call_long *call)
{
	pos = put_constant(pos, ", entry=");
	return put_str(pos, call->duration == SYSCORD_UNSEEN_ANSWERED ? "answered" : "unseen");
}

/* A call that has no class of its own, and so no fields. */
static noinline char *put_generic_call(char *pos, const struct syscord_event *event)
{
	const struct syscord_call_long *call = (const void *)event;
	bool compat = event->id & SYSCORD_ID_COMPAT & ~SYSCORD_ID_UNKNOWN;
	const struct syscord_field_format result = {
		.style = event->id & SYSCORD_GENERIC_NO_RESULT ? SYSCORD_STYLE_NO_RESULT
							       : SYSCORD_STYLE_SIGNED,
		.is_signed = true,
		.shift = { compat ? 32 : 0 },
	};
	const char *name;
	s32 nr;

	memcpy(&nr, call->payload, sizeof(nr));
	name = syscord_name(nr, compat);
	pos = put_caller(pos, call->pid, event->tid);
	pos = put_constant(pos, ", ");
	pos = put_str(pos, name ?: "unknown");
	if (!name)
		pos = put_signed(put_constant(pos, ", nr="), nr);
	if (compat)
		pos = put_constant(pos, ", abi=32");
	if (event->id & SYSCORD_GENERIC_UNSEEN)
		pos = put_unseen(pos, call);
	pos = put_result(put_constant(pos, ", res="), &result, call->ret);
	return put_char(pos, '\n');
}

/* What the forms of a syscall's event have in common. */
struct call {
	u32 pid;
	s64 ret;
	const u8 *payload;
};

static __always_inline struct call read_call(const struct syscord_event *event,
					     enum syscord_form form)
{
	const struct syscord_call_short *short_call = (const void *)event;
	const struct syscord_call_thread *thread_call = (const void *)event;
	const struct syscord_call_long *long_call = (const void *)event;

	if (form == SYSCORD_FORM_SHORT)
		return (struct call){ event->tid, short_call->ret, short_call->payload };
	if (form == SYSCORD_FORM_THREAD)
		return (struct call){ thread_call->pid, thread_call->ret, thread_call->payload };
	return (struct call){ long_call->pid, long_call->ret, long_call->payload };
}

/* A call of a class of its own. */
static __always_inline char *put_call(char *pos, const struct syscord_event *event,
				      unsigned int id, const struct syscord_line_format *line)
{
	enum syscord_form form = id % SYSCORD_CLASSES_OF_NR / 2;
	const struct syscord_field_format *field = line->fields;
	const struct call call = read_call(event, form);
	bool part = id & SYSCORD_PART;
	struct positions at = { .in = call.payload };

	at.out = put_caller(pos, call.pid, event->tid);
	at.out = put_piece(at.out, line->name, line->name_len);
	if (unlikely(form == SYSCORD_FORM_UNSEEN)) {
		at.out = put_unseen(at.out, (const void *)event);
		if (!part)
			field = line->result;
		part = false;
	}
	return put_fields(at, field, call.ret, form >= SYSCORD_FORM_UNSEEN, part);
}

/**
 * syscord_print_event - put an event as a line
 * @pos:	with syscord_line_room() characters of room
 * @event:	a syscall, from a ring
 *
 * Return: the end of the line.
 */
char *syscord_print_event(char *pos, const struct syscord_event *event)
{
	unsigned int id = event->id, nr = id / SYSCORD_CLASSES_OF_NR;

	/* Numbers that the tables do not know have no classes of their own. */
	if (unlikely(nr >= syscord_line_formats.nr_lines))
		return put_generic_call(pos, event);
	return put_call(pos, event, id, &syscord_line_formats.lines[nr]);
}

/**
 * syscord_print_lost - put a line that says how many records were lost
 * @pos:	with room for 100 characters
 * @cpu:	whose records
 * @cause:	why
 * @count:	how many since the last such line
 *
 * Return: the end of the line.
 */
char *syscord_print_lost(char *pos, unsigned int cpu, const char *cause, u64 count)
{
	pos = put_constant(pos, "lost=");
	pos = put_decimal(pos, count);
	pos = put_constant(pos, ", cause=");
	pos = put_str(pos, cause);
	pos = put_constant(pos, ", cpu=");
	pos = put_decimal(pos, cpu);
	return put_char(pos, '\n');
}
