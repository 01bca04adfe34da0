/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading user memory from a probe.
 *
 * The memory is hostile: it may be unmapped, and another thread may change it while it is read.  So
 * nothing sleeps, what is looked at is the copy, and every function says how much it got.
 */
#ifndef SYSCORD_USERMEM_H
#define SYSCORD_USERMEM_H

#include <linux/kconfig.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/word-at-a-time.h>

/* Copies go by words, and may write so much less one byte more than they are to. */
#define SYSCORD_COPY_STEP	sizeof(u64)
/* As far as there is so much of it, this at a time. */
#define SYSCORD_COPY_BLOCK	64

/* How much of a string is read at a time, if not by words. */
#define SYSCORD_STRING_STEP	64

/* How many bytes a copy that faults may leave uncopied though they were there. */
#define SYSCORD_COPY_SLACK	128

/* Up to so many bytes are read word by word, where that takes fewer cycles than a string copy. */
#define SYSCORD_WORDS_MAX	512

/*
 * Memory that is not there is not brought in: a read of it fails.  Handlers run with preemption
 * off, which says the same where the kernel counts it.
 */
static __always_inline void syscord_faults_off(void)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_COUNT))
		pagefault_disable();
}

static __always_inline void syscord_faults_on(void)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_COUNT))
		pagefault_enable();
}

/* With page faults off: a copy stops before the word that faults, this at the byte. */
static noinline size_t syscord_read_rest(u8 *to, unsigned long from, size_t size)
{
	size_t done = 0;

	size = min_t(size_t, size, SYSCORD_COPY_SLACK);
	while (done < size && !raw_copy_from_user(to + done, (const void __user *)(from + done), 1))
		done++;
	return done;
}

/* Whether a word of text has a NUL; then @before is how many bytes come before it. */
static __always_inline bool syscord_has_nul(unsigned long word, size_t *before)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;
	unsigned long bits;

	if (!has_zero(word, &bits, &constants))
		return false;
	bits = prep_zero_mask(word, bits, &constants);
	*before = find_zero(create_zero_mask(bits));
	return true;
}

#ifdef CONFIG_X86_64

#define SYSCORD_GET(type, to, from, fault) do {					\
	type value;								\
										\
	unsafe_get_user(value, (const type __user *)(from), fault);		\
	memcpy(to, &value, sizeof(value));					\
} while (0)

/*
 * "rep movsb", which raw_copy_from_user() is here, takes tens of cycles to begin.  Returns the
 * bytes that were not read.
 */
static __always_inline size_t syscord_copy_in(u8 *to, unsigned long from, size_t size)
{
	size_t left = size;

	if (unlikely(size > SYSCORD_WORDS_MAX))
		return raw_copy_from_user(to, (const void __user *)from, size);
	__uaccess_begin_nospec();
	for (; left >= 64; left -= 64, to += 64, from += 64) {
		SYSCORD_GET(u64, to, from, out);
		SYSCORD_GET(u64, to + 8, from + 8, out);
		SYSCORD_GET(u64, to + 16, from + 16, out);
		SYSCORD_GET(u64, to + 24, from + 24, out);
		SYSCORD_GET(u64, to + 32, from + 32, out);
		SYSCORD_GET(u64, to + 40, from + 40, out);
		SYSCORD_GET(u64, to + 48, from + 48, out);
		SYSCORD_GET(u64, to + 56, from + 56, out);
	}
	if (likely(!left))
		goto out;
	for (; left >= 8; left -= 8, to += 8, from += 8)
		SYSCORD_GET(u64, to, from, out);
	if (left & 4) {
		SYSCORD_GET(u32, to, from, out);
		left -= 4, to += 4, from += 4;
	}
	if (left & 2) {
		SYSCORD_GET(u16, to, from, out);
		left -= 2, to += 2, from += 2;
	}
	if (left) {
		SYSCORD_GET(u8, to, from, out);
		left = 0;
	}
out:
	user_access_end();
	return left;
}

/*
 * Copy a string word by word.  False if it does not end in @room bytes, or a word of it could not
 * be read: then nothing is known.
 */
static __always_inline bool syscord_copy_string(u8 *to, unsigned long from, size_t room,
						size_t *len)
{
	size_t done = 0, before;
	unsigned long word;

	if (!user_access_begin((const void __user *)from, room))
		return false;
	for (; done + sizeof(word) <= room; done += sizeof(word)) {
		unsafe_get_user(word, (const unsigned long __user *)(from + done), fault);
		memcpy(to + done, &word, sizeof(word));
		if (syscord_has_nul(word, &before)) {
			user_access_end();
			*len = done + before;
			return true;
		}
	}
fault:
	user_access_end();
	return false;
}

#else

static __always_inline size_t syscord_copy_in(u8 *to, unsigned long from, size_t size)
{
	return raw_copy_from_user(to, (const void __user *)from, size);
}

/* Bytes of @text up to its NUL; at least @size if there is none. */
static __always_inline size_t syscord_find_nul(const u8 *text, size_t size)
{
	size_t done, before;
	unsigned long word;

	for (done = 0; done < size; done += sizeof(word)) {
		memcpy(&word, text + done, sizeof(word));
		if (syscord_has_nul(word, &before))
			return done + before;
	}
	return done;
}

/* As above, but in steps, since to allow each read for itself would take as long as the reads. */
static __always_inline bool syscord_copy_string(u8 *to, unsigned long from, size_t room,
						size_t *len)
{
	size_t done = 0;

	if (!access_ok((const void __user *)from, room))
		return false;
	while (done + SYSCORD_STRING_STEP <= room) {
		size_t got;

		if (raw_copy_from_user(to + done, (const void __user *)(from + done),
				       SYSCORD_STRING_STEP))
			return false;
		got = syscord_find_nul(to + done, SYSCORD_STRING_STEP);
		done += got;
		if (got < SYSCORD_STRING_STEP) {
			*len = done;
			return true;
		}
	}
	return false;
}

#endif

/**
 * syscord_read_user - copy user memory without sleeping
 * @to:		where to
 * @from:	address in the current task
 * @size:	bytes wanted
 *
 * raw_copy_from_user(), since the checked variants look up the vmalloc area of @to, under a lock,
 * on every call.  The bounds of @to are the caller's to keep.
 *
 * Return: the number of bytes read; less than @size if the memory faulted.
 */
static __always_inline size_t syscord_read_user(void *to, unsigned long from, size_t size)
{
	size_t left;

	if (!access_ok((const void __user *)from, size))
		return 0;
	syscord_faults_off();
	left = syscord_copy_in(to, from, size);
	if (unlikely(left))
		left -= syscord_read_rest((u8 *)to + size - left, from + size - left, left);
	syscord_faults_on();
	return size - left;
}

/* Copy @size bytes, or nothing that counts: false if the memory faulted. */
static __always_inline bool syscord_read_all(void *to, unsigned long from, size_t size)
{
	size_t left;

	if (!access_ok((const void __user *)from, size))
		return false;
	syscord_faults_off();
	left = syscord_copy_in(to, from, size);
	syscord_faults_on();
	return !left;
}

/* Copy a string by words.  False if it does not end in @room bytes, or could not be read so. */
static __always_inline bool syscord_read_string(u8 *to, unsigned long from, size_t room,
						size_t *len)
{
	bool copied;

	syscord_faults_off();
	copied = syscord_copy_string(to, from, room, len);
	syscord_faults_on();
	return copied;
}

/**
 * syscord_read_user_string - copy a NUL-terminated string without sleeping
 * @to:		where to; gets no NUL
 * @from:	address in the current task
 * @room:	bytes that fit
 * @fault:	set if the memory faulted before the NUL
 * @part:	set if the string was longer than @room
 *
 * It is read in steps that never cross into another page.
 *
 * Return: the string's length, or as much of it as could be read.
 */
static __maybe_unused size_t syscord_read_user_string(u8 *to, unsigned long from, size_t room,
						      bool *fault, bool *part)
{
	size_t done = 0;
	char last;

	*fault = false;
	*part = false;
	while (done < room) {
		unsigned long addr = from + done;
		size_t step = SYSCORD_STRING_STEP - (addr & (SYSCORD_STRING_STEP - 1));
		size_t got, len;

		step = min(step, room - done);
		got = syscord_read_user(to + done, addr, step);
		len = strnlen((const char *)to + done, got);
		done += len;
		if (len < got)
			return done;
		if (got < step) {
			*fault = true;
			return done;
		}
	}
	/* All of it is there if what comes next is the NUL. */
	*part = syscord_read_user(&last, from + done, 1) < 1 || last;
	return done;
}

/* Copy what is ours, by words: SYSCORD_COPY_STEP says how many bytes too many. */
static __always_inline void syscord_copy_words(u8 *to, const u8 *from, size_t size)
{
	size_t done = 0;

	for (; unlikely(done + SYSCORD_COPY_BLOCK <= size); done += SYSCORD_COPY_BLOCK)
		memcpy(to + done, from + done, SYSCORD_COPY_BLOCK);
	for (; done < size; done += SYSCORD_COPY_STEP)
		memcpy(to + done, from + done, SYSCORD_COPY_STEP);
}

#endif
