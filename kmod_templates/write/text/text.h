/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What lines are made of: numbers, labels, and bytes that a process gave.
 *
 * Each function puts something where @pos points, and returns where it ends.  Room is there for
 * all of a line (syscord_line_room()), so nothing is checked here.  Text is moved in words, which
 * may write up to SYSCORD_TEXT_SLACK bytes too many: they are overwritten by what comes next.
 *
 * Memory is never read behind its end, but in front of its beginning, where a word is made of its
 * last bytes: the eight bytes before it must be there.  In an event its header is.
 */
#ifndef SYSCORD_TEXT_H
#define SYSCORD_TEXT_H

#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/swab.h>
#include <linux/types.h>

/* Bytes behind the end of what was put that may be overwritten. */
#define SYSCORD_TEXT_SLACK	32

/* Where text is put, and where the event is read that it comes from. */
struct syscord_way {
	char *pos;
	const u8 *bytes;
};

static __always_inline char *put_char(char *pos, char c)
{
	*pos = c;
	return pos + 1;
}

/* A constant: its length is known to the compiler, which makes a few stores of it. */
static __always_inline char *put_constant(char *pos, const char *string)
{
	memcpy(pos, string, __builtin_strlen(string));
	return pos + __builtin_strlen(string);
}

/* A piece of text that is put often is readable to the next multiple of this behind its end. */
#define SYSCORD_PIECE_WORD	16

static __always_inline char *put_piece(char *pos, const char *text, size_t len)
{
	size_t done;

	memcpy(pos, text, SYSCORD_PIECE_WORD);
	for (done = SYSCORD_PIECE_WORD; unlikely(done < len); done += SYSCORD_PIECE_WORD)
		memcpy(pos + done, text + done, SYSCORD_PIECE_WORD);
	return pos + len;
}

/* A word that has a byte eight times. */
#define EACH_BYTE(c)	(0x0101010101010101ULL * (c))

/* The eight digits of a number below 10^8, each in a byte, the first in the lowest. */
static __always_inline u64 decimal_digits(u32 value)
{
	/* Numbers of four digits, then of two, side by side, and divided all at once. */
	u64 fours = value / 10000 | (u64)(value % 10000) << 32;
	u64 high = (fours * 10486 >> 20) & 0x7f0000007fULL;
	u64 twos = high + ((fours - high * 100) << 16);

	high = (twos * 103 >> 10) & 0x000f000f000f000fULL;
	return high + ((twos - high * 10) << 8);
}

/* The eight digits of a number to the base 16, in the same way. */
static __always_inline u64 hex_digits(u32 value)
{
	u64 word = value;

	word = (word | word << 16) & 0x0000ffff0000ffffULL;
	word = (word | word << 8) & 0x00ff00ff00ff00ffULL;
	word = (word | word << 4) & EACH_BYTE(0x0f);
	return swab64(word);
}

/* What is to be added to eight digits to the base 16, so that each is a character. */
static __always_inline u64 hex_characters(u64 digits)
{
	u64 letters = (digits + EACH_BYTE(6)) >> 4 & EACH_BYTE(1);

	return EACH_BYTE('0') + letters * ('a' - '0' - 10);
}

static __always_inline char *put_word(char *pos, u64 word)
{
	memcpy(pos, &word, sizeof(word));
	return pos + sizeof(word);
}

/* Some of eight digits, not all of which are 0: those in front that are 0 are left out. */
static __always_inline char *put_without_zeros(char *pos, u64 digits, u64 characters)
{
	unsigned int zeros = __ffs64(digits) / BITS_PER_BYTE;

	put_word(pos, (digits + characters) >> zeros * BITS_PER_BYTE);
	return pos + sizeof(digits) - zeros;
}

#define TEN_TO_8	100000000U

static char *put_up_to_8_digits(char *pos, u32 value)
{
	return put_without_zeros(pos, decimal_digits(value), EACH_BYTE('0'));
}

/* More than eight digits. */
static noinline char *put_long_decimal(char *pos, u64 value)
{
	u64 high = value / TEN_TO_8;

	if (high >= TEN_TO_8) {
		pos = put_up_to_8_digits(pos, high / TEN_TO_8);
		pos = put_word(pos, decimal_digits(high % TEN_TO_8) + EACH_BYTE('0'));
	} else {
		pos = put_up_to_8_digits(pos, high);
	}
	return put_word(pos, decimal_digits(value % TEN_TO_8) + EACH_BYTE('0'));
}

/* The two digits of each number below 100. */
static char pairs[100][2];

static void prepare_pairs(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		pairs[i][0] = '0' + i / 10;
		pairs[i][1] = '0' + i % 10;
	}
}

static __always_inline char *put_pair(char *pos, unsigned int value)
{
	memcpy(pos, pairs[value], sizeof(pairs[value]));
	return pos + sizeof(pairs[value]);
}

/* More than one digit. */
static noinline char *put_large_decimal(char *pos, u64 value)
{
	unsigned int high;

	if (value < 100)
		return put_pair(pos, value);
	if (value >= 10000)
		return value < TEN_TO_8 ? put_up_to_8_digits(pos, value)
					: put_long_decimal(pos, value);
	high = (unsigned int)value / 100;
	if (high < 10)
		pos = put_char(pos, '0' + high);
	else
		pos = put_pair(pos, high);
	return put_pair(pos, (unsigned int)value - high * 100);
}

static __always_inline char *put_decimal(char *pos, u64 value)
{
	if (value < 10)
		return put_char(pos, '0' + value);
	return put_large_decimal(pos, value);
}

static __always_inline char *put_signed(char *pos, s64 value)
{
	if (value < 0) {
		pos = put_char(pos, '-');
		value = -(u64)value;
	}
	return put_decimal(pos, value);
}

static noinline char *put_hex(char *pos, u64 value)
{
	u64 digits = hex_digits(value >> 32);

	if (!value)
		return put_char(pos, '0');
	if (digits)
		pos = put_without_zeros(pos, digits, hex_characters(digits));
	else
		return put_without_zeros(pos, hex_digits(value), hex_characters(hex_digits(value)));
	digits = hex_digits(value);
	return put_word(pos, digits + hex_characters(digits));
}

static noinline char *put_octal(char *pos, u64 value)
{
	char *end = pos + (value ? (fls64(value) + 2) / 3 : 1);

	for (pos = end; value >= 8; value >>= 3)
		*--pos = '0' + (value & 7);
	*--pos = '0' + value;
	return end;
}

/* Eight bytes, which need not be aligned. */
static __always_inline u64 load_word(const u8 *bytes)
{
	u64 word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* The last @len bytes before @end, less than eight and not none; the rest of the word is zero. */
static __always_inline u64 load_part(const u8 *end, size_t len)
{
	return load_word(end - sizeof(u64)) >> (sizeof(u64) - len) * BITS_PER_BYTE;
}

/*
 * Which bytes of a word can't stand as they are between quotes (@comma false), or in plain text
 * (true): the lowest bit that is set is the highest of the first such byte.  The bits above it say
 * nothing, as a difference may borrow from the next byte.
 *
 * Of a byte below 128, the difference is negative if it is less than a space, or was '"' and is
 * one, then if it was '\\'; the sum is 128 or more if it was 127.  One of the last two is so for
 * each byte from 128 on.
 */
static __always_inline u64 odd_bytes(u64 word, bool comma)
{
	u64 odd = (word ^ EACH_BYTE(2)) - EACH_BYTE(('"' ^ 2) + 1);

	odd |= (word ^ EACH_BYTE('\\')) - EACH_BYTE(1);
	odd |= word + EACH_BYTE(1);
	if (comma)
		odd |= (word ^ EACH_BYTE(',')) - EACH_BYTE(1);
	return odd & EACH_BYTE(0x80);
}

/* What stands for a byte between quotes, as in C; @len is 1 for those that stand for themselves. */
static struct syscord_escape {
	char text[4];
	u32 len;
} escapes[256];

static void prepare_escape(struct syscord_escape *escape, u8 c)
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

static void prepare_escapes(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(escapes); i++)
		prepare_escape(&escapes[i], i);
}

/* A byte, and those behind it that need an escape too, as binary data is full of them. */
static __always_inline char *put_escapes(char *pos, const u8 **bytes, const u8 *end)
{
	const struct syscord_escape *escape = &escapes[**bytes];

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
static __always_inline char *put_part_escaped(char *pos, const u8 *bytes, const u8 *end)
{
	while (bytes < end) {
		u64 word = load_part(end, end - bytes);
		/* The zeros behind the part look odd too, so that there is always one. */
		unsigned int count = __ffs64(odd_bytes(word, false)) / BITS_PER_BYTE;

		put_word(pos, word);
		pos += count;
		bytes += count;
		if (bytes < end)
			pos = put_escapes(pos, &bytes, end);
	}
	return pos;
}

static noinline char *put_quoted(char *pos, const u8 *bytes, size_t len)
{
	const u8 *end = bytes + len, *last = end - sizeof(u64);

	pos = put_char(pos, '"');
	while (bytes <= last) {
		u64 word = load_word(bytes), odd = odd_bytes(word, false);
		unsigned int count;

		put_word(pos, word);
		if (likely(!odd)) {
			pos += sizeof(word);
			bytes += sizeof(word);
			continue;
		}
		count = __ffs64(odd) / BITS_PER_BYTE;
		pos += count;
		bytes += count;
		pos = put_escapes(pos, &bytes, end);
	}
	return put_char(put_part_escaped(pos, bytes, end), '"');
}

/* A word as it is.  False if it has a byte that has a meaning in a record. */
static __always_inline bool put_plain_word(char *pos, u64 word)
{
	put_word(pos, word);
	return !odd_bytes(word, true);
}

/*
 * Bytes as they are, if none has a meaning in a record but that which it may have as the first.
 * False if there is one; what was written then is to be overwritten.
 */
static __always_inline bool put_if_plain(char *pos, const u8 *bytes, size_t len)
{
	const size_t size = sizeof(u64);
	size_t i;

	/* Spaces, where there are zeros behind a part. */
	if (len < size)
		return put_plain_word(pos, load_part(bytes + len, len) |
					   EACH_BYTE(' ') << len * BITS_PER_BYTE);
	for (i = 0; i + 2 * size <= len; i += 2 * size) {
		u64 first = load_word(bytes + i), second = load_word(bytes + i + size);

		put_word(put_word(pos + i, first), second);
		if (odd_bytes(first, true) | odd_bytes(second, true))
			return false;
	}
	if (len - i > size && !put_plain_word(pos + i, load_word(bytes + i)))
		return false;
	/* The last word, of which some bytes may have been in the one before. */
	return i == len || put_plain_word(pos + len - size, load_word(bytes + len - size));
}

/* What a byte means in a value. */
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

/* Bytes that a process gave. */
static noinline char *put_value(char *pos, const u8 *bytes, size_t len)
{
	if (likely(len && !(meaning[*bytes] & FIRST_SYNTAX)) && put_if_plain(pos, bytes, len))
		return pos + len;
	return put_quoted(pos, bytes, len);
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
	found = meaning[bytes[0]] & FIRST_SYNTAX;
	for (i = 0; i < len; i++)
		found |= meaning[bytes[i]] & (NEVER_PLAIN | LIST_SYNTAX);
	return found;
}

/* The same in a list, where spaces and brackets are syntax too. */
static char *put_list_value(char *pos, const u8 *bytes, size_t len)
{
	/* What is plain in a list is so everywhere. */
	return list_needs_quotes(bytes, len) ? put_quoted(pos, bytes, len)
					     : put_value(pos, bytes, len);
}

#endif
