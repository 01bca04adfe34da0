// SPDX-License-Identifier: GPL-2.0
/*
 * Making the tables that records are printed by, out of the handlers' tables.
 *
 * They are built twice: first only to count what they take, then into memory.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "capture/names.h"
#include "capture/names_tables.h"
#include "params/params.h"
#include "write/text/number.h"
#include "write/text/prepare.h"
#include "write/text/put.h"
#include "write/text/quote.h"

/* Characters that these take at most: an integer (to the base 8), marks, the line's beginning. */
#define INTEGER_ROOM	24
#define MARKS_ROOM	sizeof("(part+fault+late)")
#define CALLER_ROOM	256

struct syscord_line_formats syscord_line_formats;

/* The memory of all field formats, and behind them their text. */
static void *memory;
/* Characters that any line takes at most, not counting those that stand for an event's bytes. */
static size_t fixed_room;

/**
 * struct builder - how far the tables are built
 * @fields:	memory for fields; NULL while they are only counted
 * @text:	memory for text; NULL while it is only counted
 * @nr_fields:	fields so far
 * @text_size:	bytes of text so far
 */
struct builder {
	struct syscord_field_format *fields;
	char *text;
	size_t nr_fields;
	size_t text_size;
};

static unsigned int count_fields(const struct syscord_field *field)
{
	unsigned int count = 0;

	for (; field && field->kind != SYSCORD_END; field++)
		count++;
	return count;
}

/* The next @count fields, and one that closes them, zeroed; NULL while they are only counted. */
static struct syscord_field_format *take_fields(struct builder *builder, unsigned int count)
{
	struct syscord_field_format *first = NULL;

	if (builder->fields)
		first = builder->fields + builder->nr_fields;
	builder->nr_fields += count + 1;
	return first;
}

/* "BEFORE" "STRING" "BEHIND", padded for put_piece().  Returns its length. */
static u32 build_piece(struct builder *builder, const char **piece, const char *before,
		       const char *string, const char *behind)
{
	u32 len = strlen(before) + strlen(string) + strlen(behind);
	size_t size = round_up(len + 1, SYSCORD_PIECE_WORD);

	if (builder->text) {
		*piece = builder->text + builder->text_size;
		snprintf(builder->text + builder->text_size, size, "%s%s%s", before, string,
			 behind);
	}
	builder->text_size += size;
	return len;
}

static unsigned int integer_size(enum syscord_kind kind)
{
	switch (kind) {
	case SYSCORD_S8:
	case SYSCORD_U8:
		return 1;
	case SYSCORD_S16:
	case SYSCORD_U16:
		return 2;
	case SYSCORD_S32:
	case SYSCORD_U32:
		return 4;
	default:
		return 8;
	}
}

static enum syscord_style style_of(enum syscord_kind kind, enum syscord_base base)
{
	if (base != SYSCORD_DEC)
		return SYSCORD_STYLE_OTHER_BASE;
	return syscord_is_signed(kind) ? SYSCORD_STYLE_SIGNED : SYSCORD_STYLE_UNSIGNED;
}

static void set_size(struct syscord_field_format *format, u8 size, u8 wide_size)
{
	format->size[0] = size;
	format->size[1] = wide_size;
	format->shift[0] = (sizeof(u64) - size) * BITS_PER_BYTE;
	format->shift[1] = (sizeof(u64) - wide_size) * BITS_PER_BYTE;
}

/* Put a field at @next, and move that on.  While fields are only counted, it is NULL. */
static void append(struct syscord_field_format **next, const struct syscord_field_format *format)
{
	if (*next)
		*(*next)++ = *format;
}

/*
 * Returns the characters that the field takes at most, but those that stand for bytes or elements.
 */
static size_t build_field(struct builder *builder, struct syscord_field_format **next,
			  const struct syscord_field *field, const char *before,
			  const struct syscord_field_format *members)
{
	struct syscord_field_format format = {
		.members = members,
		.kind = field->kind,
		.style = style_of(field->kind, field->base),
		.base = field->base,
		.is_signed = syscord_is_signed(field->kind),
	};

	set_size(&format, field->narrow ? sizeof(u32) : integer_size(field->kind),
		 integer_size(field->kind));
	format.label_len = build_piece(builder, &format.label, before, field->label, "=");
	append(next, &format);
	return format.label_len + INTEGER_ROOM + MARKS_ROOM;
}

/* Members of an element; what they take is added to @room. */
static const struct syscord_field_format *build_members(struct builder *builder,
							const struct syscord_field *field,
							size_t *room)
{
	struct syscord_field_format *first = take_fields(builder, count_fields(field));
	struct syscord_field_format *next = first;

	for (; field->kind != SYSCORD_END; field++)
		*room += build_field(builder, &next, field, " ", NULL);
	return first;
}

/* Fields of a part.  Returns the characters that they take at most, but those for bytes. */
static size_t build_part(struct builder *builder, struct syscord_field_format **next,
			 const struct syscord_field *field)
{
	size_t room = 0;

	for (; field && field->kind != SYSCORD_END; field++) {
		const struct syscord_field_format *members = NULL;
		size_t element = 0;

		if (field->kind == SYSCORD_BYTES && !syscord_params.content)
			continue;
		if (field->members)
			members = build_members(builder, field->members, &element);
		room += build_field(builder, next, field, ", ", members);
		room += element * SYSCORD_ITEMS_MAX;
	}
	return room;
}

static void build_result(struct builder *builder, struct syscord_field_format **next,
			 const struct syscord_handler *handler)
{
	bool is_short = handler->ret_kind == SYSCORD_S32 || handler->ret_kind == SYSCORD_U32;
	struct syscord_field_format format = {
		.kind = SYSCORD_RESULT,
		.style = style_of(handler->ret_kind, handler->ret_base),
		.base = handler->ret_base,
		.is_signed = syscord_is_signed(handler->ret_kind),
	};

	set_size(&format, is_short ? sizeof(u32) : sizeof(u64), sizeof(u64));
	if (!syscord_has_result(handler))
		format.style = SYSCORD_STYLE_NO_RESULT;
	format.label_len = build_piece(builder, &format.label, ", ", "res", "=");
	append(next, &format);
}

/* Returns the characters that the line takes at most, but those that stand for bytes. */
static size_t build_line(struct builder *builder, struct syscord_line_format *line, long nr)
{
	const struct syscord_handler *handler = syscord_handler(nr);
	const char *name = syscord_name(nr, false);
	unsigned int count = count_fields(handler->entry_fields) + 1 +
			     count_fields(handler->exit_fields);
	struct syscord_field_format *next = take_fields(builder, count);
	size_t room = CALLER_ROOM;
	char number[16];

	snprintf(number, sizeof(number), ", nr=%ld", nr);
	line->name_len = build_piece(builder, &line->name, ", ", name ?: "unknown",
				     name ? "" : number);
	line->fields = next;
	room += build_part(builder, &next, handler->entry_fields);
	line->result = next;
	build_result(builder, &next, handler);
	room += build_part(builder, &next, handler->exit_fields);
	return room + line->name_len;
}

static void build_lines(struct builder *builder)
{
	long nr;

	builder->nr_fields = 0;
	builder->text_size = 0;
	for (nr = 0; nr < syscord_line_formats.nr_lines; nr++)
		fixed_room = max(fixed_room,
				 build_line(builder, &syscord_line_formats.lines[nr], nr));
}

/**
 * syscord_text_free - give back what syscord_text_prepare() took
 */
void syscord_text_free(void)
{
	vfree(memory);
	memory = NULL;
	vfree(syscord_line_formats.lines);
	memset(&syscord_line_formats, 0, sizeof(syscord_line_formats));
	fixed_room = 0;
}

/**
 * syscord_text_prepare - make the tables
 *
 * Return: 0, or -ENOMEM.
 */
int syscord_text_prepare(void)
{
	struct syscord_line_formats *formats = &syscord_line_formats;
	struct builder builder = {};

	syscord_number_prepare();
	syscord_quote_prepare();
	formats->nr_lines = max(syscord_nr_handlers, syscord_nr_names_64);
	formats->lines = vzalloc(array_size(formats->nr_lines, sizeof(*formats->lines)));
	if (!formats->lines)
		return -ENOMEM;
	build_lines(&builder);
	memory = vzalloc(builder.nr_fields * sizeof(*builder.fields) + builder.text_size);
	if (!memory) {
		syscord_text_free();
		return -ENOMEM;
	}
	builder.fields = memory;
	builder.text = (char *)(builder.fields + builder.nr_fields);
	build_lines(&builder);
	return 0;
}

/**
 * syscord_line_room - characters that a line takes at most, with SYSCORD_TEXT_SLACK behind it
 * @event_size:	bytes of its event
 *
 * A byte takes four characters at most ("\377"); an element of a list, which has two bytes at
 * least, five more.  Labels and integers do not depend on the bytes of the event: they are counted
 * when the tables are made.
 *
 * Return: the number of characters.
 */
size_t syscord_line_room(size_t event_size)
{
	return event_size * 6 + fixed_room + SYSCORD_TEXT_SLACK;
}
