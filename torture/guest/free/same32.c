// SPDX-License-Identifier: GPL-2.0
/* A 32-bit program without a C library, which says what some calls return, always the same. */

#define EXIT	1
#define FORK	2
#define READ	3
#define WRITE	4
#define CLOSE	6
#define EXECVE	11
#define ACCESS	33
#define KILL	37
#define PIPE	42
#define WAIT4	114

static long call(long nr, long a, long b, long c, long d)
{
#ifdef __i386__
	asm volatile("int $0x80" : "+a" (nr) : "b" (a), "c" (b), "d" (c), "S" (d) : "memory");
	return nr;
#else
	register long r7 asm("r7") = nr, r0 asm("r0") = a, r1 asm("r1") = b, r2 asm("r2") = c, r3 asm("r3") = d;

	asm volatile("svc 0" : "+r" (r0) : "r" (r7), "r" (r1), "r" (r2), "r" (r3) : "memory");
	return r0;
#endif
}

static void say(long result)
{
	char text[10];
	int i;

	for (i = 0; i < 8; i++, result <<= 4)
		text[i] = "0123456789abcdef"[(result >> 28) & 15];
	text[8] = '\n';
	call(WRITE, 1, (long)text, 9, 0);
}

void _start(void)
{
	static char *argv[] = { "sh", "-c", "exit 21", 0 };
	char bytes[8] = "";
	int ends[2], status = 0, i;

	say(call(PIPE, (long)ends, 0, 0, 0));
	for (i = 0; i < 100; i++)
		call(WRITE, ends[1], (long)"of 32 bits", 10, 0);
	say(call(READ, ends[0], (long)bytes, 4, 0));
	say(*(long *)bytes);
	say(call(READ, ends[0], 8, 4, 0));
	say(call(CLOSE, -7, 0, 0, 0));
	say(call(ACCESS, (long)"/nowhere", 0, 0, 0));
	say(call(ACCESS, 8, 0, 0, 0));
	say(call(9999, 1, 2, 3, 4));
	say(call(KILL, 0x7ffffff0, 0, 0, 0));
	say(call(EXECVE, (long)"/nowhere", (long)argv, 0, 0));
	if (!call(FORK, 0, 0, 0, 0)) {
		call(EXECVE, (long)"/bin/sh", (long)argv, 0, 0);
		call(EXIT, 1, 0, 0, 0);
	}
	say(call(WAIT4, -1, (long)&status, 0, 0) > 0);
	say(status);
	say(call(WAIT4, -1, 0, 0, 0));
	call(EXIT, 44, 0, 0, 0);
	__builtin_unreachable();
}
