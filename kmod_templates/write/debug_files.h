/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_DEBUG_FILES_H
#define SYSCORD_DEBUG_FILES_H

void syscord_debug_files_create(void);
void syscord_debug_files_destroy(void);

#endif
