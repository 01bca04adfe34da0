/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_METADATA_TYPES_H
#define SYSCORD_METADATA_TYPES_H

struct syscord_tsdl;

/* How the definition of an integer type begins.  Nothing in a trace is aligned. */
#define SYSCORD_INTEGER	"typealias integer { align = 8; "

/* Ends the name of a type that has 32 bits where the wide form has 64. */
#define SYSCORD_NARROW	"_32"

void syscord_metadata_put_basic_types(struct syscord_tsdl *tsdl);
void syscord_metadata_put_types(struct syscord_tsdl *tsdl);

#endif
