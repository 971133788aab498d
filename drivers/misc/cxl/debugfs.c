// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters below /sys/kernel/debug/cxl: cardN/stats and afuN.M/stats have one
 * line "name value" for each thing that is counted, afuN.M/contexts one line
 * for each context, with the names in the first one.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include <misc/cxl-base.h>

#include "afu.h"
#include "context.h"
#include "debugfs.h"

static const char * const stat_names[CXL_NR_STATS] = {
	[CXL_STAT_PSL_INTERRUPTS] = "psl_interrupts",
	[CXL_STAT_SPURIOUS_INTERRUPTS] = "spurious_interrupts",
	[CXL_STAT_SEGMENT_FAULTS] = "segment_faults",
	[CXL_STAT_PAGE_FAULTS] = "page_faults",
	[CXL_STAT_FAILED_FAULTS] = "failed_faults",
	[CXL_STAT_AFU_INTERRUPTS] = "afu_interrupts",
	[CXL_STAT_EVENTS] = "events",
	[CXL_STAT_ATTACHES] = "attaches",
	[CXL_STAT_DETACHES] = "detaches",
	[CXL_STAT_QUARANTINED] = "quarantined",
	[CXL_STAT_SLBIAS] = "slbias",
	[CXL_STAT_SLICE_ERRORS] = "slice_errors",
	[CXL_STAT_RESETS] = "resets",
};

static struct dentry *root;
static bool root_is_ours;

/**
 * struct stats_sum - the counters of one or several AFUs
 * @contexts: contexts there are
 * @stats: indexed by enum cxl_stat
 */
struct stats_sum {
	unsigned long contexts;
	long stats[CXL_NR_STATS];
};

/* Under the lock that a context takes to hand its counters to the AFU. */
static void add_afu(struct stats_sum *sum, struct cxl_afu *afu)
{
	struct cxl_context *ctx;
	unsigned long id;
	int i;

	guard(spinlock)(&afu->contexts.xa_lock);

	for (i = 0; i < CXL_NR_STATS; i++)
		sum->stats[i] += atomic_long_read(&afu->stats[i]);
	xa_for_each(&afu->contexts, id, ctx) {
		sum->contexts++;
		for (i = 0; i < CXL_NR_CTX_STATS; i++)
			sum->stats[i] += atomic_long_read(&ctx->stats[i]);
	}
}

static void show_sum(struct seq_file *file, const struct stats_sum *sum)
{
	int i;

	seq_printf(file, "contexts %lu\n", sum->contexts);
	for (i = 0; i < CXL_NR_STATS; i++)
		seq_printf(file, "%s %ld\n", stat_names[i], sum->stats[i]);
}

static int adapter_stats_show(struct seq_file *file, void *unused)
{
	struct cxl_adapter *adapter = file->private;
	struct stats_sum sum = {};
	int slice;

	for (slice = 0; slice < CXL_MAX_SLICES; slice++) {
		struct cxl_afu *afu = cxl_adapter_get_afu(adapter, slice);

		if (!afu)
			continue;
		add_afu(&sum, afu);
		cxl_afu_put(afu);
	}
	show_sum(file, &sum);
	seq_printf(file, "card_resets %ld\n", atomic_long_read(&adapter->resets));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(adapter_stats);

static int afu_stats_show(struct seq_file *file, void *unused)
{
	struct stats_sum sum = {};

	add_afu(&sum, file->private);
	show_sum(file, &sum);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(afu_stats);

static const char *context_state(struct cxl_context *ctx)
{
	if (!list_empty_careful(&ctx->quarantine))
		return "quarantined";
	switch (READ_ONCE(ctx->state)) {
	case CXL_CTX_OPENED:
		return "opened";
	case CXL_CTX_STARTED:
		return "started";
	case CXL_CTX_STOPPED:
		return "stopped";
	default:
		return "closed";
	}
}

static int afu_contexts_show(struct seq_file *file, void *unused)
{
	struct cxl_afu *afu = file->private;
	struct cxl_context *ctx;
	unsigned long id;
	int i;

	seq_puts(file, "context element node state pid");
	for (i = 0; i < CXL_NR_CTX_STATS; i++)
		seq_printf(file, " %s", stat_names[i]);
	seq_putc(file, '\n');

	guard(rcu)();
	xa_for_each(&afu->contexts, id, ctx) {
		seq_printf(file, "%lu %d %s %s %d", id, READ_ONCE(ctx->pe),
			   ctx->master ? "master" : "slave", context_state(ctx),
			   READ_ONCE(ctx->pid));
		for (i = 0; i < CXL_NR_CTX_STATS; i++)
			seq_printf(file, " %ld", atomic_long_read(&ctx->stats[i]));
		seq_putc(file, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(afu_contexts);

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

void cxl_debugfs_add_adapter(struct cxl_adapter *adapter)
{
	adapter->debugfs = debugfs_create_dir(dev_name(&adapter->dev), root);
	debugfs_create_file("stats", 0400, adapter->debugfs, adapter,
			    &adapter_stats_fops);
}

void cxl_debugfs_del_adapter(struct cxl_adapter *adapter)
{
	debugfs_remove(adapter->debugfs);
}

void cxl_debugfs_add_afu(struct cxl_afu *afu)
{
	afu->debugfs = debugfs_create_dir(dev_name(&afu->dev), root);
	debugfs_create_file("stats", 0400, afu->debugfs, afu, &afu_stats_fops);
	debugfs_create_file("contexts", 0400, afu->debugfs, afu, &afu_contexts_fops);
}

void cxl_debugfs_del_afu(struct cxl_afu *afu)
{
	debugfs_remove(afu->debugfs);
}
