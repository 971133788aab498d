// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers below /sys/kernel/debug/cxl, for people who look for the cause of an
 * error: one file for each, hexadecimal. Reading fails while the card is away.
 */
#include <linux/debugfs.h>

#include "native.h"
#include "regs.h"

/**
 * struct debug_register - a register that is shown
 * @name: of its file
 * @reg: its offset
 * @p2: a privileged 2 register
 * @writable: it controls what is recorded
 */
struct debug_register {
	const char *name;
	unsigned int reg;
	bool p2;
	bool writable;
};

static const struct debug_register adapter_registers[] = {
	{ "err_ivte", PSL_ERRIVTE },
	{ "fir1", PSL_FIR1 },
	{ "fir2", PSL_FIR2 },
	{ "fir_cntl", PSL_FIR_CNTL },
	{ "trace", PSL_TRACE, .writable = true },
};

static const struct debug_register slice_registers[] = {
	{ "sr", PSL_SR },
	{ "dsisr", PSL_DSISR, .p2 = true },
	{ "dar", PSL_DAR, .p2 = true },
	{ "err_status", PSL_ERRSTAT, .p2 = true },
	{ "serr", PSL_SERR },
	{ "sstp0", PSL_SSTP0, .p2 = true },
	{ "sstp1", PSL_SSTP1, .p2 = true },
	{ "fir", PSL_FIR_SLICE },
	{ "afu_debug", PSL_AFU_DEBUG },
	{ "trace", PSL_SLICE_TRACE, .writable = true },
};

static_assert(ARRAY_SIZE(adapter_registers) <= NATIVE_ADAPTER_FILES);
static_assert(ARRAY_SIZE(slice_registers) <= NATIVE_SLICE_FILES);

static int get(void *data, u64 *value)
{
	struct native_file *file = data;

	*value = native_read(file->adapter, file->reg);
	return *value == PSL_GONE ? -EIO : 0;
}

static int set(void *data, u64 value)
{
	struct native_file *file = data;

	if (!native_online(file->adapter))
		return -EIO;
	native_write(file->adapter, file->reg, value);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(register_fops, get, set, "0x%016llx\n");

static void create(const struct debug_register *reg, struct dentry *dir,
		   struct native_file *file)
{
	debugfs_create_file_unsafe(reg->name, reg->writable ? 0600 : 0400, dir, file,
				   &register_fops);
}

/**
 * native_debugfs_add_adapter() - show the registers of a card
 * @adapter: registered; its files go with its directory
 */
void native_debugfs_add_adapter(struct native_adapter *adapter)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(adapter_registers); i++) {
		const struct debug_register *reg = &adapter_registers[i];

		adapter->files[i].adapter = adapter;
		adapter->files[i].reg = adapter->p1 + reg->reg;
		create(reg, adapter->core.debugfs, &adapter->files[i]);
	}
}

/**
 * native_debugfs_add_afu() - show the registers of a slice
 * @afu: registered
 */
void native_debugfs_add_afu(struct native_afu *afu)
{
	struct native_adapter *adapter = native_adapter_of(afu);
	char name[16];
	int i;

	snprintf(name, sizeof(name), "psl%u.%u", adapter->core.id, afu->core.slice);
	afu->debugfs = debugfs_create_dir(name, adapter->core.debugfs);
	for (i = 0; i < ARRAY_SIZE(slice_registers); i++) {
		const struct debug_register *reg = &slice_registers[i];

		afu->files[i].adapter = adapter;
		afu->files[i].reg = (reg->p2 ? afu->p2n : afu->p1n) + reg->reg;
		create(reg, afu->debugfs, &afu->files[i]);
	}
}

/**
 * native_debugfs_del_afu() - undo native_debugfs_add_afu()
 * @afu: its registers are still mapped
 *
 * Waits for readers. May sleep.
 */
void native_debugfs_del_afu(struct native_afu *afu)
{
	debugfs_remove(afu->debugfs);
}
