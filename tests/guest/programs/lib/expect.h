/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs here share: they do syscalls of which they know everything, and say what the record must hold.
 *
 * The records' syntax is written down here a second time, from docs/record-format.md and not from the module, so that a
 * mistake in one of the two is found.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include <stddef.h>
#include <sys/types.h>

/* close() of these makes known, in the record, where the calls begin that are to be compared, and where they end. */
#define BEGIN_FD	(-7701)
#define END_FD		(-7702)

/* A promise: run with all the others, its records are compared with what it expects. */
struct promise {
	const char *name;
	void (*keep)(void);
};

#define PROMISE(name)									\
static void promise_##name(void);							\
static const struct promise the_promise_##name						\
__attribute__((used, aligned(8), section("promises"))) = { #name, promise_##name };	\
static void promise_##name(void)

/* A tool: run by its name, with arguments. */
struct tool {
	const char *name;
	void (*run)(char **args);
};

#define TOOL(name)									\
static void tool_##name(char **args);							\
static const struct tool the_tool_##name						\
__attribute__((used, aligned(8), section("tools"))) = { #name, tool_##name };		\
static void tool_##name(char **args __attribute__((unused)))

/* Bytes of content that the module keeps, as the test has loaded it. */
extern size_t content;

/* From here to end(), all syscalls of this thread are compared. */
void begin(void);
void end(void);

/* The calling thread's records begin with this. */
void expect(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for another thread, which says nothing itself; all its syscalls are compared. */
void expect_of(pid_t pid, pid_t tid, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A syscall, and nothing else; a negative errno if it fails. */
#define call(...)	raw(syscall(__VA_ARGS__))
long raw(long result);

/* Something that the promise needs; without it there is nothing to compare. */
#define need(condition)	((condition) ? (void)0 : give_up(__FILE__, __LINE__, #condition))
void give_up(const char *file, int line, const char *condition) __attribute__((noreturn));

/* How bytes are written in a record: as they are, or quoted.  In a list, more has to be quoted. */
const char *value(const void *bytes, size_t len);
const char *text(const char *string);
const char *item(const char *string);

/* A whole field of content, with the comma before it: as much of it as is kept, and marked so. */
const char *data(const void *bytes, size_t len);
const char *marked_data(const char *mark, const void *bytes, size_t len);

/*
 * Have all memory of this process in its page tables.  Else a record may say that a field was read late, as after a
 * fork() even a constant may not be there.  Every promise begins so; a child of it does not.
 */
void make_present(void);

/* Memory with something special about it. */
void *inaccessible(void);				/* any access faults */
void *at_edge(const void *bytes, size_t len);		/* the bytes, and behind the last an inaccessible page */
void *not_present(const void *bytes, size_t len);	/* the bytes, in a page of a file that was never touched */

#endif
