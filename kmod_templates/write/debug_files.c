// SPDX-License-Identifier: GPL-2.0
/*
 * The counters of each CPU, below /sys/kernel/debug/syscord: as a table for people, and as JSON for
 * programs.  A kernel without debugfs has only the sums, in the parameter stats.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/types.h>

#include "ring/counters.h"
#include "ring/packet.h"
#include "write/debug_files.h"
#include "write/stats.h"

static struct dentry *folder;

static void show_row(struct seq_file *file, const struct syscord_counters *counters)
{
	unsigned int cause;

	seq_printf(file, " %12llu %12llu %12llu %12llu", counters->seen, counters->recorded,
		   counters->filtered, counters->overwritten);
	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		seq_printf(file, " %15llu", counters->dropped[cause]);
	seq_putc(file, '\n');
}

static int syscord_counters_show(struct seq_file *file, void *unused)
{
	struct syscord_counters counters;
	unsigned int cpu, cause;

	seq_printf(file, "%5s %12s %12s %12s %12s", "cpu", "seen", "recorded", "filtered",
		   "overwritten");
	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		seq_printf(file, " dropped_%-7s", syscord_drop_names[cause]);
	seq_putc(file, '\n');
	for_each_possible_cpu(cpu) {
		syscord_counters_read(&counters, cpu);
		seq_printf(file, "%5u", cpu);
		show_row(file, &counters);
	}
	syscord_stats_sum(&counters);
	seq_printf(file, "%5s", "all");
	show_row(file, &counters);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(syscord_counters);

static void show_object(struct seq_file *file, const struct syscord_counters *counters)
{
	unsigned int cause;

	seq_printf(file, "\"seen\":%llu,\"recorded\":%llu,\"filtered\":%llu,\"overwritten\":%llu",
		   counters->seen, counters->recorded, counters->filtered, counters->overwritten);
	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		seq_printf(file, "%s\"%s\":%llu", cause ? "," : ",\"dropped\":{",
			   syscord_drop_names[cause], counters->dropped[cause]);
	seq_puts(file, "}}");
}

static int syscord_counters_json_show(struct seq_file *file, void *unused)
{
	struct syscord_counters counters;
	unsigned int cpu;
	bool first = true;

	seq_puts(file, "{\"cpus\":[");
	for_each_possible_cpu(cpu) {
		syscord_counters_read(&counters, cpu);
		seq_printf(file, "%s{\"cpu\":%u,", first ? "" : ",", cpu);
		show_object(file, &counters);
		first = false;
	}
	syscord_stats_sum(&counters);
	seq_puts(file, "],\"all\":{");
	show_object(file, &counters);
	seq_puts(file, "}\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(syscord_counters_json);

/**
 * syscord_debug_files_create - make the files; without debugfs there are none, which is no error
 */
void syscord_debug_files_create(void)
{
	folder = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("counters", 0400, folder, NULL, &syscord_counters_fops);
	debugfs_create_file("counters.json", 0400, folder, NULL,
			    &syscord_counters_json_fops);
}

/**
 * syscord_debug_files_destroy - remove the files, once nobody reads them any more
 */
void syscord_debug_files_destroy(void)
{
	debugfs_remove(folder);
}
