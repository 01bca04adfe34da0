// SPDX-License-Identifier: GPL-2.0
/*
 * ext4, ext2 and f2fs keep blocks for root, so that root can still log in and mend a full disk.
 * The recorder must not use them up.  They are for CAP_SYS_RESOURCE, and for the user that they are
 * kept for, by default user 0.  So data is written without that capability and as another user.
 * All other capabilities stay.  A file is still opened, made and renamed as root: it has to be
 * root's, and at most a block of its folder is allocated then.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/highuid.h>
#include <linux/printk.h>
#include <linux/sched/task.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "write/reserve.h"

static struct cred *writer_cred;

/**
 * syscord_reserve_create - make the credentials that data is written with
 *
 * Return: 0, or a negative errno with a line in the kernel log.
 */
int syscord_reserve_create(void)
{
	writer_cred = prepare_kernel_cred(&init_task);
	if (!writer_cred) {
		pr_err("no memory for the writer\n");
		return -ENOMEM;
	}
	cap_lower(writer_cred->cap_effective, CAP_SYS_RESOURCE);
	/* Only the user of file systems: some, such as FUSE, ask who the other ids are. */
	writer_cred->fsuid = KUIDT_INIT(DEFAULT_OVERFLOWUID);
	return 0;
}

/**
 * syscord_reserve_destroy - free the credentials
 */
void syscord_reserve_destroy(void)
{
	put_cred(writer_cred);
	writer_cred = NULL;
}

/**
 * syscord_reserve_write - write to a file, but not into root's reserve
 * @file:	the file
 * @data:	what to write
 * @size:	bytes of it
 * @pos:	where; moved on
 *
 * Return: bytes written, or a negative errno if there are none.
 */
ssize_t syscord_reserve_write(struct file *file, const void *data, size_t size, loff_t *pos)
{
	const struct cred *own = override_creds(writer_cred);
	ssize_t done = kernel_write(file, data, size, pos);

	revert_creds(own);
	/* A file system that takes nothing should say why. */
	return done ?: -EIO;
}
