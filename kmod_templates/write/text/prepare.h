/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables that records are printed by.  They are made when the module is loaded: labels with all
 * that stands around them and with their lengths, in the order in which they come in a line.
 */
#ifndef SYSCORD_PREPARE_H
#define SYSCORD_PREPARE_H

#include <linux/types.h>

#include "capture/handlers.h"

/* How an integer is printed. */
enum syscord_style {
	SYSCORD_STYLE_UNSIGNED,
	SYSCORD_STYLE_SIGNED,
	SYSCORD_STYLE_OTHER_BASE,	/* to the base 8 or 16 */
	SYSCORD_STYLE_NO_RESULT,	/* the call has none: a question mark */
};

/* Among the kinds of fields, the result. */
#define SYSCORD_RESULT	(SYSCORD_SCALARS + 1)

/**
 * struct syscord_field_format - how a field is printed
 * @label:	", LABEL=", or of a member " LABEL="; for put_piece()
 * @members:	of an element, for the kinds that have them
 * @label_len:	of @label
 * @kind:	what stands in the event (enum syscord_kind), or SYSCORD_RESULT
 * @style:	how an integer is printed (enum syscord_style)
 * @size:	bytes of an integer in the event; the second if the event has the wide form
 * @shift:	bits that an integer leaves free in a word of 64
 * @base:	to which base it is printed (enum syscord_base)
 * @is_signed:	it has a sign
 */
struct syscord_field_format {
	const char *label;
	const struct syscord_field_format *members;
	u32 label_len;
	u8 kind;
	u8 style;
	u8 size[2];
	u8 shift[2];
	u8 base;
	bool is_signed;
};

/**
 * struct syscord_line_format - how the record of a syscall is printed
 * @fields:	of the entry part, the result, and of the exit part, closed by SYSCORD_END
 * @result:	where among them the result is
 * @name:	", NAME", for put_piece()
 * @name_len:	of @name
 */
struct syscord_line_format {
	const struct syscord_field_format *fields;
	const struct syscord_field_format *result;
	const char *name;
	u32 name_len;
};

/* Those of all syscalls, by number in the 64-bit table. */
struct syscord_line_formats {
	struct syscord_line_format *lines;
	unsigned int nr_lines;
};

extern struct syscord_line_formats syscord_line_formats;

int syscord_text_prepare(void);
void syscord_text_free(void);
size_t syscord_line_room(size_t event_size);

#endif
