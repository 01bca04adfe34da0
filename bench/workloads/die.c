// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <unistd.h>

#include "die.h"

void die(const char *what)
{
	perror(what);
	_exit(1);
}
