/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file that the current task runs, with a reference.  get_file_rcu() takes a pointer to the
 * pointer since 6.7, and gives back the file.
 */
#ifndef SYSCORD_COMPAT_EXE_FILE_H
#define SYSCORD_COMPAT_EXE_FILE_H

#include <linux/fs.h>
#include <linux/mm_types.h>
#include <linux/rcupdate.h>

static inline struct file *compat_get_exe_file(struct mm_struct *mm)
{
	struct file *file;

	rcu_read_lock();
#ifdef HAVE_GET_FILE_RCU_POINTER
	file = get_file_rcu(&mm->exe_file);
#else
	file = rcu_dereference(mm->exe_file);
	if (file && !get_file_rcu(file))
		file = NULL;
#endif
	rcu_read_unlock();
	return file;
}

#endif
