/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_METADATA_EVENTS_H
#define SYSCORD_METADATA_EVENTS_H

struct syscord_tsdl;

void syscord_metadata_put_contexts(struct syscord_tsdl *tsdl);
void syscord_metadata_put_syscalls(struct syscord_tsdl *tsdl);
void syscord_metadata_put_descriptions(struct syscord_tsdl *tsdl);

#endif
