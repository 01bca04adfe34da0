// SPDX-License-Identifier: GPL-2.0
/*
 * A program without a C library, so that its calls are its own.  As a 64-bit program it only ends; as a 32-bit one it
 * makes calls whose numbers mean something else in the 64-bit table.
 */

/* The numbers are typed, as a 32-bit C library's headers are not there; they can never change. */
#define GETPID		20
#define WRITE		4
#define CLOSE		6
#define FORK		2
#define EXIT		1

#if defined(__x86_64__)
#define EXIT_GROUP	231

static long call(long nr, long a, long b, long c)
{
	asm volatile("syscall" : "+a" (nr) : "D" (a), "S" (b), "d" (c) : "rcx", "r11", "memory");
	return nr;
}
#elif defined(__i386__)
#define EXIT_GROUP	252
#define OPENAT		295

static long call(long nr, long a, long b, long c)
{
	asm volatile("int $0x80" : "+a" (nr) : "b" (a), "c" (b), "d" (c) : "memory");
	return nr;
}
#elif defined(__aarch64__)
#define EXIT_GROUP	94

static long call(long nr, long a, long b, long c)
{
	register long x8 asm("x8") = nr, x0 asm("x0") = a, x1 asm("x1") = b, x2 asm("x2") = c;

	asm volatile("svc 0" : "+r" (x0) : "r" (x8), "r" (x1), "r" (x2) : "memory");
	return x0;
}
#else
#define EXIT_GROUP	248
#define OPENAT		322

static long call(long nr, long a, long b, long c)
{
	register long r7 asm("r7") = nr, r0 asm("r0") = a, r1 asm("r1") = b, r2 asm("r2") = c;

	asm volatile("svc 0" : "+r" (r0) : "r" (r7), "r" (r1), "r" (r2) : "memory");
	return r0;
}
#endif

void _start(void)
{
#ifdef OPENAT
	call(GETPID, 0, 0, 0);
	call(OPENAT, -100, (long)"/nowhere", 0);
	call(WRITE, -1, (long)"never decoded", 13);
	call(CLOSE, -7, 0, 0);
	call(9999, 1, 2, 3);
	if (!call(FORK, 0, 0, 0))
		call(EXIT, 1, 0, 0);
#endif
	call(EXIT_GROUP, 0, 0, 0);
	__builtin_unreachable();
}
