// SPDX-License-Identifier: GPL-2.0
/*
 * Parameters that the module does not have.  The kernel only warns of them and loads the module
 * (unknown_module_param_cb() in kernel/module/main.c), so pidd=12 would record every process.  What
 * it read is cut into pieces by then.  But the text is still in the memory of the program that
 * loads the module: an argument of the syscall under way, init_module(2) or finit_module(2).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>

#include "capture/names.h"
#include "compat/in_compat_syscall.h"
#include "params/unknown.h"

/* As the kernel reads it: 4 MiB would be more than any command line. */
#define TEXT_MAX	SZ_4M

/* The argument of the syscall under way that is the text; NULL if it loads no module. */
static const char __user *loader_text(void)
{
	struct pt_regs *regs = task_pt_regs(current);
	const char *name = syscord_name(syscall_get_nr(current, regs), compat_is_32bit_call());
	unsigned long args[6];

	if (!name || current->flags & PF_KTHREAD)
		return NULL;
	syscall_get_arguments(current, regs, args);
	if (!strcmp(name, "finit_module"))
		return (const char __user *)args[1];
	return strcmp(name, "init_module") ? NULL : (const char __user *)args[2];
}

/* Cut the next parameter's name off @text, as next_arg() in lib/cmdline.c does.  NULL: no more. */
static char *next_name(char **text)
{
	char *name = skip_spaces(*text), *pos = name;
	bool quoted = false;

	if (!*name)
		return NULL;
	if (*name == '"') {
		quoted = true;
		pos = ++name;
	}
	for (; *pos && (quoted || !isspace(*pos)); pos++)
		if (*pos == '"')
			quoted = !quoted;
	*text = *pos ? pos + 1 : pos;
	*pos = '\0';
	name[strcspn(name, "=\"")] = '\0';
	return name;
}

/* In names of parameters, the kernel takes - for _. */
static bool is_same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

static bool is_known(const char *name)
{
	unsigned int i;

	for (i = 0; i < THIS_MODULE->num_kp; i++)
		if (is_same_name(name, THIS_MODULE->kp[i].name))
			return true;
	/* Those that the kernel takes for any module. */
	return is_same_name(name, "async_probe") || is_same_name(name, "dyndbg");
}

/**
 * syscord_refuse_unknown_params - check that the module has all parameters that it was given
 *
 * Called while the module is loaded.  Where the text can't be found, nothing is refused.
 *
 * Return: 0, or -EINVAL with a line in the kernel log.
 */
int syscord_refuse_unknown_params(void)
{
	const char __user *given = loader_text();
	char *text, *rest, *name;
	int err = 0;

	text = given ? strndup_user(given, TEXT_MAX) : NULL;
	if (IS_ERR_OR_NULL(text))
		return 0;
	rest = text;
	while (!err && (name = next_name(&rest)) != NULL) {
		if (is_known(name))
			continue;
		pr_err("%*pE= is no parameter: modinfo syscord.ko names them all\n",
		       (int)strlen(name), name);
		err = -EINVAL;
	}
	kfree(text);
	return err;
}
