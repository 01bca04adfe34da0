// SPDX-License-Identifier: GPL-2.0
/* The operations whose cost is measured, each a loop of nothing else. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "die.h"
#include "operations.h"

#define PATH "/etc/hostname"

static int zero;
static unsigned int ball;		/* who has it: 0, the one who counts, or 1, the other */
static long rounds;		/* of the ball */

static void getppid_repeat(long times)
{
	while (times--)
		syscall(SYS_getppid);
}

static void read64_prepare(void)
{
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (zero < 0)
		die("/dev/zero");
}

static void read64_repeat(long times)
{
	char data[64];

	while (times--)
		if (read(zero, data, sizeof(data)) != sizeof(data))
			die("read");
}

static void openclose_repeat(long times)
{
	while (times--)
		if (close(open(PATH, O_RDONLY)))
			die(PATH);
}

/* Wait until the ball is mine, then throw it to the other, and wake it. */
static void play(unsigned int me)
{
	unsigned int other = !me;

	while (__atomic_load_n(&ball, __ATOMIC_ACQUIRE) != me)
		syscall(SYS_futex, &ball, FUTEX_WAIT_PRIVATE, other, NULL, NULL, 0);
	__atomic_store_n(&ball, other, __ATOMIC_RELEASE);
	syscall(SYS_futex, &ball, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *other_player(void *unused)
{
	for (long i = 0; i < rounds; i++)
		play(1);
	return unused;
}

/* There and back again is one operation: two waits, two wakes, two switches of the CPU. */
static void futex_repeat(long times)
{
	pthread_t other;

	rounds = times;
	if (pthread_create(&other, NULL, other_player, NULL))
		die("pthread_create");
	while (times--)
		play(0);
	pthread_join(other, NULL);
}

/* The program is this one, without arguments: it ends at once. */
static void forkexec_repeat(long times)
{
	char *const argv[] = { "nothing", NULL };

	while (times--) {
		pid_t child = fork();
		int status;

		if (child < 0)
			die("fork");
		if (!child) {
			execv("/proc/self/exe", argv);
			die("execv");
		}
		if (waitpid(child, &status, 0) != child || status)
			die("the program that was executed");
	}
}

const struct operation operations[] = {
	{ "getppid", .repeat = getppid_repeat },
	{ "read64", read64_prepare, .repeat = read64_repeat },
	{ "openclose", .repeat = openclose_repeat },
	{ "futex", .repeat = futex_repeat },
	{ "forkexec", .repeat = forkexec_repeat },
	{ }
};
