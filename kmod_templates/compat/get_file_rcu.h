/* SPDX-License-Identifier: GPL-2.0 */
/*
 * get_file_rcu() takes a pointer to the pointer, and returns the file: commit 0ede61d8589c ("file:
 * convert to SLAB_TYPESAFE_BY_RCU") (in v6.7).
 */
#ifndef SYSCORD_COMPAT_GET_FILE_RCU_H
#define SYSCORD_COMPAT_GET_FILE_RCU_H

#include <linux/fs.h>
#include <linux/mm_types.h>
#include <linux/rcupdate.h>

/* The file that a pointer leads to, with a reference; or NULL.  Under RCU's read lock. */
static inline struct file *compat_get_file_rcu(struct file __rcu **pointer)
{
#ifdef HAVE_GET_FILE_RCU_POINTER
	return get_file_rcu(pointer);
#else
	struct file *file = rcu_dereference(*pointer);

	return file && get_file_rcu(file) ? file : NULL;
#endif
}

/* The file that a task runs, with a reference; or NULL. */
static inline struct file *compat_get_exe_file(struct mm_struct *mm)
{
	struct file *file;

	rcu_read_lock();
	file = compat_get_file_rcu(&mm->exe_file);
	rcu_read_unlock();
	return file;
}

#endif
