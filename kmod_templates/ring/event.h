/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands in a ring, and goes into a binary trace as it is: docs/trace-format.md.
 *
 * A syscall is one event: a header, whose form is chosen so that it is as short as it can be, then
 * the entry part (what the handler read at entry), then the exit part (what it read at exit).
 * Integers are little-endian; events begin at even addresses, and nothing in them is aligned.
 * Integers of 64 bits among the arguments are narrow: they have 32 bits, where that is enough for
 * all of them.
 *
 * A field behind a pointer begins with a word: the number of elements that follow in its low bits,
 * marks in its high ones.  A word of 16 bits has 12 for the number and 4 marks; content, which may
 * be longer, has a word of 32 bits, with 24 and 8.
 */
#ifndef SYSCORD_EVENT_H
#define SYSCORD_EVENT_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include <linux/types.h>

#ifdef __BIG_ENDIAN
#error "A trace is little-endian: build for a little-endian kernel."
#endif

/**
 * struct syscord_event - what every event begins with
 * @id:		its class: SYSCORD_ID_*, or a syscall's number and form, see syscord_class_id()
 * @time:	the low 32 bits of the time
 * @size:	up to the next event, in units of 2 bytes; 0: the rest of the packet is unused
 * @tid:	thread, in the initial pid namespace
 */
struct syscord_event {
	u16 id;
	u32 time;
	u16 size;
	u32 tid;
} __packed __aligned(2);

/* The first thread of a process; duration and result fit. */
struct syscord_call_short {
	struct syscord_event event;
	u32 duration;		/* in ns */
	s32 ret;
	u8 payload[];
} __packed __aligned(2);

/* Another thread. */
struct syscord_call_thread {
	struct syscord_event event;
	u32 pid;
	u32 duration;
	s32 ret;
	u8 payload[];
} __packed __aligned(2);

/* Anything. */
struct syscord_call_long {
	struct syscord_event event;
	u32 pid;
	u64 duration;		/* where the entry was not seen: enum syscord_unseen */
	s64 ret;
	u8 payload[];
} __packed __aligned(2);

/* Why an entry was not seen. */
enum syscord_unseen {
	SYSCORD_UNSEEN,		/* it may have been before the recording, or the filter, began */
	SYSCORD_UNSEEN_ANSWERED, /* there was none: a seccomp filter or a debugger answered */
};

enum syscord_form {
	SYSCORD_FORM_SHORT,
	SYSCORD_FORM_THREAD,
	SYSCORD_FORM_LONG,
	SYSCORD_FORM_UNSEEN,	/* as the wide one, but no entry was seen, only the exit */
	SYSCORD_FORM_WIDE,	/* as the long one, but narrow fields have all their bits */
	SYSCORD_FORMS,
};

/* A bit of a class's id: the event has an exit part; if the call is unseen, an entry part. */
#define SYSCORD_PART		BIT(0)

/* Ids for each syscall's number: each form without and with a part.  The others are not used. */
#define SYSCORD_CLASSES_OF_NR	16

/* Numbers from here on have no classes of their own. */
#define SYSCORD_NR_END		(SYSCORD_ID_UNKNOWN / SYSCORD_CLASSES_OF_NR)

/* Calls without a class of their own: in the long form, with their number as payload. */
#define SYSCORD_ID_UNKNOWN	0xfc00
#define SYSCORD_ID_COMPAT	0xfc04
#define SYSCORD_GENERIC_NO_RESULT	BIT(0)
#define SYSCORD_GENERIC_UNSEEN	BIT(1)

/*
 * 0xff00 and 0xff02 were processes of which less was said: readers know them from older traces.
 */
#define SYSCORD_ID_OPEN_FILE	0xff01
#define SYSCORD_ID_SAME_FILE	0xff03
#define SYSCORD_ID_OPEN_FILES	0xff04
#define SYSCORD_ID_DESCRIPTION	0xff05
#define SYSCORD_ID_PROCESS	0xff06
#define SYSCORD_ID_ANCHOR	0xff10

static_assert(SYSCORD_FORMS * 2 <= SYSCORD_CLASSES_OF_NR);

static inline u16 syscord_class_id(long nr, enum syscord_form form, u16 part)
{
	return nr * SYSCORD_CLASSES_OF_NR + form * 2 + part;
}

/* Why a process is described. */
enum syscord_reason {
	SYSCORD_REASON_STATE,	/* it was there when the recording, or the file, began */
	SYSCORD_REASON_SEEN,	/* its first record follows */
	SYSCORD_REASON_FORK,
	SYSCORD_REASON_EXEC,
	SYSCORD_REASON_RENAME,
	SYSCORD_REASON_IDS,	/* other users, groups, capabilities, or another user namespace */
	SYSCORD_REASON_PARENT,	/* another parent */
	SYSCORD_REASON_EXIT,
	SYSCORD_REASONS,
};

/**
 * struct syscord_process - a process, or a thread of one
 * @event:	the header
 * @pid:	process, in the initial pid namespace
 * @reason:	enum syscord_reason
 * @ppid:	its parent
 * @uid:	its real user; all users and groups here are numbers of the initial user namespace
 * @euid:	its effective user
 * @gid:	its real group
 * @egid:	its effective group
 * @caps:	its effective capabilities, by bit
 * @user_ns:	its user namespace: the number of the inode
 * @old_tid:	what the thread's number was before this event: after an execve() in another thread
 *		than the first, it is that one's
 * @start:	when the process began, in ns since boot, with the time in suspend.  With @pid, this
 *		is one process for ever
 * @files:	its table of descriptors, a number that stands for one as long as somebody has it.
 *		Who shares a table has the same number.  0: none
 * @fs:		the same of its root, working directory and umask
 * @files_from:	at a fork, the parent's table: a new one begins as its copy.  Else 0
 * @fs_from:	the same of @fs
 * @cgroup:	its cgroup in the unified hierarchy: the number of the inode
 * @cgroup_ns:	its namespaces: numbers of inodes; 0 where they are not known
 * @status:	at an exit, the thread's, in the form of wait(2)
 * @ended:	1 at the exit of the process's last thread, else 0
 * @process_status: in that case the process's, as wait(2) says it
 * @comm:	the thread's name, with zeros behind it
 * @exe:	the file that it runs: a word and a path.  Behind it: a short word, and as many
 *		elements of struct syscord_number
 */
struct syscord_process {
	struct syscord_event event;
	u32 pid;
	u32 reason;
	u32 ppid;
	u32 uid;
	u32 euid;
	u32 gid;
	u32 egid;
	u64 caps;
	u32 user_ns;
	u32 old_tid;
	u64 start;
	u64 files;
	u64 fs;
	u64 files_from;
	u64 fs_from;
	u64 cgroup;
	u32 cgroup_ns;
	u32 ipc_ns;
	u32 net_ns;
	u32 pid_ns;
	u32 time_ns;
	u32 uts_ns;
	u32 status;
	u32 ended;
	u32 process_status;
	char comm[TASK_COMM_LEN];
	u8 exe[];
} __packed __aligned(2);

/**
 * struct syscord_number - what a thread is called in a pid namespace, but the initial one
 * @ns:		the namespace: the number of the inode
 * @pid:	process
 * @tid:	thread
 */
struct syscord_number {
	u32 ns;
	u32 pid;
	u32 tid;
} __packed;

/* Pid namespaces below the initial one, at most: MAX_PID_NS_LEVEL of the kernel. */
#define SYSCORD_NUMBERS_MAX	32

/* Bytes of the largest description of a process. */
#define SYSCORD_PROCESS_MAX	(sizeof(struct syscord_process) + sizeof(u32) + PATH_MAX +	\
				 sizeof(u16) +							\
				 SYSCORD_NUMBERS_MAX * sizeof(struct syscord_number))

/**
 * struct syscord_open_file - an open file of a process
 * @event:	the header
 * @pid:	process, in the initial pid namespace
 * @fd:		the file descriptor
 * @path:	what it leads to: a word and a path
 */
struct syscord_open_file {
	struct syscord_event event;
	u32 pid;
	s32 fd;
	u8 path[];
} __packed __aligned(2);

/**
 * struct syscord_same_file - an open file of the same path as one that is described already
 * @event:	the header
 * @pid:	process, in the initial pid namespace
 * @fd:		the file descriptor
 * @as_pid:	the process of the other one
 * @as_fd:	its file descriptor
 */
struct syscord_same_file {
	struct syscord_event event;
	u32 pid;
	s32 fd;
	u32 as_pid;
	s32 as_fd;
} __packed __aligned(2);

/**
 * struct syscord_open_files - what the events of a process's open files do not say
 * @event:	the header
 * @pid:	process, in the initial pid namespace
 * @as_pid:	the process whose descriptors it shares; or itself
 * @described:	how many descriptors are described; 0 if it shares another's
 * @count:	how many there were
 */
struct syscord_open_files {
	struct syscord_event event;
	u32 pid;
	u32 as_pid;
	u32 described;
	u32 count;
} __packed __aligned(2);

/**
 * struct syscord_description - the last event of a description of what there was
 * @event:	the header
 * @pid:	0
 * @described:	how many threads are described
 * @count:	how many there were
 */
struct syscord_description {
	struct syscord_event event;
	u32 pid;
	u32 described;
	u32 count;
} __packed __aligned(2);

/**
 * struct syscord_anchor - what other clocks showed at the time of this event
 * @event:	the header; its time is CLOCK_MONOTONIC's
 * @pid:	0
 * @real:	CLOCK_REALTIME, in ns since 1970
 * @boot:	CLOCK_BOOTTIME, in ns
 *
 * The first event of each packet is one.  Where a packet is open when the clock is set, another one
 * stands before the first record from then on.
 */
struct syscord_anchor {
	struct syscord_event event;
	u32 pid;
	u64 real;
	u64 boot;
} __packed __aligned(2);

/* Bytes of the largest event: a larger size does not fit into its header. */
#define SYSCORD_EVENT_SIZE_MAX	(U16_MAX * 2)

/* The word in front of a field behind a pointer, as 32 bits. */
#define SYSCORD_COUNT_MASK	GENMASK(23, 0)
#define SYSCORD_MARK_PART	BIT(24)	/* there was more */
#define SYSCORD_MARK_FAULT	BIT(25)	/* the memory, or the rest of it, could not be read */
#define SYSCORD_MARK_NULL	BIT(26)	/* the pointer was NULL */
#define SYSCORD_MARK_LATE	BIT(27)	/* read at exit, as the entry's read faulted */
#define SYSCORD_MARK_UNREAD	BIT(28)	/* not known when the event was made: long words only */

/* A word of 16 bits has its count and marks closer together than one of 32. */
#define SYSCORD_SHORT_COUNT	GENMASK(11, 0)
#define SYSCORD_SHORT_SHIFT	12

static inline u16 syscord_short_word(u32 word)
{
	return (word & SYSCORD_SHORT_COUNT) | (word & ~SYSCORD_COUNT_MASK) >> SYSCORD_SHORT_SHIFT;
}

static inline u32 syscord_long_word(u16 word)
{
	return (word & SYSCORD_SHORT_COUNT) |
	       (u32)(word & ~SYSCORD_SHORT_COUNT) << SYSCORD_SHORT_SHIFT;
}

#endif
