/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

/* As in torture/fuzz/program.py. */
#define FUZZ_MEMORY	0x600000000UL
#define FUZZ_AREAS	8
#define FUZZ_AREA	0x20000UL
#define FUZZ_PAGE	0x1000UL
#define FUZZ_FD		100
#define FUZZ_FDS	10
#define FUZZ_BEGIN	(-8801)
#define FUZZ_END	(-8802)

int fuzz(const char *path, const char *account_path);

#endif
