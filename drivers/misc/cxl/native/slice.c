// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slices of a card: finding out what AFU is there, and getting it to work.
 */
#include <linux/cleanup.h>
#include <linux/io.h>
#include <linux/kmemleak.h>
#include <linux/pci_regs.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include <asm/pnv-pci.h>

#include "../vphb.h"
#include "native.h"
#include "psl.h"
#include "regs.h"

static u64 desc_read(struct native_afu *afu, u64 off)
{
	return native_read(native_adapter_of(afu), afu->desc_area + off);
}

/*
 * The area takes accesses of four and eight bytes only. Bytes come in the order
 * of their addresses.
 */
static int read_bytes(struct native_afu *afu, u64 base, void *buf, u64 off, size_t len)
{
	struct native_adapter *adapter = native_adapter_of(afu);
	u8 *to = buf;

	while (len) {
		unsigned int skip = (base + off) % sizeof(u32);
		unsigned int count = min_t(size_t, len, sizeof(u32) - skip);
		u8 word[sizeof(u32)];

		if (!native_online(adapter))
			return -EIO;
		put_unaligned_be32(in_be32(afu->desc_area + base + off - skip), word);
		memcpy(to, word + skip, count);
		to += count;
		off += count;
		len -= count;
	}
	return 0;
}

int native_afu_read_err_buffer(struct cxl_afu *core, void *buf, u64 off, size_t len)
{
	struct native_afu *afu = to_native_afu(core);

	return read_bytes(afu, afu->desc.eb_off, buf, off, len);
}

int native_afu_read_config(struct cxl_afu *core, unsigned int record, void *buf,
			   u64 off, size_t len)
{
	struct native_afu *afu = to_native_afu(core);

	return read_bytes(afu, afu->desc.cr_off + record * afu->desc.cr_len, buf, off, len);
}

static void __iomem *config_word(struct native_afu *afu, unsigned int record,
				 unsigned int off)
{
	return afu->desc_area + afu->desc.cr_off + record * afu->desc.cr_len + off;
}

/* As a record is laid out: little endian. */
int native_afu_load_config(struct cxl_afu *core, unsigned int record, unsigned int off,
			   u32 *value)
{
	struct native_afu *afu = to_native_afu(core);

	if (!native_online(native_adapter_of(afu)))
		return -EIO;
	*value = in_le32(config_word(afu, record, off));
	return 0;
}

int native_afu_store_config(struct cxl_afu *core, unsigned int record, unsigned int off,
			    u32 value)
{
	struct native_afu *afu = to_native_afu(core);

	if (!native_online(native_adapter_of(afu)))
		return -EIO;
	out_le32(config_word(afu, record, off), value);
	return 0;
}

static int map_slice(struct native_afu *afu)
{
	struct native_adapter *adapter = native_adapter_of(afu);
	const struct native_vsec *vsec = &adapter->vsec;
	unsigned int slice = afu->core.slice;

	afu->p1n = adapter->p1 + P1_SIZE + slice * P1N_SIZE;
	afu->p2n = ioremap(adapter->p2 + slice * P2N_SIZE, P2N_SIZE);
	afu->desc_area = ioremap(adapter->p2 + vsec->desc_off + slice * vsec->desc_size,
				 vsec->desc_size);
	afu->psa = adapter->p2 + vsec->ps_off + slice * vsec->ps_size;
	return afu->p2n && afu->desc_area ? 0 : -ENOMEM;
}

static void unmap_slice(struct native_afu *afu)
{
	if (afu->desc_area)
		iounmap(afu->desc_area);
	if (afu->p2n)
		iounmap(afu->p2n);
}

/* A record that identifies nothing means a descriptor that is wrong. */
static int check_records(struct native_afu *afu)
{
	unsigned int i;
	u8 id[4];

	for (i = 0; i < afu->desc.nr_crs; i++) {
		int ret = native_afu_read_config(&afu->core, i, id, 0, sizeof(id));

		if (ret)
			return ret;
		if (!get_unaligned_le32(id) || get_unaligned_le32(id) == ~0U) {
			dev_err(&afu->core.dev, "configuration record %u is empty\n", i);
			return -EINVAL;
		}
	}
	return 0;
}

static int read_descriptor(struct native_afu *afu, struct native_descriptor *desc)
{
	const struct native_vsec *vsec = &native_adapter_of(afu)->vsec;
	u64 words[DESCRIPTOR_WORDS];
	const char *why;
	int i, ret;

	for (i = 0; i < DESCRIPTOR_WORDS; i++)
		words[i] = desc_read(afu, i * sizeof(u64));
	ret = native_descriptor_parse(words, vsec->desc_size, vsec->ps_size, desc, &why);
	if (ret)
		dev_err(&afu->core.dev, "descriptor refused: %s\n", why);
	return ret;
}

/* What no other part of the card takes: its own and two for each slice. */
static unsigned int irqs_limit(struct native_adapter *adapter)
{
	return pnv_cxl_get_irq_count(adapter->pci) - 1 - 2 * adapter->slices;
}

static void set_properties(struct native_afu *afu)
{
	const struct native_descriptor *desc = &afu->desc;
	struct cxl_afu *core = &afu->core;

	core->modes_supported = desc->modes;
	core->irqs_min = desc->min_irqs;
	core->irqs_limit = irqs_limit(native_adapter_of(afu));
	core->psa_size = desc->psa ? native_adapter_of(afu)->vsec.ps_size : 0;
	core->pp_size = desc->pp_len;
	core->pp_off = desc->pp_len ? desc->pp_off : 0;
	core->pp_off_known = true;
	core->eb_len = desc->eb_len;
	core->cr_len = desc->cr_len;
	core->nr_crs = desc->nr_crs;
	if (desc->pp_len % PAGE_SIZE || desc->pp_off % PAGE_SIZE)
		dev_warn(&core->dev, "areas of processes are no whole pages, and cannot be mapped\n");
}

/* Register values, all of which a reset of the card loses. */
static void load_registers(struct native_afu *afu)
{
	u64 serr = native_p1n_read(afu, PSL_SERR);

	native_adapter_of(afu)->psl->setup_slice(afu);
	if (serr != PSL_GONE)
		native_p1n_write(afu, PSL_SERR, (afu->error_irq.hwirq & PSL_SERR_IVTE));
}

static int request_irqs(struct native_afu *afu)
{
	struct native_adapter *adapter = native_adapter_of(afu);
	const char *name = dev_name(&afu->core.dev);
	int ret;

	ret = native_line_request(adapter, &afu->error_irq, native_slice_error, name, afu);
	if (ret)
		return ret;
	return native_line_request(adapter, &afu->psl_irq, native_psl_irq, name, afu);
}

static void release_irqs(struct native_afu *afu)
{
	struct native_adapter *adapter = native_adapter_of(afu);

	native_line_release(adapter, &afu->psl_irq, afu);
	native_p1n_write(afu, PSL_SERR, 0);
	native_line_release(adapter, &afu->error_irq, afu);
}

/* What the descriptor says counts only after a reset. */
static int setup(struct native_afu *afu)
{
	int ret;

	ret = map_slice(afu) ?: native_afu_sanitise(afu) ?: native_afu_reset(&afu->core);
	if (ret)
		return ret;
	ret = read_descriptor(afu, &afu->desc) ?: check_records(afu);
	if (ret)
		return ret;
	set_properties(afu);
	ret = request_irqs(afu);
	if (ret)
		return ret;
	load_registers(afu);
	return cxl_afu_add(&afu->core);
}

/**
 * native_afu_restart() - set an AFU up again after a reset of its card
 * @afu: without contexts
 *
 * cxl_afu_restore() has to follow. May sleep.
 *
 * Return: 0; -ENODEV if it is another AFU now; or a negative errno.
 */
int native_afu_restart(struct native_afu *afu)
{
	struct native_descriptor desc;
	int ret;

	guard(mutex)(&afu->core.lock);

	ret = native_afu_sanitise(afu) ?: native_afu_reset(&afu->core);
	if (ret)
		return ret;
	ret = read_descriptor(afu, &desc);
	if (ret)
		return ret;
	if (memcmp(&desc, &afu->desc, sizeof(desc))) {
		dev_err(&afu->core.dev, "is not the AFU it was before\n");
		return -ENODEV;
	}
	load_registers(afu);
	afu->reset_due = false;
	return native_afu_start_mode(afu, afu->core.mode);
}

/* The PSL must not read elements whose memory belongs to somebody else. */
static void free_spa(struct native_afu *afu)
{
	if (!afu->spa.elements)
		return;
	if (afu->mode == CXL_AFU_MODE_NONE)
		native_spa_free(afu);
	else
		kmemleak_not_leak(afu->spa.elements);
}

static void release_hardware(struct native_afu *afu)
{
	if (afu->p2n && afu->desc_area)
		release_irqs(afu);
	free_spa(afu);
	unmap_slice(afu);
}

/**
 * native_afu_create() - set up an AFU
 * @adapter: its card
 * @slice: its number there
 *
 * May sleep.
 *
 * Return: the AFU, registered and with a reference that the caller owns, or an
 * error pointer.
 */
struct native_afu *native_afu_create(struct native_adapter *adapter, unsigned int slice)
{
	struct native_afu *afu;
	int ret;

	afu = kzalloc(sizeof(*afu), GFP_KERNEL);
	if (!afu)
		return ERR_PTR(-ENOMEM);
	mutex_init(&afu->control_lock);
	mutex_init(&afu->command_lock);
	spin_lock_init(&afu->fault_lock);
	native_recovery_init(afu);
	ret = cxl_afu_init(&afu->core, &adapter->core, slice);
	if (ret) {
		kfree(afu);
		return ERR_PTR(ret);
	}

	ret = setup(afu);
	if (ret) {
		native_recovery_stop(afu);
		release_hardware(afu);
		put_device(&afu->core.dev);
		return ERR_PTR(ret);
	}
	native_debugfs_add_afu(afu);
	native_recovery_start(afu);
	return afu;
}

/* A card that is cut off has let go of everything, also of what it held fast. */
static void let_go(struct native_afu *afu)
{
	guard(mutex)(&afu->core.lock);

	if (native_online(native_adapter_of(afu)))
		return;
	cxl_afu_down(&afu->core, true);
	cxl_quarantine_release(&afu->core);
}

/**
 * native_afu_remove() - remove an AFU
 * @afu: the AFU
 *
 * Drops the reference of native_afu_create(). May sleep.
 */
void native_afu_remove(struct native_afu *afu)
{
	native_recovery_stop(afu);
	native_debugfs_del_afu(afu);
	/* Kernel drivers first: they stop their contexts themselves. */
	cxl_vphb_del(&afu->core);
	let_go(afu);
	cxl_afu_del(&afu->core);
	release_hardware(afu);
	put_device(&afu->core.dev);
}
