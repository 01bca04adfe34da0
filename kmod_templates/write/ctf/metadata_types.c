// SPDX-License-Identifier: GPL-2.0
/*
 * The metadata's types: integers, enumerations of named constants, structs.
 */
#include <linux/kernel.h>
#include <linux/types.h>

#include "capture/handlers.h"
#include "capture/names_tables.h"
#include "write/ctf/metadata_types.h"
#include "write/ctf/tsdl.h"

#define put	syscord_tsdl_printf

static unsigned int bits_of(enum syscord_kind kind)
{
	switch (kind) {
	case SYSCORD_S16:
	case SYSCORD_U16:
		return 16;
	case SYSCORD_S32:
	case SYSCORD_U32:
		return 32;
	case SYSCORD_S64:
	case SYSCORD_U64:
		return 64;
	default:
		return 8;
	}
}

#define MARKS	"\"none\" = 0, \"part\" = 1, \"fault\" = 2, \"null\" = 4, \"late\" = 8"

/**
 * syscord_metadata_put_basic_types - the types that all traces have
 * @tsdl:	where to
 */
void syscord_metadata_put_basic_types(struct syscord_tsdl *tsdl)
{
	static const unsigned int sizes[] = { 8, 16, 32, 64 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		put(tsdl, SYSCORD_INTEGER "size = %u; signed = false; } := uint%u_t;\n",
		    sizes[i], sizes[i]);
	for (i = 2; i < ARRAY_SIZE(sizes); i++)
		put(tsdl, SYSCORD_INTEGER "size = %u; signed = true; } := int%u_t;\n",
		    sizes[i], sizes[i]);
	put(tsdl, SYSCORD_INTEGER "size = 64; signed = false; base = 16; } := bits64_t;\n"
		  SYSCORD_INTEGER "size = 64; signed = true; base = 16; } := hex64_t;\n"
		  SYSCORD_INTEGER "size = 32; signed = true; base = 16; } := hex32_t;\n"
		  SYSCORD_INTEGER "size = 64; signed = true; base = 8; } := oct64_t;\n"
		  SYSCORD_INTEGER "size = 32; signed = true; base = 8; } := oct32_t;\n"
		  SYSCORD_INTEGER "size = 8; encoding = UTF8; } := char_t;\n"
		  SYSCORD_INTEGER "size = 12; } := t_count;\n"
		  "typealias enum : integer { size = 4; align = 1; } { " MARKS " } := t_marks;\n"
		  SYSCORD_INTEGER "size = 24; } := t_long_count;\n"
		  "typealias enum : uint8_t { " MARKS ", \"unread\" = 16 } := t_long_marks;\n");
}

/* C may have extended the sign of a constant: only the bits of its type count. */
static void put_symbols(struct syscord_tsdl *tsdl, const struct syscord_type *type)
{
	const struct syscord_symbol *symbol;
	unsigned int unused = 64 - bits_of(type->kind);
	const char *before = " ";

	for (symbol = type->symbols; symbol->name; symbol++) {
		u64 value = symbol->value << unused >> unused;

		if (syscord_is_signed(type->kind))
			put(tsdl, "%s\"%s\" = %lld", before, symbol->name,
			    (s64)(symbol->value << unused) >> unused);
		else
			put(tsdl, "%s\"%s\" = %llu", before, symbol->name, value);
		before = ", ";
	}
}

static void put_integer_type(struct syscord_tsdl *tsdl, const struct syscord_type *type,
			     unsigned int bits, const char *suffix)
{
	static const unsigned int bases[] = {
		[SYSCORD_DEC] = 10,
		[SYSCORD_HEX] = 16,
		[SYSCORD_OCT] = 8,
	};

	put(tsdl, "typealias %sinteger { size = %u; align = 8; signed = %s; base = %u; }",
	    type->symbols ? "enum : " : "", bits, syscord_is_signed(type->kind) ? "true" : "false",
	    bases[type->base]);
	if (type->symbols) {
		put(tsdl, " {");
		put_symbols(tsdl, type);
		put(tsdl, " }");
	}
	put(tsdl, " := %s%s;\n", type->name, suffix);
}

static void put_type(struct syscord_tsdl *tsdl, const struct syscord_type *type)
{
	if (type->kind == SYSCORD_TEXT) {
		put(tsdl, "typealias char_t := %s;\n", type->name);
		return;
	}
	if (type->kind == SYSCORD_BYTES) {
		put(tsdl, SYSCORD_INTEGER "size = 8; base = 16; } := %s;\n", type->name);
		return;
	}
	put_integer_type(tsdl, type, bits_of(type->kind), "");
	if (bits_of(type->kind) == 64 && !type->symbols)
		put_integer_type(tsdl, type, 32, SYSCORD_NARROW);
}

/**
 * syscord_metadata_put_types - the types of the handlers' fields, and the 32-bit table of names
 * @tsdl:	where to
 */
void syscord_metadata_put_types(struct syscord_tsdl *tsdl)
{
	const struct syscord_field *member;
	unsigned int i;

	for (i = 0; i < syscord_nr_types; i++)
		put_type(tsdl, syscord_types[i]);
	for (i = 0; i < syscord_nr_structs; i++) {
		put(tsdl, "struct %s {\n", syscord_structs[i].name);
		for (member = syscord_structs[i].members; member->kind != SYSCORD_END; member++)
			put(tsdl, "\t%s _%s;\n", member->type->name, member->label);
		put(tsdl, "};\n");
	}
	put(tsdl, "typealias enum : int32_t {");
	for (i = 0; i < syscord_nr_names_32; i++)
		if (syscord_names_32[i])
			put(tsdl, " \"%s\" = %u,", syscord_names_32[i], i);
	put(tsdl, " \"-\" = -1 } := nr_32;\n");
}
