// SPDX-License-Identifier: GPL-2.0
/*
 * Quoting.  Most bytes need neither quotes nor escapes, so they are looked at and copied eight at a
 * time.
 */
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#include "write/text/put.h"
#include "write/text/quote.h"
#include "write/text/word.h"

/* What stands for a byte between quotes, as in C; @len is 1 if that is the byte itself. */
static struct escape {
	char text[4];
	u32 len;
} escapes[256];

static void prepare_escape(struct escape *escape, u8 c)
{
	static const char letters[] = "\nn\tt\rr\"\"\\\\";
	const char *letter = letters;

	while (*letter && *letter != c)
		letter += 2;
	escape->text[0] = '\\';
	if (c && *letter) {
		escape->text[1] = letter[1];
		escape->len = 2;
	} else if (c >= ' ' && c <= '~') {
		escape->text[0] = c;
		escape->len = 1;
	} else {
		escape->text[1] = '0' + (c >> 6);
		escape->text[2] = '0' + (c >> 3 & 7);
		escape->text[3] = '0' + (c & 7);
		escape->len = 4;
	}
}

/**
 * syscord_quote_prepare - make the table of escapes
 */
void syscord_quote_prepare(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(escapes); i++)
		prepare_escape(&escapes[i], i);
}

/* The last @len bytes before @end, 1 to 7; the rest of the word is zero. */
static __always_inline u64 load_tail(const u8 *end, size_t len)
{
	return load_word(end - sizeof(u64)) >> (sizeof(u64) - len) * BITS_PER_BYTE;
}

/*
 * Which bytes of a word are special: those that need an escape between quotes, and with @comma also
 * the comma.  Returns 0 if there is none.  Else the lowest bit that is set is the top bit of the
 * first special byte.  The bits above it mean nothing, since a subtraction may borrow from the next
 * byte.
 *
 * A byte is special if one of these has its top bit set:
 *	the first difference: the byte is below a space, or it is '"'
 *	the second: it is '\\'
 *	the sum: it is 127
 * A byte of 128 or more has it set in one of the last two.
 */
static __always_inline u64 special_bytes(u64 word, bool comma)
{
	u64 special = (word ^ EACH_BYTE(2)) - EACH_BYTE(('"' ^ 2) + 1);

	special |= (word ^ EACH_BYTE('\\')) - EACH_BYTE(1);
	special |= word + EACH_BYTE(1);
	if (comma)
		special |= (word ^ EACH_BYTE(',')) - EACH_BYTE(1);
	return special & EACH_BYTE(0x80);
}

/* A byte's escape, and those of the next bytes that need one: binary data is full of them. */
static __always_inline char *put_escapes(char *pos, const u8 **bytes, const u8 *end)
{
	const struct escape *escape = &escapes[**bytes];

	do {
		memcpy(pos, escape->text, sizeof(escape->text));
		pos += escape->len;
		if (++*bytes == end)
			break;
		escape = &escapes[**bytes];
	} while (escape->len > 1);
	return pos;
}

/* Fewer than eight bytes, with escapes. */
static __always_inline char *put_tail_escaped(char *pos, const u8 *bytes, const u8 *end)
{
	while (bytes < end) {
		u64 word = load_tail(end, end - bytes);
		/* The zeros behind the tail are special, so there is always a special byte. */
		unsigned int count = __ffs64(special_bytes(word, false)) / BITS_PER_BYTE;

		put_word(pos, word);
		pos += count;
		bytes += count;
		if (bytes < end)
			pos = put_escapes(pos, &bytes, end);
	}
	return pos;
}

/**
 * syscord_put_quoted - put bytes between quotes
 * @pos:	where to
 * @bytes:	eight bytes before them are readable
 * @len:	how many
 *
 * Return: the end of the text.
 */
noinline char *syscord_put_quoted(char *pos, const u8 *bytes, size_t len)
{
	const u8 *end = bytes + len, *last = end - sizeof(u64);

	pos = put_char(pos, '"');
	while (bytes <= last) {
		u64 word = load_word(bytes), special = special_bytes(word, false);
		unsigned int count;

		put_word(pos, word);
		if (likely(!special)) {
			pos += sizeof(word);
			bytes += sizeof(word);
			continue;
		}
		count = __ffs64(special) / BITS_PER_BYTE;
		pos += count;
		bytes += count;
		pos = put_escapes(pos, &bytes, end);
	}
	return put_char(put_tail_escaped(pos, bytes, end), '"');
}

/* Where a byte makes its value need quotes. */
#define QUOTE_ANYWHERE	BIT(0)
#define QUOTE_IN_LIST	BIT(1)	/* anywhere in a value of a list */
#define QUOTE_IF_FIRST	BIT(2)	/* as in <fault>, [a], {a=1} */

static const u8 quote[256] = {
	[0 ... 31] = QUOTE_ANYWHERE,
	[' '] = QUOTE_IN_LIST,
	['"'] = QUOTE_ANYWHERE,
	[','] = QUOTE_ANYWHERE,
	['<'] = QUOTE_IF_FIRST,
	['['] = QUOTE_IN_LIST | QUOTE_IF_FIRST,
	['\\'] = QUOTE_ANYWHERE,
	[']'] = QUOTE_IN_LIST,
	['{'] = QUOTE_IN_LIST | QUOTE_IF_FIRST,
	['}'] = QUOTE_IN_LIST,
	[127 ... 255] = QUOTE_ANYWHERE,
};

/* A word as it is.  False if it has a byte of QUOTE_ANYWHERE. */
static __always_inline bool put_plain_word(char *pos, u64 word)
{
	put_word(pos, word);
	return !special_bytes(word, true);
}

/* Bytes as they are.  False if one is of QUOTE_ANYWHERE: then the text is to be overwritten. */
static __always_inline bool put_if_plain(char *pos, const u8 *bytes, size_t len)
{
	const size_t size = sizeof(u64);
	size_t i;

	/* Spaces take the place of the zeros behind a tail, which would be special. */
	if (len < size)
		return put_plain_word(pos, load_tail(bytes + len, len) |
					   EACH_BYTE(' ') << len * BITS_PER_BYTE);
	for (i = 0; i + 2 * size <= len; i += 2 * size) {
		u64 first = load_word(bytes + i), second = load_word(bytes + i + size);

		put_word(put_word(pos + i, first), second);
		if (special_bytes(first, true) | special_bytes(second, true))
			return false;
	}
	if (len - i > size && !put_plain_word(pos + i, load_word(bytes + i)))
		return false;
	/* The last word may overlap the one before. */
	return i == len || put_plain_word(pos + len - size, load_word(bytes + len - size));
}

/**
 * syscord_put_value - put bytes of a process, between quotes if need be
 * @pos:	where to
 * @bytes:	eight bytes before them are readable
 * @len:	how many
 *
 * Return: the end of the text.
 */
noinline char *syscord_put_value(char *pos, const u8 *bytes, size_t len)
{
	if (likely(len && !(quote[*bytes] & QUOTE_IF_FIRST)) && put_if_plain(pos, bytes, len))
		return pos + len;
	return syscord_put_quoted(pos, bytes, len);
}

static bool list_needs_quotes(const u8 *bytes, size_t len)
{
	u8 found;
	size_t i;

	if (!len)
		return true;
	/* Dots say that there was more. */
	if (len >= 3 && !memcmp(bytes + len - 3, "...", 3))
		return true;
	found = quote[bytes[0]] & QUOTE_IF_FIRST;
	for (i = 0; i < len; i++)
		found |= quote[bytes[i]] & (QUOTE_ANYWHERE | QUOTE_IN_LIST);
	return found;
}

/**
 * syscord_put_list_value - put bytes of a process as an element of a list
 * @pos:	where to
 * @bytes:	eight bytes before them are readable
 * @len:	how many
 *
 * In a list, spaces and brackets are syntax, too.
 *
 * Return: the end of the text.
 */
char *syscord_put_list_value(char *pos, const u8 *bytes, size_t len)
{
	/* What needs no quotes in a list needs none elsewhere. */
	return list_needs_quotes(bytes, len) ? syscord_put_quoted(pos, bytes, len)
					     : syscord_put_value(pos, bytes, len);
}
