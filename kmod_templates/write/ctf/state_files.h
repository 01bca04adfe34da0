/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The open files of a process, as events of a description.
 */
#ifndef SYSCORD_STATE_FILES_H
#define SYSCORD_STATE_FILES_H

#include <linux/types.h>

struct task_struct;

/**
 * struct syscord_file_table - the descriptors of a process, some of which are described
 * @task:	a thread of the process, with a reference
 * @next:	the descriptor that is looked at next
 * @described:	how many are described
 * @bytes:	what that took
 * @is_cut:	there are more that are not described, as they are too many
 */
struct syscord_file_table {
	struct task_struct *task;
	unsigned int next;
	unsigned int described;
	size_t bytes;
	bool is_cut;
};

int syscord_state_files_create(void);
void syscord_state_files_destroy(void);
void syscord_state_files_forget(void);
bool syscord_state_files_describe(struct syscord_file_table *table);
void syscord_state_files_put_summary(const struct syscord_file_table *table,
				     struct task_struct *owner);
const void *syscord_state_files_of(struct task_struct *task);
bool syscord_state_files_are_shared(struct task_struct *task, struct task_struct *other);

#endif
