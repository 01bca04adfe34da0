// SPDX-License-Identifier: GPL-2.0
/*
 * Digits are computed eight at a time, each in a byte of a word, the first in the lowest.
 */
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/swab.h>
#include <linux/types.h>

#include "write/text/number.h"
#include "write/text/put.h"
#include "write/text/word.h"

/* The two digits of each number below 100. */
static char pairs[100][2];

/**
 * syscord_number_prepare - make the table that numbers are put with
 */
void syscord_number_prepare(void)
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

/* The eight digits of a number below 10^8. */
static __always_inline u64 decimal_digits(u32 value)
{
	/* Two numbers of four digits, then four of two, side by side, and divided all at once. */
	u64 fours = value / 10000 | (u64)(value % 10000) << 32;
	u64 high = (fours * 10486 >> 20) & 0x7f0000007fULL;
	u64 twos = high + ((fours - high * 100) << 16);

	high = (twos * 103 >> 10) & 0x000f000f000f000fULL;
	return high + ((twos - high * 10) << 8);
}

/* The eight hexadecimal digits of a number. */
static __always_inline u64 hex_digits(u32 value)
{
	u64 word = value;

	word = (word | word << 16) & 0x0000ffff0000ffffULL;
	word = (word | word << 8) & 0x00ff00ff00ff00ffULL;
	word = (word | word << 4) & EACH_BYTE(0x0f);
	return swab64(word);
}

/* What to add to eight hexadecimal digits to make characters of them. */
static __always_inline u64 hex_characters(u64 digits)
{
	u64 letters = (digits + EACH_BYTE(6)) >> 4 & EACH_BYTE(1);

	return EACH_BYTE('0') + letters * ('a' - '0' - 10);
}

/* Eight digits, not all 0, without the leading zeros.  @characters is added to the digits. */
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

/**
 * syscord_put_large_decimal - put a number of more than one digit
 * @pos:	where to
 * @value:	10 or more
 *
 * Return: the end of it.
 */
char *syscord_put_large_decimal(char *pos, u64 value)
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

/**
 * syscord_put_hex - put a number in hexadecimal digits, without 0x
 * @pos:	where to
 * @value:	the number
 *
 * Return: the end of it.
 */
char *syscord_put_hex(char *pos, u64 value)
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

/**
 * syscord_put_octal - put a number in octal digits, without a leading 0
 * @pos:	where to
 * @value:	the number
 *
 * Return: the end of it.
 */
char *syscord_put_octal(char *pos, u64 value)
{
	char *end = pos + (value ? (fls64(value) + 2) / 3 : 1);

	for (pos = end; value >= 8; value >>= 3)
		*--pos = '0' + (value & 7);
	*--pos = '0' + value;
	return end;
}
