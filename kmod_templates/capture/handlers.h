/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rest of the module knows of a handler: how to capture a syscall, and what its record
 * means.  Both are generated from one declaration (handlers.c), so that they agree.
 */
#ifndef SYSCORD_HANDLERS_H
#define SYSCORD_HANDLERS_H

#include <linux/bits.h>
#include <linux/nospec.h>
#include <linux/types.h>

struct syscord_cursor;

enum syscord_kind {
	SYSCORD_END,		/* closes a list of fields */
	SYSCORD_S8,
	SYSCORD_U8,
	SYSCORD_S16,
	SYSCORD_U16,
	SYSCORD_S32,
	SYSCORD_U32,
	SYSCORD_S64,
	SYSCORD_U64,
	SYSCORD_TEXT,		/* the bytes of a string */
	SYSCORD_BYTES,		/* bytes of content */
	SYSCORD_SOCKADDR,	/* bytes of a socket address */
	SYSCORD_STRINGS,	/* fields of kind SYSCORD_TEXT */
	SYSCORD_STRUCT,		/* at most one element of members */
	SYSCORD_STRUCTS,	/* elements of members */
	SYSCORD_SCALAR,		/* at most one element of a single member */
	SYSCORD_SCALARS,	/* elements of a single member */
};

enum syscord_base {
	SYSCORD_DEC,
	SYSCORD_HEX,
	SYSCORD_OCT,
};

/* A named constant. */
struct syscord_symbol {
	const char *name;
	u64 value;
};

/**
 * struct syscord_type - what a field is called in a trace's metadata, and means there
 * @name:	t_TYPE for plain integers and bytes, e_SET__TYPE for one of some symbols,
 *		f_SET__TYPE for bits of them
 * @symbols:	the symbols, closed by one without a name; NULL if it has none
 * @kind:	of the integer (SYSCORD_S8 to SYSCORD_U64), or SYSCORD_TEXT, or SYSCORD_BYTES
 * @base:	how an integer is written
 */
struct syscord_type {
	const char *name;
	const struct syscord_symbol *symbols;
	u8 kind;
	u8 base;
};

/**
 * struct syscord_field - one field of a record
 * @label:	its name there
 * @members:	of an element, for the last four kinds
 * @type:	in a trace; of structs NULL
 * @kind:	what stands in the event (enum syscord_kind)
 * @base:	how an integer is written (enum syscord_base)
 * @narrow:	it has 32 bits; in the wide and unseen forms 64
 */
struct syscord_field {
	const char *label;
	const struct syscord_field *members;
	const struct syscord_type *type;
	u8 kind;
	u8 base;
	bool narrow;
};

/* A struct that some handler records. */
struct syscord_struct {
	const char *name;
	const struct syscord_field *members;
};

/* What has to be done for a call: the first two at its exit, the others at its entry. */
#define SYSCORD_WORK_ARGS	BIT(0)	/* get the first three arguments from the registers */
#define SYSCORD_WORK_ALL_ARGS	BIT(1)	/* get all six */
#define SYSCORD_WORK_MEMORY	BIT(2)	/* read memory */
#define SYSCORD_WORK_KEEP_ARGS	BIT(3)	/* keep the arguments: they may not be there at exit */
#define SYSCORD_WORK_RECORD	BIT(4)	/* make the record, as the call never returns */
#define SYSCORD_WORK_PENDING	(SYSCORD_WORK_MEMORY | SYSCORD_WORK_KEEP_ARGS)

/**
 * struct syscord_handler - one syscall
 * @name:		of the syscall
 * @prototype:		how it is called, with the fields that come of each argument
 * @entry_fields:	of the entry part, closed by SYSCORD_END
 * @exit_fields:	of the exit part, closed by SYSCORD_END
 * @entry:		puts the entry part; NULL if it has none
 * @exit:		puts the exit part, when the call succeeded; NULL if it has none
 * @at_exit:		puts both parts at exit; returns NULL if an argument does not fit in a
 *			narrow field.  NULL if there are no parts, or memory is read at entry
 * @exit_room:		bytes that all that is put at exit takes at most, without content
 * @slow:		SYSCORD_SLOW_CALL, if every call takes the slow path
 * @generic_id:		SYSCORD_ID_UNKNOWN or SYSCORD_ID_COMPAT, for calls that have no class of
 *			their own, else 0
 * @work:		SYSCORD_WORK_*
 * @part:		SYSCORD_PART if it has an exit part
 * @exit_content:	U32_MAX if the exit part has a field of content, else 0: a mask
 * @ret_kind:		type of the result (SYSCORD_S8 to SYSCORD_U64)
 * @ret_base:		how the result is written
 * @never_returns:	recorded at entry
 * @returns_twice:	it returns in the child too, with 0
 * @replaces_memory:	after success, the memory that it was called with is gone
 * @path_arg:		if so: which argument is the path of the new program
 * @argv_arg:		if so: which argument is the vector of the program's arguments
 * @no_result:		the value that sys_exit has for it is not a result
 */
struct syscord_handler {
	const char *name;
	const char *prototype;
	const struct syscord_field *entry_fields;
	const struct syscord_field *exit_fields;
	u8 *(*entry)(struct syscord_cursor *c, u8 *pos, const unsigned long *args);
	u8 *(*exit)(struct syscord_cursor *c, u8 *pos, const unsigned long *args, long ret);
	u8 *(*at_exit)(struct syscord_cursor *c, u8 *pos, const unsigned long *args, long ret);
	u64 slow;
	u32 exit_room;
	u32 exit_content;
	u16 generic_id;
	u8 work;
	u8 part;
	u8 ret_kind;
	u8 ret_base;
	u8 never_returns;
	u8 returns_twice;
	u8 replaces_memory;
	u8 no_result;
	u8 path_arg;
	u8 argv_arg;
};

/* The largest @exit_room of all handlers; checked where they are generated. */
#define SYSCORD_EXIT_ROOM_MAX	16384

/* For every syscall without a handler of its own. */
extern const struct syscord_handler syscord_handler_default;
/* For numbers that the table of names does not know. */
extern const struct syscord_handler syscord_handler_unknown;
/* For 32-bit calls, which are not decoded. */
extern const struct syscord_handler syscord_handler_compat;

/* By number in the 64-bit table; NULL, or past the end: the default. */
extern const struct syscord_handler *const syscord_handlers[];
extern const unsigned int syscord_nr_handlers;

/* The types and structs of all fields, for a trace's metadata. */
extern const struct syscord_type *const syscord_types[];
extern const unsigned int syscord_nr_types;
extern const struct syscord_struct syscord_structs[];
extern const unsigned int syscord_nr_structs;

static inline bool syscord_has_result(const struct syscord_handler *handler)
{
	return !handler->no_result && !handler->never_returns;
}

/* Whether integers of a kind have a sign. */
static inline bool syscord_is_signed(enum syscord_kind kind)
{
	return kind == SYSCORD_S8 || kind == SYSCORD_S16 || kind == SYSCORD_S32 ||
	       kind == SYSCORD_S64;
}

/* The handler of a 64-bit call. */
static inline const struct syscord_handler *syscord_handler(long nr)
{
	const struct syscord_handler *handler;

	if ((unsigned long)nr >= syscord_nr_handlers)
		return &syscord_handler_default;
	handler = syscord_handlers[array_index_nospec(nr, syscord_nr_handlers)];
	return handler ?: &syscord_handler_default;
}

#endif
