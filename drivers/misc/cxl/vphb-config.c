// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration records of an AFU as PCI sees them: accesses of one, two and four
 * bytes, made of words; and nothing that would have the PCI core look for resources
 * and interrupts, which these devices do not have, whatever the record holds.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/pci.h>

#include "vphb-config.h"

/* More capabilities do not fit. */
#define MAX_CAPABILITIES	48

/* Bits of a word that are shown, and can be written. */
static u32 shown(const struct cxl_config_view *view, unsigned int off)
{
	if (off >= PCI_BASE_ADDRESS_0 && off <= PCI_BASE_ADDRESS_5)
		return 0;
	if (off == PCI_ROM_ADDRESS)
		return 0;
	/* Interrupt line and pin */
	if (off == PCI_INTERRUPT_LINE)
		return GENMASK(31, 16);
	/* Without its identifier a capability is one that means nothing. */
	if (off && (off == view->msi || off == view->msix))
		return GENMASK(31, 8);
	return ~0;
}

/* Bits of a word that an access is about. */
static u32 touched(unsigned int where, unsigned int size)
{
	return GENMASK(size * 8 - 1, 0) << where % 4 * 8;
}

static int check(const struct cxl_config_view *view, unsigned int where, unsigned int size)
{
	if ((size != 1 && size != 2 && size != 4) || where % size)
		return PCIBIOS_BAD_REGISTER_NUMBER;
	/* No word is shown in part. */
	if (where >= view->len || ALIGN_DOWN(where, 4) + 4 > view->len)
		return PCIBIOS_DEVICE_NOT_FOUND;
	return PCIBIOS_SUCCESSFUL;
}

/**
 * cxl_config_view_read() - read from a record
 * @view: the record
 * @where: offset
 * @size: 1, 2 or 4 bytes
 * @value: the result, all ones after a failure
 *
 * Atomic.
 *
 * Return: PCIBIOS_*
 */
int cxl_config_view_read(const struct cxl_config_view *view, unsigned int where,
			 unsigned int size, u32 *value)
{
	unsigned int off = ALIGN_DOWN(where, 4);
	u32 word;
	int ret;

	*value = ~0;
	ret = check(view, where, size);
	if (ret)
		return ret;
	if (view->load(view, off, &word))
		return PCIBIOS_DEVICE_NOT_FOUND;
	word &= shown(view, off) & touched(where, size);
	*value = word >> where % 4 * 8;
	return PCIBIOS_SUCCESSFUL;
}

/* What the word becomes: bits of the status register go by being written. */
static u32 merge(unsigned int off, u32 old, u32 new, u32 mask)
{
	if (off == PCI_COMMAND)
		old &= GENMASK(15, 0);
	return (old & ~mask) | (new & mask);
}

/**
 * cxl_config_view_write() - write to a record
 * @view: the record
 * @where: offset
 * @size: 1, 2 or 4 bytes
 * @value: what to write
 *
 * Atomic. The caller sees to it that nobody else writes.
 *
 * Return: PCIBIOS_*
 */
int cxl_config_view_write(const struct cxl_config_view *view, unsigned int where,
			  unsigned int size, u32 value)
{
	unsigned int off = ALIGN_DOWN(where, 4);
	u32 old = 0, mask;
	int ret;

	ret = check(view, where, size);
	if (ret)
		return ret;
	if (!view->writable)
		return PCIBIOS_SET_FAILED;
	mask = shown(view, off) & touched(where, size);
	if (!mask)
		return PCIBIOS_SUCCESSFUL;
	if (mask != ~0U && view->load(view, off, &old))
		return PCIBIOS_DEVICE_NOT_FOUND;
	if (view->store(view, off, merge(off, old, value << where % 4 * 8, mask)))
		return PCIBIOS_SET_FAILED;
	return PCIBIOS_SUCCESSFUL;
}

static u8 read_byte(const struct cxl_config_view *view, unsigned int where)
{
	u32 value;

	return cxl_config_view_read(view, where, 1, &value) ? 0 : value;
}

/**
 * cxl_config_hide_msis() - find the capabilities that must not be shown
 * @view: the record, the members but for @msi and @msix filled in
 */
void cxl_config_hide_msis(struct cxl_config_view *view)
{
	unsigned int pos, tries;

	view->msi = 0;
	view->msix = 0;
	if (!(read_byte(view, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return;
	pos = read_byte(view, PCI_CAPABILITY_LIST);
	for (tries = 0; pos && tries < MAX_CAPABILITIES; tries++) {
		pos = ALIGN_DOWN(pos, 4);
		switch (read_byte(view, pos + PCI_CAP_LIST_ID)) {
		case PCI_CAP_ID_MSI:
			view->msi = pos;
			break;
		case PCI_CAP_ID_MSIX:
			view->msix = pos;
			break;
		}
		pos = read_byte(view, pos + PCI_CAP_LIST_NEXT);
	}
}
