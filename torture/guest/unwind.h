/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UNWIND_H
#define UNWIND_H

/* What main() calls for the words unwind, spoil and load; the rest of the command line is in @args. */
int unwind(const char *path, const char *parameters, char **args);
int spoil(const char *path, const char *text, char **args);
int load(const char *path, const char *parameters, char **args);

#endif
