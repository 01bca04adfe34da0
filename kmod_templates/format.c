// SPDX-License-Identifier: GPL-2.0
/*
 * The text record, described in docs/record-format.md.  It runs in the writer, off the hot path.
 *
 * All bytes of a process go through put_value(): what could be taken for the record's own syntax is
 * quoted, so that no process can forge a field or a record.
 */
#include <linux/bits.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/un.h>

#include "format.h"
#include "handlers.h"
#include "names.h"
#include "params.h"

/* Largest negative errno that a syscall can return. */
#define MAX_ERROR	4095

/* Where a value stands: in a list, spaces and brackets are syntax too. */
enum place {
	IN_RECORD,
	IN_LIST,
};

/**
 * syscord_line_room - characters that a line takes at most
 * @event_size:	bytes of its event
 *
 * A byte takes four characters at most ("\377"), an integer of four bytes eleven, each element of
 * an array its labels.
 *
 * Return: the number of characters.
 */
size_t syscord_line_room(size_t event_size)
{
	return event_size * 6 + SYSCORD_ITEMS_MAX * 1024;
}

static size_t room_left(const struct syscord_text *text)
{
	return text->end - text->pos;
}

static void put_char(struct syscord_text *text, char c)
{
	if (room_left(text))
		*text->pos++ = c;
}

/* Characters as they are, as many as fit. */
static void put_chars(struct syscord_text *text, const void *chars, size_t len)
{
	len = min(len, room_left(text));
	memcpy(text->pos, chars, len);
	text->pos += len;
}

static void put_plain(struct syscord_text *text, const char *string)
{
	put_chars(text, string, strlen(string));
}

/* A constant: its length is known to the compiler, which makes a few stores of it. */
static __always_inline void put_constant(struct syscord_text *text, const char *string)
{
	size_t len = __builtin_strlen(string);

	if (likely(room_left(text) >= len)) {
		memcpy(text->pos, string, len);
		text->pos += len;
	}
}

/* The most digits that an integer can have: of 64 bits, to the base 8. */
#define DIGITS_MAX	22

static void put_decimal(struct syscord_text *text, u64 value)
{
	char digits[DIGITS_MAX];
	char *pos = digits + sizeof(digits);

	do {
		*--pos = '0' + value % 10;
		value /= 10;
	} while (value);
	put_chars(text, pos, digits + sizeof(digits) - pos);
}

/* To a base that is a power of two: @shift bits a digit. */
static void put_bits(struct syscord_text *text, u64 value, unsigned int shift)
{
	char digits[DIGITS_MAX];
	char *pos = digits + sizeof(digits);

	do {
		*--pos = "0123456789abcdef"[value & ((1U << shift) - 1)];
		value >>= shift;
	} while (value);
	put_chars(text, pos, digits + sizeof(digits) - pos);
}

static void put_signed(struct syscord_text *text, s64 value)
{
	if (value < 0)
		put_char(text, '-');
	put_decimal(text, value < 0 ? -(u64)value : (u64)value);
}

static void put_integer(struct syscord_text *text, u64 value, bool is_signed,
			enum syscord_base base)
{
	switch (base) {
	case SYSCORD_HEX:
		put_chars(text, "0x", 2);
		put_bits(text, value, 4);
		break;
	case SYSCORD_OCT:
		if (value)
			put_char(text, '0');
		put_bits(text, value, 3);
		break;
	default:
		if (is_signed)
			put_signed(text, (s64)value);
		else
			put_decimal(text, value);
	}
}

/* What a character means in a value. */
#define NEVER_PLAIN	BIT(0)	/* a value that has it is quoted */
#define LIST_SYNTAX	BIT(1)	/* a value in a list that has it is quoted */
#define FIRST_SYNTAX	BIT(2)	/* a value that begins with it is quoted: <fault>, [a], {a=1} */

static const u8 meaning[256] = {
	[0 ... 31] = NEVER_PLAIN,
	[' '] = LIST_SYNTAX,
	['"'] = NEVER_PLAIN,
	[','] = NEVER_PLAIN,
	['<'] = FIRST_SYNTAX,
	['['] = LIST_SYNTAX | FIRST_SYNTAX,
	['\\'] = NEVER_PLAIN,
	[']'] = LIST_SYNTAX,
	['{'] = LIST_SYNTAX | FIRST_SYNTAX,
	['}'] = LIST_SYNTAX,
	[127 ... 255] = NEVER_PLAIN,
};

static bool needs_quotes(const u8 *bytes, size_t len, enum place place)
{
	u8 wrong = place == IN_LIST ? NEVER_PLAIN | LIST_SYNTAX : NEVER_PLAIN;
	u8 found;
	size_t i;

	if (!len)
		return true;
	/* In a list, dots say that there was more. */
	if (place == IN_LIST && len >= 3 && !memcmp(bytes + len - 3, "...", 3))
		return true;
	found = meaning[bytes[0]] & FIRST_SYNTAX;
	for (i = 0; i < len; i++)
		found |= meaning[bytes[i]] & wrong;
	return found;
}

/* One character of a quoted value, as in C; takes four characters of room at most. */
static char *escape(char *pos, u8 c)
{
	static const char letters[256] = {
		['\n'] = 'n', ['\t'] = 't', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\',
	};

	if (c >= ' ' && c <= '~' && !letters[c]) {
		*pos++ = c;
		return pos;
	}
	*pos++ = '\\';
	if (letters[c]) {
		*pos++ = letters[c];
		return pos;
	}
	*pos++ = '0' + (c >> 6);
	*pos++ = '0' + (c >> 3 & 7);
	*pos++ = '0' + (c & 7);
	return pos;
}

static void put_quoted(struct syscord_text *text, const u8 *bytes, size_t len)
{
	size_t i;

	put_char(text, '"');
	for (i = 0; i < len && room_left(text) >= 4; i++)
		text->pos = escape(text->pos, bytes[i]);
	put_char(text, '"');
}

/* Bytes that a process gave. */
static void put_value(struct syscord_text *text, const u8 *bytes, size_t len, enum place place)
{
	if (needs_quotes(bytes, len, place))
		put_quoted(text, bytes, len);
	else
		put_chars(text, bytes, len);
}

/* Take the next bytes of an event. */
static void take(const u8 **pos, void *value, size_t size)
{
	memcpy(value, *pos, size);
	*pos += size;
}

/* The word of a field behind a pointer, as 32 bits. */
static u32 take_word(const u8 **pos, bool is_content)
{
	u32 word;
	u16 brief;

	if (is_content) {
		take(pos, &word, sizeof(word));
		return word;
	}
	take(pos, &brief, sizeof(brief));
	return syscord_long_word(brief);
}

/* Take an integer of the event, sign-extended if it has a sign. */
static u64 take_integer(const u8 **pos, enum syscord_kind kind)
{
	union {
		s8 s8;
		u8 u8;
		s16 s16;
		u16 u16;
		s32 s32;
		u32 u32;
		u64 u64;
	} value;

	switch (kind) {
	case SYSCORD_S8:
		take(pos, &value.s8, sizeof(value.s8));
		return (s64)value.s8;
	case SYSCORD_U8:
		take(pos, &value.u8, sizeof(value.u8));
		return value.u8;
	case SYSCORD_S16:
		take(pos, &value.s16, sizeof(value.s16));
		return (s64)value.s16;
	case SYSCORD_U16:
		take(pos, &value.u16, sizeof(value.u16));
		return value.u16;
	case SYSCORD_S32:
		take(pos, &value.s32, sizeof(value.s32));
		return (s64)value.s32;
	case SYSCORD_U32:
		take(pos, &value.u32, sizeof(value.u32));
		return value.u32;
	default:
		take(pos, &value.u64, sizeof(value.u64));
		return value.u64;
	}
}

/* A scalar of which only 32 bits are there. */
static void put_narrow(struct syscord_text *text, const struct syscord_field *field, const u8 **pos)
{
	bool with_sign = syscord_is_signed(field->kind);

	put_integer(text, take_integer(pos, with_sign ? SYSCORD_S32 : SYSCORD_U32), with_sign,
		    field->base);
}

static void put_scalar(struct syscord_text *text, const struct syscord_field *field, const u8 **pos)
{
	put_integer(text, take_integer(pos, field->kind), syscord_is_signed(field->kind),
		    field->base);
}

/* A string in a list; dots behind it if there was more. */
static void put_element(struct syscord_text *text, const u8 **pos)
{
	u32 word = take_word(pos, false);
	u32 len = word & SYSCORD_COUNT_MASK;

	if (word & SYSCORD_MARK_FAULT && !len)
		put_constant(text, "<fault>");
	else
		put_value(text, *pos, len, IN_LIST);
	if (word & (SYSCORD_MARK_PART | SYSCORD_MARK_FAULT) && len)
		put_constant(text, "...");
	*pos += len;
}

static void put_strings_list(struct syscord_text *text, const u8 **pos, u32 count)
{
	u32 i;

	put_char(text, '[');
	for (i = 0; i < count; i++) {
		if (i)
			put_char(text, ' ');
		put_element(text, pos);
	}
	put_char(text, ']');
}

static void put_members(struct syscord_text *text, const struct syscord_field *member,
			const u8 **pos)
{
	const char *before = "";

	put_char(text, '{');
	for (; member->kind != SYSCORD_END; member++) {
		put_plain(text, before);
		put_plain(text, member->label);
		put_char(text, '=');
		put_scalar(text, member, pos);
		before = " ";
	}
	put_char(text, '}');
}

static void put_array(struct syscord_text *text, const struct syscord_field *field, const u8 **pos,
		      u32 count)
{
	u32 i;

	put_char(text, '[');
	for (i = 0; i < count; i++) {
		if (i)
			put_char(text, ' ');
		if (field->kind == SYSCORD_STRUCTS)
			put_members(text, field->members, pos);
		else
			put_scalar(text, field->members, pos);
	}
	put_char(text, ']');
}

/*
 * A path, or a name that is none: that stands behind @, as in ss(8) and /proc/net/unix.  A path
 * that begins with @ is quoted, so that the two can be told apart.
 */
static void put_unix_address(struct syscord_text *text, const u8 *bytes, size_t len)
{
	static const char prefix[] = "unix:";
	u8 value[sizeof(prefix) + sizeof(struct sockaddr_storage)];
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
		put_quoted(text, value, used);
	else
		put_value(text, value, used, IN_RECORD);
}

static void put_inet_address(struct syscord_text *text, const u8 *bytes)
{
	struct sockaddr_in in;
	char value[32];

	memcpy(&in, bytes, sizeof(in));
	snprintf(value, sizeof(value), "%pI4:%u", &in.sin_addr, ntohs(in.sin_port));
	put_plain(text, value);
}

static void put_inet6_address(struct syscord_text *text, const u8 *bytes, size_t len)
{
	struct sockaddr_in6 in6 = {};
	char value[80], scope[16] = "";

	memcpy(&in6, bytes, min(len, sizeof(in6)));
	if (in6.sin6_scope_id)
		snprintf(scope, sizeof(scope), "%%%u", in6.sin6_scope_id);
	snprintf(value, sizeof(value), "[%pI6c%s]:%u", &in6.sin6_addr, scope, ntohs(in6.sin6_port));
	put_plain(text, value);
}

/* A family that is not decoded, or an address too short for its family: in hexadecimal digits. */
static void put_other_address(struct syscord_text *text, sa_family_t family, const u8 *bytes,
			      size_t len)
{
	size_t i;

	put_constant(text, "af");
	put_decimal(text, family);
	put_char(text, ':');
	for (i = sizeof(family); i < len; i++) {
		put_bits(text, bytes[i] >> 4, 4);
		put_bits(text, bytes[i] & 15, 4);
	}
}

static void put_address(struct syscord_text *text, const u8 *bytes, size_t len)
{
	sa_family_t family;

	if (len < sizeof(family)) {
		put_quoted(text, bytes, len);
		return;
	}
	memcpy(&family, bytes, sizeof(family));
	if (family == AF_INET && len >= sizeof(struct sockaddr_in))
		put_inet_address(text, bytes);
	else if (family == AF_INET6 && len >= offsetof(struct sockaddr_in6, sin6_scope_id))
		put_inet6_address(text, bytes, len);
	else if (family == AF_UNIX)
		put_unix_address(text, bytes, len);
	else
		put_other_address(text, family, bytes, len);
}

/* The label of a field behind a pointer, with what is to be known of it: data(part)= */
static void put_label(struct syscord_text *text, const char *label, u32 word)
{
	static const struct {
		u32 mark;
		const char *name;
	} marks[] = {
		{ SYSCORD_MARK_PART, "part" },
		{ SYSCORD_MARK_FAULT, "fault" },
		{ SYSCORD_MARK_LATE, "late" },
	};
	char before = '(';
	size_t i;

	put_plain(text, label);
	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		if (!(word & marks[i].mark))
			continue;
		put_char(text, before);
		put_plain(text, marks[i].name);
		before = '+';
	}
	if (before == '+')
		put_char(text, ')');
	put_char(text, '=');
}

static void put_elements(struct syscord_text *text, const struct syscord_field *field,
			 const u8 **pos, u32 count)
{
	switch (field->kind) {
	case SYSCORD_TEXT:
	case SYSCORD_BYTES:
		put_value(text, *pos, count, IN_RECORD);
		*pos += count;
		break;
	case SYSCORD_SOCKADDR:
		put_address(text, *pos, count);
		*pos += count;
		break;
	case SYSCORD_STRINGS:
		put_strings_list(text, pos, count);
		break;
	case SYSCORD_STRUCT:
		if (count)
			put_members(text, field->members, pos);
		break;
	case SYSCORD_SCALAR:
		if (count)
			put_scalar(text, field->members, pos);
		break;
	default:
		put_array(text, field, pos, count);
	}
}

/* A field behind a pointer. */
static void put_memory_field(struct syscord_text *text, const struct syscord_field *field,
			     const u8 **pos)
{
	u32 word = take_word(pos, field->kind == SYSCORD_BYTES);
	u32 count = word & SYSCORD_COUNT_MASK;

	put_constant(text, ", ");
	if (word & SYSCORD_MARK_NULL) {
		put_label(text, field->label, 0);
		put_constant(text, "<null>");
	} else if (word & SYSCORD_MARK_FAULT && !count) {
		put_label(text, field->label, 0);
		put_constant(text, "<fault>");
	} else {
		put_label(text, field->label, word);
		put_elements(text, field, pos, count);
	}
}

/* All fields of one part of an event. */
static void put_fields(struct syscord_text *text, const struct syscord_field *field, bool wide,
		       const u8 **pos)
{
	for (; field && field->kind != SYSCORD_END; field++) {
		if (field->kind == SYSCORD_BYTES && !syscord_params.content)
			continue;
		if (field->kind >= SYSCORD_TEXT) {
			put_memory_field(text, field, pos);
			continue;
		}
		put_constant(text, ", ");
		put_label(text, field->label, 0);
		if (field->narrow && !wide)
			put_narrow(text, field, pos);
		else
			put_scalar(text, field, pos);
	}
}

/**
 * struct call - a syscall's event, read
 * @handler:	of the syscall
 * @nr:		its number, of the 32-bit table if
 * @compat:	this is set
 * @unseen:	its entry was not seen
 * @wide:	narrow fields have 64 bits
 * @entry:	the entry part is there
 * @exit:	the exit part is there
 * @no_result:	there is no result
 * @pid:	process
 * @ret:	result
 * @payload:	both parts
 */
struct call {
	const struct syscord_handler *handler;
	s32 nr;
	bool compat;
	bool unseen;
	bool wide;
	bool entry;
	bool exit;
	bool no_result;
	u32 pid;
	s64 ret;
	const u8 *payload;
};

/* What the form's header says. */
static void read_head(struct call *call, const struct syscord_event *event, enum syscord_form form)
{
	const struct syscord_call_thread *thread = (const void *)event;
	const struct syscord_call_short *brief = (const void *)event;
	const struct syscord_call_long *full = (const void *)event;

	switch (form) {
	case SYSCORD_FORM_SHORT:
		call->pid = event->tid;
		call->ret = brief->ret;
		call->payload = brief->payload;
		break;
	case SYSCORD_FORM_THREAD:
		call->pid = thread->pid;
		call->ret = thread->ret;
		call->payload = thread->payload;
		break;
	default:
		call->pid = full->pid;
		call->ret = full->ret;
		call->payload = full->payload;
	}
}

/* A call that has no class of its own. */
static void read_other(struct call *call, const struct syscord_event *event)
{
	read_head(call, event, SYSCORD_FORM_LONG);
	memcpy(&call->nr, call->payload, sizeof(call->nr));
	call->handler = &syscord_handler_compat;
	call->compat = event->id & SYSCORD_ID_COMPAT & ~SYSCORD_ID_UNKNOWN;
	if (!call->compat)
		call->handler = &syscord_handler_default;
	call->unseen = event->id & SYSCORD_OTHER_UNSEEN;
	call->no_result = event->id & SYSCORD_OTHER_NO_RESULT;
}

static void read_call(struct call *call, const struct syscord_event *event)
{
	enum syscord_form form = event->id % SYSCORD_CLASSES_OF_NR / 2;
	bool part = event->id & SYSCORD_PART;

	memset(call, 0, sizeof(*call));
	if (event->id >= SYSCORD_ID_UNKNOWN) {
		read_other(call, event);
		return;
	}
	read_head(call, event, form);
	call->nr = event->id / SYSCORD_CLASSES_OF_NR;
	call->handler = syscord_handler(call->nr);
	call->unseen = form == SYSCORD_FORM_UNSEEN;
	call->wide = call->unseen || form == SYSCORD_FORM_WIDE;
	call->entry = !call->unseen || part;
	call->exit = !call->unseen && part;
	call->no_result = !syscord_has_result(call->handler);
}

static void put_result(struct syscord_text *text, const struct call *call)
{
	const struct syscord_handler *handler = call->handler;

	put_constant(text, ", res=");
	if (call->no_result)
		put_char(text, '?');
	else if (call->ret < 0 && call->ret >= -MAX_ERROR)
		put_signed(text, call->ret);
	else if (handler->ret_kind == SYSCORD_S32)
		put_integer(text, (s64)(s32)call->ret, true, handler->ret_base);
	else if (handler->ret_kind == SYSCORD_U32)
		put_integer(text, (u32)call->ret, false, handler->ret_base);
	else
		put_integer(text, call->ret, syscord_is_signed(handler->ret_kind),
			    handler->ret_base);
}

/* Who called what. */
static void put_head(struct syscord_text *text, const struct call *call, u32 tid)
{
	const char *name = syscord_name(call->nr, call->compat);

	put_constant(text, "pid=");
	put_decimal(text, call->pid);
	if (tid != call->pid) {
		put_constant(text, ", tid=");
		put_decimal(text, tid);
	}
	put_constant(text, ", ");
	put_plain(text, name ?: "unknown");
	if (!name) {
		put_constant(text, ", nr=");
		put_signed(text, call->nr);
	}
	if (call->compat)
		put_constant(text, ", abi=32");
	if (call->unseen)
		put_constant(text, ", entry=unseen");
}

/**
 * syscord_format_event - append an event as a line
 * @text:	with syscord_line_room() characters of room
 * @event:	from a ring, a syscall's
 */
void syscord_format_event(struct syscord_text *text, const struct syscord_event *event)
{
	const u8 *pos;
	struct call call;

	read_call(&call, event);
	pos = call.payload;
	put_head(text, &call, event->tid);
	if (call.entry)
		put_fields(text, call.handler->entry_fields, call.wide, &pos);
	put_result(text, &call);
	if (call.exit)
		put_fields(text, call.handler->exit_fields, call.wide, &pos);
	put_char(text, '\n');
}

/**
 * syscord_format_lost - append a line that says how many records are missing
 * @text:	with room for 100 characters
 * @cpu:	whose records
 * @cause:	why
 * @count:	how many since the last such line
 */
void syscord_format_lost(struct syscord_text *text, unsigned int cpu, const char *cause, u64 count)
{
	put_constant(text, "lost=");
	put_decimal(text, count);
	put_constant(text, ", cause=");
	put_plain(text, cause);
	put_constant(text, ", cpu=");
	put_decimal(text, cpu);
	put_char(text, '\n');
}
