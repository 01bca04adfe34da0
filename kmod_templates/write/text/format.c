// SPDX-License-Identifier: GPL-2.0
/*
 * The text record, described in docs/record-format.md.  It runs in the writer.
 *
 * All bytes of a process go through put_value() or put_list_value(): what could be taken for the
 * record's own syntax is quoted, so that no process can forge a field or a record.
 *
 * What a line is made of is prepared when the recording begins: labels with all that stands around
 * them and with their lengths, in the order in which they come.
 */
#include <linux/bits.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/un.h>
#include <linux/vmalloc.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "capture/names.h"
#include "capture/names_tables.h"
#include "params/params.h"
#include "ring/event.h"
#include "write/text/format.h"
#include "write/text/text.h"

/* Largest negative errno that a syscall can return. */
#define MAX_ERROR	4095

/* Characters of the longest integer (to the base 8), of a field's marks, and of a line's head. */
#define INTEGER_ROOM	24
#define MARKS_ROOM	sizeof("(part+fault+late)")
#define HEAD_ROOM	256

/* How an integer is printed. */
enum style {
	UNSIGNED,
	SIGNED,
	OTHER_BASE,
	NO_RESULT,
};

/* Among the kinds of fields, the result. */
#define RESULT	(SYSCORD_SCALARS + 1)

/**
 * struct printed - how a field is printed
 * @label:	", LABEL=", or of a member " LABEL="
 * @members:	of an element, for the kinds that have them
 * @label_len:	of @label
 * @kind:	what stands in the event (enum syscord_kind), or RESULT
 * @style:	how an integer is printed (enum style)
 * @size:	bytes of an integer in the event; the second if the event is wide
 * @shift:	bits of a word that are none of these
 * @base:	to which base it is printed (enum syscord_base)
 * @is_signed:	it has a sign
 */
struct printed {
	const char *label;
	const struct printed *members;
	u32 label_len;
	u8 kind;
	u8 style;
	u8 size[2];
	u8 shift[2];
	u8 base;
	bool is_signed;
};

/**
 * struct line - how the record of a syscall is printed
 * @fields:	of the entry part, the result, and of the exit part, closed by SYSCORD_END
 * @result:	where among them the result is
 * @name:	", NAME"
 * @name_len:	of @name
 */
struct line {
	const struct printed *fields;
	const struct printed *result;
	const char *name;
	u32 name_len;
};

static struct {
	struct line *lines;	/* by number in the 64-bit table */
	unsigned int nr_lines;
	void *memory;		/* of the fields, and then of their text */
	size_t fixed_room;	/* characters of a line at most, but those that come of bytes */
} prepared;

/* What is being prepared.  At first it is only counted, as there is no memory for it yet. */
struct making {
	struct printed *fields;
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

/* The next @count fields, and one that closes them, zeroed; NULL if they are only counted. */
static struct printed *take_fields(struct making *making, unsigned int count)
{
	struct printed *first = making->fields ? making->fields + making->nr_fields : NULL;

	making->nr_fields += count + 1;
	return first;
}

/* "BEFORE" "STRING" "BEHIND" as a piece, readable as such.  Returns its length. */
static u32 make_piece(struct making *making, const char **piece, const char *before,
		      const char *string, const char *behind)
{
	u32 len = strlen(before) + strlen(string) + strlen(behind);
	size_t size = round_up(len + 1, SYSCORD_PIECE_WORD);

	if (making->text) {
		*piece = making->text + making->text_size;
		snprintf(making->text + making->text_size, size, "%s%s%s", before, string, behind);
	}
	making->text_size += size;
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

static enum style style_of(enum syscord_kind kind, enum syscord_base base)
{
	if (base != SYSCORD_DEC)
		return OTHER_BASE;
	return syscord_is_signed(kind) ? SIGNED : UNSIGNED;
}

static void set_size(struct printed *printed, u8 size, u8 wide_size)
{
	printed->size[0] = size;
	printed->size[1] = wide_size;
	printed->shift[0] = (sizeof(u64) - size) * BITS_PER_BYTE;
	printed->shift[1] = (sizeof(u64) - wide_size) * BITS_PER_BYTE;
}

/*
 * A field into @next, which then is the one behind it.  Returns the characters that it takes at
 * most, but those that come of bytes or of elements.
 */
static size_t make_field(struct making *making, struct printed **next,
			 const struct syscord_field *field, const char *before,
			 const struct printed *members)
{
	struct printed made = {
		.members = members,
		.kind = field->kind,
		.style = style_of(field->kind, field->base),
		.base = field->base,
		.is_signed = syscord_is_signed(field->kind),
	};

	set_size(&made, field->narrow ? sizeof(u32) : integer_size(field->kind),
		 integer_size(field->kind));
	made.label_len = make_piece(making, &made.label, before, field->label, "=");
	if (*next)
		*(*next)++ = made;
	return made.label_len + INTEGER_ROOM + MARKS_ROOM;
}

/* Members of an element; their room is added to @room. */
static const struct printed *make_members(struct making *making, const struct syscord_field *field,
					  size_t *room)
{
	struct printed *first = take_fields(making, count_fields(field)), *next = first;

	for (; field->kind != SYSCORD_END; field++)
		*room += make_field(making, &next, field, " ", NULL);
	return first;
}

/* Fields of a part.  Returns the characters that they take at most, as above. */
static size_t make_part(struct making *making, struct printed **next,
			const struct syscord_field *field)
{
	size_t room = 0;

	for (; field && field->kind != SYSCORD_END; field++) {
		const struct printed *members = NULL;
		size_t element = 0;

		if (field->kind == SYSCORD_BYTES && !syscord_params.content)
			continue;
		if (field->members)
			members = make_members(making, field->members, &element);
		room += make_field(making, next, field, ", ", members);
		room += element * SYSCORD_ITEMS_MAX;
	}
	return room;
}

static void make_result(struct making *making, struct printed **next,
			const struct syscord_handler *handler)
{
	bool is_short = handler->ret_kind == SYSCORD_S32 || handler->ret_kind == SYSCORD_U32;
	struct printed made = {
		.kind = RESULT,
		.style = style_of(handler->ret_kind, handler->ret_base),
		.base = handler->ret_base,
		.is_signed = syscord_is_signed(handler->ret_kind),
	};

	set_size(&made, is_short ? sizeof(u32) : sizeof(u64), sizeof(u64));
	if (!syscord_has_result(handler))
		made.style = NO_RESULT;
	made.label_len = make_piece(making, &made.label, ", ", "res", "=");
	if (*next)
		*(*next)++ = made;
}

/* Returns the characters that it takes at most, but those that come of bytes. */
static size_t make_line(struct making *making, struct line *line, long nr)
{
	const struct syscord_handler *handler = syscord_handler(nr);
	const char *name = syscord_name(nr, false);
	unsigned int count = count_fields(handler->entry_fields) + 1 +
			     count_fields(handler->exit_fields);
	struct printed *next = take_fields(making, count);
	size_t room = HEAD_ROOM;
	char number[16];

	snprintf(number, sizeof(number), ", nr=%ld", nr);
	line->name_len = make_piece(making, &line->name, ", ", name ?: "unknown",
				    name ? "" : number);
	line->fields = next;
	room += make_part(making, &next, handler->entry_fields);
	line->result = next;
	make_result(making, &next, handler);
	room += make_part(making, &next, handler->exit_fields);
	return room + line->name_len;
}

static void make_lines(struct making *making)
{
	long nr;

	making->nr_fields = 0;
	making->text_size = 0;
	for (nr = 0; nr < prepared.nr_lines; nr++)
		prepared.fixed_room = max(prepared.fixed_room,
					  make_line(making, &prepared.lines[nr], nr));
}

/* The threads of one process often follow each other: so its line's head does not change. */
static struct {
	u64 key;
	u32 len;
	char text[3 * SYSCORD_PIECE_WORD];
} head;

static noinline void make_head(u32 pid, u32 tid)
{
	char *pos = head.text;

	pos = put_constant(pos, "pid=");
	pos = put_decimal(pos, pid);
	if (tid != pid) {
		pos = put_constant(pos, ", tid=");
		pos = put_decimal(pos, tid);
	}
	head.key = (u64)pid << 32 | tid;
	head.len = pos - head.text;
}

/**
 * syscord_format_forget - give back what syscord_format_prepare() took
 */
void syscord_format_forget(void)
{
	vfree(prepared.memory);
	vfree(prepared.lines);
	memset(&prepared, 0, sizeof(prepared));
}

/**
 * syscord_format_prepare - be ready to print
 *
 * Return: 0, or -ENOMEM.
 */
int syscord_format_prepare(void)
{
	struct making making = {};

	prepare_pairs();
	prepare_escapes();
	make_head(0, 0);
	prepared.nr_lines = max(syscord_nr_handlers, syscord_nr_names_64);
	prepared.lines = vzalloc(array_size(prepared.nr_lines, sizeof(*prepared.lines)));
	if (!prepared.lines)
		return -ENOMEM;
	make_lines(&making);
	prepared.memory = vzalloc(making.nr_fields * sizeof(*making.fields) + making.text_size);
	if (!prepared.memory) {
		syscord_format_forget();
		return -ENOMEM;
	}
	making.fields = prepared.memory;
	making.text = (char *)(making.fields + making.nr_fields);
	make_lines(&making);
	return 0;
}

/**
 * syscord_line_room - characters that a line takes at most, with what may be written behind it
 * @event_size:	bytes of its event
 *
 * A byte takes four characters at most ("\377"); an element of a list, which has two bytes at
 * least, five more.  Labels and integers, however many bytes they have, are counted as they are.
 *
 * Return: the number of characters.
 */
size_t syscord_line_room(size_t event_size)
{
	return event_size * 6 + prepared.fixed_room + SYSCORD_TEXT_SLACK;
}

static char *put_name(char *pos, const char *string)
{
	size_t len = strlen(string);

	memcpy(pos, string, len);
	return pos + len;
}

/* An integer to a base other than 10, in the highest bits of @word. */
static noinline char *put_other_base(char *pos, const struct printed *field, u64 word,
				     unsigned int shift)
{
	u64 value = field->is_signed ? (u64)((s64)word >> shift) : word >> shift;

	if (field->base == SYSCORD_HEX)
		return put_hex(put_constant(pos, "0x"), value);
	if (value)
		pos = put_char(pos, '0');
	return put_octal(pos, value);
}

/* An integer in the highest bits of @word; @shift says how many there are below. */
static __always_inline char *put_integer(char *pos, const struct printed *field, u64 word,
					 unsigned int shift)
{
	if (field->style == UNSIGNED)
		return put_decimal(pos, word >> shift);
	if (field->style == SIGNED)
		return put_signed(pos, (s64)word >> shift);
	return put_other_base(pos, field, word, shift);
}

static __always_inline struct syscord_way put_scalar(struct syscord_way way,
						     const struct printed *field, bool wide)
{
	way.bytes += field->size[wide];
	way.pos = put_integer(way.pos, field, load_word(way.bytes - sizeof(u64)),
			      field->shift[wide]);
	return way;
}

/* Take the word of a field behind a pointer, as 32 bits. */
static __always_inline u32 take_word(const u8 **bytes, bool is_content)
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

/* A string in a list; dots behind it if there was more. */
static struct syscord_way put_element(struct syscord_way way)
{
	u32 word = take_word(&way.bytes, false);
	u32 len = word & SYSCORD_COUNT_MASK;

	if (word & SYSCORD_MARK_FAULT && !len)
		way.pos = put_constant(way.pos, "<fault>");
	else
		way.pos = put_list_value(way.pos, way.bytes, len);
	if (word & (SYSCORD_MARK_PART | SYSCORD_MARK_FAULT) && len)
		way.pos = put_constant(way.pos, "...");
	way.bytes += len;
	return way;
}

static noinline struct syscord_way put_members(struct syscord_way way,
					       const struct printed *member)
{
	char *begin = way.pos;

	if (unlikely(member->kind == SYSCORD_END))
		way.pos++;
	for (; member->kind != SYSCORD_END; member++) {
		way.pos = put_piece(way.pos, member->label, member->label_len);
		way = put_scalar(way, member, true);
	}
	/* In place of the space before the first label. */
	*begin = '{';
	way.pos = put_char(way.pos, '}');
	return way;
}

/* Elements, with spaces between them. */
static noinline struct syscord_way put_list(struct syscord_way way, const struct printed *field,
					    u32 count)
{
	way.pos = put_char(way.pos, '[');
	while (count--) {
		if (field->kind == SYSCORD_STRINGS)
			way = put_element(way);
		else if (field->kind == SYSCORD_STRUCTS)
			way = put_members(way, field->members);
		else
			way = put_scalar(way, field->members, true);
		if (count)
			way.pos = put_char(way.pos, ' ');
	}
	way.pos = put_char(way.pos, ']');
	return way;
}

/*
 * A path, or a name that is none: that stands behind @, as in ss(8) and /proc/net/unix.  A path
 * that begins with @ is quoted, so that the two can be told apart.
 */
static char *put_unix_address(char *pos, const u8 *bytes, size_t len)
{
	static const char prefix[] = "unix:";
	/* Of the one writer. */
	static u8 buffer[sizeof(u64) + sizeof(prefix) + sizeof(struct sockaddr_storage)];
	u8 *value = buffer + sizeof(u64);
	size_t used = sizeof(prefix) - 1;
	bool path;

	memcpy(value, prefix, used);
	bytes += offsetof(struct sockaddr_un, sun_path);
	len -= offsetof(struct sockaddr_un, sun_path);
	path = len && bytes[0];
	if (path)
		len = strnlen((const char *)bytes, len);
	memcpy(value + used, bytes, len);
	/* All of an abstract name counts, but the NUL that it begins with. */
	if (len && !path)
		value[used] = '@';
	used += len;
	if (path && bytes[0] == '@')
		return put_quoted(pos, value, used);
	return put_value(pos, value, used);
}

static char *put_inet_address(char *pos, const u8 *bytes)
{
	struct sockaddr_in in;
	const u8 *addr = bytes + offsetof(struct sockaddr_in, sin_addr);
	size_t i;

	memcpy(&in, bytes, sizeof(in));
	for (i = 0; i < sizeof(in.sin_addr); i++) {
		pos = put_decimal(pos, addr[i]);
		pos = put_char(pos, '.');
	}
	pos[-1] = ':';
	return put_decimal(pos, ntohs(in.sin_port));
}

static char *put_inet6_address(char *pos, const u8 *bytes, size_t len)
{
	struct sockaddr_in6 in6 = {};
	char value[80], scope[16] = "";

	memcpy(&in6, bytes, min(len, sizeof(in6)));
	if (in6.sin6_scope_id)
		snprintf(scope, sizeof(scope), "%%%u", in6.sin6_scope_id);
	snprintf(value, sizeof(value), "[%pI6c%s]:%u", &in6.sin6_addr, scope, ntohs(in6.sin6_port));
	return put_name(pos, value);
}

/* A family that is not decoded, or an address too short for its family: in hexadecimal digits. */
static char *put_other_address(char *pos, sa_family_t family, const u8 *bytes, size_t len)
{
	size_t i;

	pos = put_constant(pos, "af");
	pos = put_decimal(pos, family);
	pos = put_char(pos, ':');
	for (i = sizeof(family); i < len; i++) {
		pos = put_hex(pos, bytes[i] >> 4);
		pos = put_hex(pos, bytes[i] & 15);
	}
	return pos;
}

static noinline char *put_address(char *pos, const u8 *bytes, size_t len)
{
	sa_family_t family;

	if (len < sizeof(family))
		return put_quoted(pos, bytes, len);
	memcpy(&family, bytes, sizeof(family));
	if (family == AF_INET && len >= sizeof(struct sockaddr_in))
		return put_inet_address(pos, bytes);
	if (family == AF_INET6 && len >= offsetof(struct sockaddr_in6, sin6_scope_id))
		return put_inet6_address(pos, bytes, len);
	if (family == AF_UNIX)
		return put_unix_address(pos, bytes, len);
	return put_other_address(pos, family, bytes, len);
}

/* What is to be known of a field behind a pointer, in place of the "=" behind its label. */
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

/* Elements of a field behind a pointer. */
static __always_inline struct syscord_way put_elements(struct syscord_way way,
						       const struct printed *field, u32 count)
{
	if (field->kind <= SYSCORD_BYTES)
		way.pos = put_value(way.pos, way.bytes, count);
	else if (field->kind == SYSCORD_SOCKADDR)
		way.pos = put_address(way.pos, way.bytes, count);
	else if (field->kind != SYSCORD_STRUCT && field->kind != SYSCORD_SCALAR)
		return put_list(way, field, count);
	else if (!count)
		return way;
	else if (field->kind == SYSCORD_STRUCT)
		return put_members(way, field->members);
	else
		return put_scalar(way, field->members, true);
	way.bytes += count;
	return way;
}

/* A field behind a pointer, whose label is there. */
static __always_inline struct syscord_way put_pointed(struct syscord_way way,
						      const struct printed *field)
{
	u32 word = take_word(&way.bytes, field->kind == SYSCORD_BYTES);
	u32 count = word & SYSCORD_COUNT_MASK;

	if (unlikely(word != count)) {
		if (word & SYSCORD_MARK_NULL) {
			way.pos = put_constant(way.pos, "<null>");
			return way;
		}
		if (word & SYSCORD_MARK_FAULT && !count) {
			way.pos = put_constant(way.pos, "<fault>");
			return way;
		}
		way.pos = put_marks(way.pos, word);
	}
	return put_elements(way, field, count);
}

static __always_inline char *put_result(char *pos, const struct printed *result, s64 ret)
{
	unsigned int shift = result->shift[0];

	if (unlikely(result->style == NO_RESULT))
		return put_char(pos, '?');
	/* Whatever it is that the call returns. */
	if (unlikely(ret < 0 && ret >= -MAX_ERROR))
		return put_signed(pos, ret);
	return put_integer(pos, result, (u64)ret << shift, shift);
}

/* The rest of a line: all from @field on, or up to the result. */
static __always_inline char *put_fields(struct syscord_way way, const struct printed *field,
					s64 ret, bool wide, bool exit)
{
	for (; field->kind != SYSCORD_END; field++) {
		way.pos = put_piece(way.pos, field->label, field->label_len);
		if (field->kind < SYSCORD_TEXT) {
			way = put_scalar(way, field, wide);
		} else if (field->kind != RESULT) {
			way = put_pointed(way, field);
		} else {
			way.pos = put_result(way.pos, field, ret);
			if (!exit)
				break;
		}
	}
	return put_char(way.pos, '\n');
}

/* Who called. */
static __always_inline char *put_head(char *pos, u32 pid, u32 tid)
{
	if (unlikely(head.key != ((u64)pid << 32 | tid)))
		make_head(pid, tid);
	return put_piece(pos, head.text, head.len);
}

/* A call that has no class of its own: it has no fields. */
static noinline char *put_other(char *pos, const struct syscord_event *event)
{
	const struct syscord_call_long *call = (const void *)event;
	bool compat = event->id & SYSCORD_ID_COMPAT & ~SYSCORD_ID_UNKNOWN;
	const struct printed result = {
		.style = event->id & SYSCORD_GENERIC_NO_RESULT ? NO_RESULT : SIGNED,
		.is_signed = true,
		.shift = { compat ? 32 : 0 },
	};
	const char *name;
	s32 nr;

	memcpy(&nr, call->payload, sizeof(nr));
	name = syscord_name(nr, compat);
	pos = put_head(pos, call->pid, event->tid);
	pos = put_constant(pos, ", ");
	pos = put_name(pos, name ?: "unknown");
	if (!name)
		pos = put_signed(put_constant(pos, ", nr="), nr);
	if (compat)
		pos = put_constant(pos, ", abi=32");
	if (event->id & SYSCORD_GENERIC_UNSEEN)
		pos = put_constant(pos, ", entry=unseen");
	pos = put_result(put_constant(pos, ", res="), &result, call->ret);
	return put_char(pos, '\n');
}

/**
 * syscord_format_event - put an event as a line
 * @pos:	with syscord_line_room() characters of room
 * @event:	from a ring, a syscall's
 *
 * Return: the end of the line.
 */
char *syscord_format_event(char *pos, const struct syscord_event *event)
{
	const struct syscord_call_thread *thread = (const void *)event;
	const struct syscord_call_short *short_call = (const void *)event;
	const struct syscord_call_long *long_call = (const void *)event;
	unsigned int id = event->id, nr = id / SYSCORD_CLASSES_OF_NR;
	enum syscord_form form = id % SYSCORD_CLASSES_OF_NR / 2;
	const struct line *line = &prepared.lines[nr];
	const struct printed *field;
	bool part = id & SYSCORD_PART;
	struct syscord_way way;
	u32 pid = event->tid;
	s64 ret;

	/* Numbers that the tables do not know have no classes of their own. */
	if (unlikely(nr >= prepared.nr_lines))
		return put_other(pos, event);
	if (form == SYSCORD_FORM_SHORT) {
		ret = short_call->ret;
		way.bytes = short_call->payload;
	} else if (form == SYSCORD_FORM_THREAD) {
		pid = thread->pid;
		ret = thread->ret;
		way.bytes = thread->payload;
	} else {
		pid = long_call->pid;
		ret = long_call->ret;
		way.bytes = long_call->payload;
	}
	way.pos = put_head(pos, pid, event->tid);
	way.pos = put_piece(way.pos, line->name, line->name_len);
	field = line->fields;
	if (unlikely(form == SYSCORD_FORM_UNSEEN)) {
		way.pos = put_constant(way.pos, ", entry=unseen");
		if (!part)
			field = line->result;
		part = false;
	}
	return put_fields(way, field, ret, form >= SYSCORD_FORM_UNSEEN, part);
}

/**
 * syscord_format_lost - put a line that says how many records are missing
 * @pos:	with room for 100 characters
 * @cpu:	whose records
 * @cause:	why
 * @count:	how many since the last such line
 *
 * Return: the end of the line.
 */
char *syscord_format_lost(char *pos, unsigned int cpu, const char *cause, u64 count)
{
	pos = put_constant(pos, "lost=");
	pos = put_decimal(pos, count);
	pos = put_constant(pos, ", cause=");
	pos = put_name(pos, cause);
	pos = put_constant(pos, ", cpu=");
	pos = put_decimal(pos, cpu);
	return put_char(pos, '\n');
}
