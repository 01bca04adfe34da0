// SPDX-License-Identifier: GPL-2.0
/*
 * What each user, and all of them, have used up of a description.
 */
#include <linux/hash.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "write/ctf/state_limits.h"

/* Users whose numbers have the same hash share an allowance. */
#define USER_BITS	8

static struct {
	size_t all;
	size_t users[1 << USER_BITS];
} used;

/**
 * syscord_state_limits_reset - a description begins
 */
void syscord_state_limits_reset(void)
{
	memset(&used, 0, sizeof(used));
}

static size_t *used_by(kuid_t uid)
{
	return &used.users[hash_32(__kuid_val(uid), USER_BITS)];
}

/**
 * syscord_state_limits_allow - whether there may be more of a user's processes
 * @uid:	the user
 *
 * Return: whether he may have one more event, of any size.
 */
bool syscord_state_limits_allow(kuid_t uid)
{
	return used.all < SYSCORD_STATE_BYTES && *used_by(uid) < SYSCORD_STATE_USER_BYTES;
}

/**
 * syscord_state_limits_charge - there is more of a user's processes
 * @uid:	the user
 * @bytes:	how much
 */
void syscord_state_limits_charge(kuid_t uid, size_t bytes)
{
	used.all += bytes;
	*used_by(uid) += bytes;
}
