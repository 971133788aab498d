// SPDX-License-Identifier: GPL-2.0-only
/*
 * What drivers of PCIe devices with an XSL of their own need of the platform. They do
 * not use cards, AFUs and contexts of this driver.
 */
#include <linux/cleanup.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <asm/copro.h>
#include <asm/cputable.h>
#include <asm/mmu.h>
#include <asm/opal-api.h>
#include <asm/pnv-pci.h>
#include <asm/reg.h>
#include <misc/cxllib.h>

#include "element.h"

/* The window of the protocol */
#define PROTOCOL_BAR		0x0002000000000000ULL
#define PROTOCOL_BAR_LOG_SIZE	48

/* What the XSL reads where a read must do no harm: 128 bytes, aligned to 256 */
#define DUMMY_SIZE		256

#define NEST_MMU_ID		9ULL
#define NEST_MMU_SHIFT		35
#define INDICATOR_SHIFT		48
#define UNIT_SHIFT		48
#define NBW_SHIFT		8

/* State register: radix, both for the partition and the process (psl9) */
#define SR_XLAT_RADIX		0x0600000000000000ULL

#define MAX_BRIDGES		2

/* The indications that firmware before there was a property for them used */
static const u32 default_indications[3] = { 0x0200, 0x0400, 0x0300 };

static bool is_power9_host(void)
{
	return cpu_has_feature(CPU_FTR_HVMODE) && cpu_has_feature(CPU_FTR_ARCH_300);
}

static bool behind_switch(struct pci_dev *dev)
{
	struct device_node *np = of_node_get(pci_device_to_OF_node(dev));
	int bridges = 0;

	if (!np)
		return true;
	while ((np = of_get_next_parent(np)))
		bridges += of_node_is_type(np, "pciex");
	return bridges > MAX_BRIDGES;
}

/* The CAPP of POWER9 chips by host bridge; 0 for none. */
static u64 capp_unit(u32 phb_index)
{
	switch (phb_index) {
	case 0:
		return 0xc0;
	case 3:
		return 0xe0;
	default:
		return 0;
	}
}

static int find_unit(struct pci_dev *dev, u64 *unit)
{
	struct device_node *np = pnv_pci_get_phb_node(dev);
	u32 index;
	int ret;

	while (np && !of_property_present(np, "ibm,chip-id"))
		np = of_get_next_parent(np);
	ret = np ? of_property_read_u32(np, "ibm,phb-index", &index) : -ENODEV;
	of_node_put(np);
	if (ret)
		return -ENODEV;
	*unit = capp_unit(index);
	return *unit ? 0 : -ENODEV;
}

static int find_dsnctl(struct pci_dev *dev, u64 *dsnctl)
{
	struct device_node *np;
	u32 indications[3];
	u64 unit;
	int ret;

	ret = find_unit(dev, &unit);
	if (ret)
		return ret;
	np = pnv_pci_get_phb_node(dev);
	if (!np)
		return -ENODEV;
	if (of_property_read_u32_array(np, "ibm,phb-indications", indications, 3))
		memcpy(indications, default_indications, sizeof(indications));
	of_node_put(np);
	*dsnctl = (u64)indications[0] << INDICATOR_SHIFT | unit << UNIT_SHIFT |
		  NEST_MMU_ID << NEST_MMU_SHIFT | (u64)indications[2] << NBW_SHIFT |
		  indications[1];
	return 0;
}

/**
 * cxllib_slot_is_supported() - can the slot of a device be used for CAPI?
 * @dev: the device
 * @flags: 0
 *
 * May sleep.
 *
 * Return: true if so.
 */
bool cxllib_slot_is_supported(struct pci_dev *dev, unsigned long flags)
{
	u64 unit;

	return !flags && is_power9_host() && !behind_switch(dev) && !find_unit(dev, &unit);
}
EXPORT_SYMBOL_GPL(cxllib_slot_is_supported);

/* One for the machine, for good: a device may read it as long as it has power. */
static int get_dummy(u64 *real)
{
	static DEFINE_MUTEX(lock);
	static void *dummy;

	guard(mutex)(&lock);

	if (!dummy)
		/* Memory of a power of two bytes is aligned to its size. */
		dummy = kzalloc(DUMMY_SIZE, GFP_KERNEL);
	if (!dummy)
		return -ENOMEM;
	*real = __pa(dummy);
	return 0;
}

/**
 * cxllib_get_xsl_config() - how the XSL of a device has to be set up
 * @dev: the device
 * @cfg: result
 *
 * May sleep.
 *
 * Return: 0; -EINVAL on another platform; -ENODEV for a slot without CAPP; -ENOMEM.
 */
int cxllib_get_xsl_config(struct pci_dev *dev, struct cxllib_xsl_config *cfg)
{
	if (!cpu_has_feature(CPU_FTR_HVMODE))
		return -EINVAL;
	*cfg = (struct cxllib_xsl_config) {
		.version = CXL_XSL_CONFIG_VERSION1,
		.log_bar_size = PROTOCOL_BAR_LOG_SIZE,
		.bar_addr = PROTOCOL_BAR,
	};
	return get_dummy(&cfg->dra) ?: find_dsnctl(dev, &cfg->dsnctl);
}
EXPORT_SYMBOL_GPL(cxllib_get_xsl_config);

/* Firmware answers in codes of its own. */
static int set_phb_mode(struct pci_dev *dev, u64 mode)
{
	switch (pnv_phb_to_cxl_mode(dev, mode)) {
	case OPAL_SUCCESS:
		return 0;
	case OPAL_BUSY:
		return -EBUSY;
	case OPAL_PARAMETER:
		return -EINVAL;
	case OPAL_UNSUPPORTED:
		return -EOPNOTSUPP;
	case OPAL_PERMISSION:
		return -EPERM;
	case -ENODEV:
		return -ENODEV;
	default:
		return -EIO;
	}
}

/**
 * cxllib_switch_phb_mode() - have the host bridge of a device speak CAPI, or not
 * @dev: the device
 * @mode: what it is to speak
 * @flags: CXL_MODE_DMA_TVT1 for CXL_MODE_CXL
 *
 * May sleep.
 *
 * Return: 0; -EINVAL on another platform, and for what there is not; or the error of
 * the firmware. There is no way back from CAPI but a reset of the bridge: for
 * CXL_MODE_PCI always -EPERM, when snooping has been stopped, or -EBUSY when it has not.
 */
int cxllib_switch_phb_mode(struct pci_dev *dev, enum cxllib_mode mode,
			   unsigned long flags)
{
	if (!cpu_has_feature(CPU_FTR_HVMODE))
		return -EINVAL;
	switch (mode) {
	case CXL_MODE_PCI:
		return set_phb_mode(dev, OPAL_PHB_CAPI_MODE_SNOOP_OFF) ? -EBUSY : -EPERM;
	case CXL_MODE_CXL:
		if (flags != CXL_MODE_DMA_TVT1)
			return -EINVAL;
		return set_phb_mode(dev, OPAL_PHB_CAPI_MODE_DMA_TVT1) ?:
		       set_phb_mode(dev, OPAL_PHB_CAPI_MODE_SNOOP_ON);
	default:
		return -EINVAL;
	}
}
EXPORT_SYMBOL_GPL(cxllib_switch_phb_mode);

/**
 * cxllib_set_device_dma() - let a device do DMA beside CAPI
 * @dev: the device
 * @flags: 0 or CXL_MODE_DMA_TVT1, which are the same
 *
 * May sleep.
 *
 * Return: 0, -EINVAL for other flags, or as dma_set_mask().
 */
int cxllib_set_device_dma(struct pci_dev *dev, unsigned long flags)
{
	if (flags && flags != CXL_MODE_DMA_TVT1)
		return -EINVAL;
	/* All bits select the entry that bypasses translation. */
	return dma_set_mask(&dev->dev, DMA_BIT_MASK(64));
}
EXPORT_SYMBOL_GPL(cxllib_set_device_dma);

static u64 state_register(struct task_struct *task, unsigned long translation_mode)
{
	u64 sr = 0;

	if (!task || !test_tsk_thread_flag(task, TIF_32BIT))
		sr |= NATIVE_SR_SF;
	if (!task || radix_enabled())
		sr |= NATIVE_SR_HV;
	if (radix_enabled())
		sr |= SR_XLAT_RADIX;
	if (task)
		sr |= NATIVE_SR_PR;
	if (mfspr(SPRN_LPCR) & LPCR_TC)
		sr |= NATIVE_SR_TC;
	if (translation_mode == CXL_TRANSLATED_MODE)
		sr |= NATIVE_SR_R;
	if (IS_ENABLED(CONFIG_CPU_LITTLE_ENDIAN))
		sr |= NATIVE_SR_LE;
	return sr;
}

/**
 * cxllib_get_PE_attributes() - what the process element of a task is made of
 * @task: the task, NULL for the kernel
 * @translation_mode: CXL_TRANSLATED_MODE or, for the kernel, CXL_REAL_MODE
 * @attr: result
 *
 * The caller keeps the address space of the task, and counts the device among those
 * that use it, for as long as the device does. May sleep.
 *
 * Return: 0, or -EINVAL for another mode or a task without address space.
 */
int cxllib_get_PE_attributes(struct task_struct *task, unsigned long translation_mode,
			     struct cxllib_pe_attributes *attr)
{
	struct mm_struct *mm;

	if (translation_mode != CXL_TRANSLATED_MODE && translation_mode != CXL_REAL_MODE)
		return -EINVAL;
	*attr = (struct cxllib_pe_attributes) {
		.sr = state_register(task, translation_mode),
		.lpid = mfspr(SPRN_LPID),
	};
	if (!task)
		return 0;
	mm = get_task_mm(task);
	if (!mm)
		return -EINVAL;
	attr->pid = mm->context.id;
	attr->tid = task->thread.tidr;
	mmput(mm);
	return 0;
}
EXPORT_SYMBOL_GPL(cxllib_get_PE_attributes);

/* The page size of the mapping at an address */
static int find_page_size(struct mm_struct *mm, u64 addr, u64 *size)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	*size = vma ? vma_kernel_pagesize(vma) : 0;
	mmap_read_unlock(mm);
	return *size ? 0 : -EFAULT;
}

/**
 * cxllib_handle_fault() - have pages of a process present
 * @mm: its address space, with users; or NULL
 * @addr: where to begin
 * @size: bytes; the page that @addr is in counts even if it is 0
 * @flags: DSISR_ISSTORE if they are to be written to
 *
 * They may be gone again when this returns: the device tries again then. May sleep.
 *
 * Return: 0; -EFAULT for what is not mapped, or may not be accessed like that; -ENOMEM.
 */
int cxllib_handle_fault(struct mm_struct *mm, u64 addr, u64 size, u64 flags)
{
	u64 end = addr + size, page;
	vm_fault_t fault;
	int ret;

	if (!mm || end < addr)
		return -EFAULT;
	do {
		ret = find_page_size(mm, addr, &page);
		if (ret)
			return ret;
		addr = ALIGN_DOWN(addr, page);
		ret = copro_handle_mm_fault(mm, addr, flags & DSISR_ISSTORE, &fault);
		if (ret)
			return ret;
		addr += page;
	} while (addr < end);
	return 0;
}
EXPORT_SYMBOL_GPL(cxllib_handle_fault);
