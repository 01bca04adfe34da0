// SPDX-License-Identifier: GPL-2.0
/*
 * Counting slots by user.  Users whose numbers have the same hash share a count.
 */
#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "tasks/charge.h"

#define COUNTS_BITS	12

static atomic_t counts[1 << COUNTS_BITS];

/*
 * Who pays.  In a user namespace, a user has as many numbers as he likes: there it is the owner of
 * the outermost namespace that is not the initial one.  Namespaces are nested 32 deep at most.
 */
static kuid_t payer(const struct cred *cred)
{
	const struct user_namespace *ns = cred->user_ns;

	if (ns == &init_user_ns)
		return cred->uid;
	while (ns->parent && ns->parent != &init_user_ns)
		ns = ns->parent;
	return ns->owner;
}

static atomic_t *count_of(const struct cred *cred)
{
	return &counts[hash_32(__kuid_val(payer(cred)), COUNTS_BITS)];
}

/**
 * syscord_charge_add - a task takes a slot
 * @cred:	its credentials
 */
void syscord_charge_add(const struct cred *cred)
{
	atomic_inc(count_of(cred));
}

/**
 * syscord_charge_remove - a task gives a slot back
 * @cred:	the credentials with which it was charged
 */
void syscord_charge_remove(const struct cred *cred)
{
	atomic_dec(count_of(cred));
}

/**
 * syscord_charge_of - how many slots a user holds
 * @cred:	the user's credentials
 *
 * Return: their number; 0 for root, who may take them all.
 */
unsigned int syscord_charge_of(const struct cred *cred)
{
	return uid_eq(payer(cred), GLOBAL_ROOT_UID) ? 0 : atomic_read(count_of(cred));
}
