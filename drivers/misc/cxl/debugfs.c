// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters below /sys/kernel/debug/cxl: afuN.M/stats has one line "name value"
 * for each thing an AFU makes the kernel do.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "afu.h"
#include "debugfs.h"

static const char * const stat_names[CXL_NR_STATS] = {
	[CXL_STAT_ATTACHES] = "attaches",
	[CXL_STAT_DETACHES] = "detaches",
	[CXL_STAT_QUARANTINED] = "quarantined",
	[CXL_STAT_PSL_INTERRUPTS] = "psl_interrupts",
	[CXL_STAT_SEGMENT_FAULTS] = "segment_faults",
	[CXL_STAT_PAGE_FAULTS] = "page_faults",
	[CXL_STAT_FAILED_FAULTS] = "failed_faults",
	[CXL_STAT_AFU_INTERRUPTS] = "afu_interrupts",
	[CXL_STAT_SLBIAS] = "slbias",
};

static struct dentry *root;
static bool root_is_ours;

static int stats_show(struct seq_file *file, void *unused)
{
	struct cxl_afu *afu = file->private;
	unsigned long id, contexts = 0;
	void *ctx;
	int i;

	scoped_guard(rcu)
		xa_for_each(&afu->contexts, id, ctx)
			contexts++;

	seq_printf(file, "contexts %lu\n", contexts);
	for (i = 0; i < CXL_NR_STATS; i++)
		seq_printf(file, "%s %ld\n", stat_names[i],
			   atomic_long_read(&afu->stats[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/* Compute Express Link has a directory of the same name: share it. */
void cxl_debugfs_init(void)
{
	root = debugfs_lookup("cxl", NULL);
	root_is_ours = !root;
	if (root_is_ours)
		root = debugfs_create_dir("cxl", NULL);
}

void cxl_debugfs_exit(void)
{
	if (root_is_ours)
		debugfs_remove(root);
	else
		dput(root);
}

void cxl_debugfs_add_afu(struct cxl_afu *afu)
{
	afu->debugfs = debugfs_create_dir(dev_name(&afu->dev), root);
	debugfs_create_file("stats", 0400, afu->debugfs, afu, &stats_fops);
}

void cxl_debugfs_del_afu(struct cxl_afu *afu)
{
	debugfs_remove(afu->debugfs);
}
