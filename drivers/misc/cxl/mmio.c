// SPDX-License-Identifier: GPL-2.0-only
/*
 * The problem state area of a context: mapping it, and taking it away.
 */
#include <linux/anon_inodes.h>
#include <linux/cleanup.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include "adapter.h"
#include "afu.h"
#include "context.h"
#include "mmio.h"

/* "CAPI" */
#define AREA_FS_MAGIC	0x43415049

/*
 * The areas of programs lie one after the other in the mapping of one inode: taking
 * away that of one context looks only at the mappings of that context. Files that
 * kernel drivers make have inodes of their own.
 */
#define AREA_SHIFT	40
#define AREA_PAGES	(1UL << (AREA_SHIFT - PAGE_SHIFT))
#define AREA_ID_SHIFT	16

static_assert(AREA_SHIFT + AREA_ID_SHIFT + order_base_2(CXL_MAX_CARDS * CXL_MAX_SLICES) < 64);

static const struct file_operations area_no_fops;
static struct file *area_file;

static struct vfsmount *area_mount;
static int area_mount_count;

/* A file that was made for a context, or a mapping of it, may outlive its owner. */
static void area_evict(struct inode *inode)
{
	struct cxl_context *ctx = inode->i_private;

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	if (ctx)
		cxl_context_put(ctx);
}

static const struct super_operations area_super_ops = {
	.statfs = simple_statfs,
	.evict_inode = area_evict,
};

static int area_fs_init(struct fs_context *fc)
{
	struct pseudo_fs_context *ctx = init_pseudo(fc, AREA_FS_MAGIC);

	if (!ctx)
		return -ENOMEM;
	ctx->ops = &area_super_ops;
	return 0;
}

static struct file_system_type area_fs = {
	.name = "cxl",
	.owner = THIS_MODULE,
	.init_fs_context = area_fs_init,
	.kill_sb = kill_anon_super,
};

/**
 * cxl_areas_init() - from now on there may be areas
 *
 * May sleep.
 *
 * Return: 0 or a negative errno.
 */
int cxl_areas_init(void)
{
	area_file = anon_inode_create_getfile("[cxl]", &area_no_fops, NULL, O_RDWR, NULL);
	return PTR_ERR_OR_ZERO(area_file);
}

/**
 * cxl_areas_exit() - undo cxl_areas_init()
 *
 * No file that can map an area exists any more. May sleep.
 */
void cxl_areas_exit(void)
{
	/* At once, as its operations are here. */
	__fput_sync(area_file);
}

/**
 * cxl_area_init() - prepare an area that does not exist yet
 * @area: zeroed
 */
void cxl_area_init(struct cxl_area *area)
{
	mutex_init(&area->lock);
}

static pgoff_t first_page(struct cxl_afu *afu, unsigned int id)
{
	pgoff_t nr = afu->adapter->id * CXL_MAX_SLICES + afu->slice;

	return (nr << AREA_ID_SHIFT | id) * AREA_PAGES;
}

/**
 * cxl_area_set_file() - let a file of a program map an area
 * @file: being opened
 * @ctx: whose area it is
 */
void cxl_area_set_file(struct file *file, struct cxl_context *ctx)
{
	ctx->area.first = first_page(ctx->afu, ctx->id);
	ctx->area.mapping = area_file->f_mapping;
	file->f_mapping = area_file->f_mapping;
}

/**
 * cxl_area_create_inode() - let files of a kernel driver map an area
 * @area: without an inode
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int cxl_area_create_inode(struct cxl_area *area)
{
	struct inode *inode;
	int ret;

	ret = simple_pin_fs(&area_fs, &area_mount, &area_mount_count);
	if (ret)
		return ret;
	inode = alloc_anon_inode(area_mount->mnt_sb);
	if (IS_ERR(inode)) {
		simple_release_fs(&area_mount, &area_mount_count);
		return PTR_ERR(inode);
	}
	area->inode = inode;
	area->mapping = inode->i_mapping;
	return 0;
}

/**
 * cxl_area_drop_inode() - no new file will map the area
 * @area: open no more; it may never have had an inode
 *
 * May sleep.
 */
void cxl_area_drop_inode(struct cxl_area *area)
{
	if (!area->inode)
		return;
	area->mapping = NULL;
	iput(area->inode);
	area->inode = NULL;
	simple_release_fs(&area_mount, &area_mount_count);
}

/**
 * cxl_area_create_file() - a file for a context
 * @ctx: the context, whose area has an inode
 * @name: of its dentry
 * @fops: its operations; the module they are in stays as long as the file does
 *
 * The inode of the file is that of the area and holds the context. May sleep.
 *
 * Return: the file, or -ENOENT when the module is going away, -ENOMEM, -ENFILE.
 */
struct file *cxl_area_create_file(struct cxl_context *ctx, const char *name,
				  const struct file_operations *fops)
{
	struct inode *inode = ctx->area.inode;
	struct file *file;

	fops = fops_get(fops);
	if (!fops)
		return ERR_PTR(-ENOENT);
	ihold(inode);
	file = alloc_file_pseudo(inode, area_mount, name, O_RDWR, fops);
	if (IS_ERR(file)) {
		iput(inode);
		fops_put(fops);
		return file;
	}
	kref_get(&ctx->ref);
	inode->i_private = ctx;
	WRITE_ONCE(file->private_data, ctx);
	return file;
}

/**
 * cxl_area_free() - undo cxl_area_init()
 * @area: no file refers to it any more
 */
void cxl_area_free(struct cxl_area *area)
{
	if (area->ff_page)
		__free_page(area->ff_page);
	cxl_area_drop_inode(area);
	mutex_destroy(&area->lock);
}

/**
 * cxl_area_prepare() - get what an area will need when the card has died
 * @area: the area
 * @err_ff: as in struct cxl_start
 *
 * May sleep. Can be repeated.
 *
 * Return: 0 or -ENOMEM.
 */
int cxl_area_prepare(struct cxl_area *area, bool err_ff)
{
	struct page *page = NULL;

	guard(mutex)(&area->lock);

	if (err_ff && !area->ff_page) {
		page = alloc_page(GFP_KERNEL_ACCOUNT);
		if (!page)
			return -ENOMEM;
		memset(page_address(page), 0xff, PAGE_SIZE);
		area->ff_page = page;
	}
	area->err_ff = err_ff;
	return 0;
}

/**
 * cxl_area_set() - where the area is
 * @area: not open
 * @phys: start
 * @size: bytes, 0 for none
 */
void cxl_area_set(struct cxl_area *area, phys_addr_t phys, u64 size)
{
	guard(mutex)(&area->lock);

	area->phys = phys;
	area->size = size;
}

/**
 * cxl_area_open() - let programs map the area
 * @area: its place has been set
 */
void cxl_area_open(struct cxl_area *area)
{
	guard(mutex)(&area->lock);

	/* Pairs with cxl_area_mmap(), which looks where it is after that. */
	smp_store_release(&area->open, true);
}

/**
 * cxl_area_unmap() - take the area out of the page tables of programs
 * @area: the area
 *
 * Without its lock, which the fault path takes below that of the page table. May sleep.
 */
void cxl_area_unmap(struct cxl_area *area)
{
	if (area->mapping && READ_ONCE(area->mapped))
		unmap_mapping_range(area->mapping, (loff_t)area->first << PAGE_SHIFT,
				    1LL << AREA_SHIFT, 1);
}

/**
 * cxl_areas_unmap() - take the areas of all programs out of the page tables
 * @afu: the AFU they are on
 *
 * They are mapped again when they are touched. For registers of a context that a master
 * has looked at. May sleep.
 */
void cxl_areas_unmap(struct cxl_afu *afu)
{
	unmap_mapping_range(area_file->f_mapping, (loff_t)first_page(afu, 0) << PAGE_SHIFT,
			    1LL << (AREA_SHIFT + AREA_ID_SHIFT), 1);
}

/**
 * cxl_area_revoke() - take the area away from programs
 * @area: the area
 *
 * On return no CPU maps it, nor ever will. May sleep.
 */
void cxl_area_revoke(struct cxl_area *area)
{
	scoped_guard(mutex, &area->lock)
		area->open = false;
	cxl_area_unmap(area);
}

/* The page protection is passed on, not stored: other pages are no memory. */
static vm_fault_t insert_ff_page(struct cxl_area *area, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	return vmf_insert_pfn_prot(vma, vmf->address, page_to_pfn(area->ff_page),
				   vm_get_page_prot(vma->vm_flags));
}

/*
 * Finds its context through the file only: drivers that own an AFU call this
 * from operations of their own. Such a driver may have disposed of the context,
 * whose memory the inode of the file holds. The lock is held until the page is in
 * place, so that cxl_area_revoke() finds it.
 */
static vm_fault_t area_fault(struct vm_fault *vmf)
{
	struct cxl_context *ctx = READ_ONCE(vmf->vma->vm_file->private_data);
	struct cxl_area *area;
	pgoff_t page;

	if (!ctx)
		return VM_FAULT_SIGBUS;
	area = &ctx->area;
	page = vmf->pgoff - area->first;
	guard(mutex)(&area->lock);

	if (page >= area->size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	if (area->open)
		return vmf_insert_pfn(vmf->vma, vmf->address, PHYS_PFN(area->phys) + page);
	if (area->err_ff)
		return insert_ff_page(area, vmf);
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct area_vm_ops = {
	.fault = area_fault,
};

/**
 * cxl_area_mmap() - map a part of the area
 * @area: the area
 * @vma: where to; its offset counts from the start of the area
 *
 * Pages are inserted as they are touched. Called with the mmap lock held for
 * writing.
 *
 * Return: 0; -EIO while the context is not started; -EINVAL for a mapping that
 * is private and could be written to, or that leaves the area, or if the area
 * does not begin at a page boundary and a mapping would show the registers of
 * somebody else.
 */
int cxl_area_mmap(struct cxl_area *area, struct vm_area_struct *vma)
{
	unsigned long pages;

	/* A hint, but what comes with it is right; who maps a page has the lock. */
	if (!smp_load_acquire(&area->open))
		return -EIO;
	if (is_cow_mapping(vma->vm_flags) || !PAGE_ALIGNED(area->phys))
		return -EINVAL;
	pages = min(area->size >> PAGE_SHIFT, AREA_PAGES);
	if (vma->vm_pgoff > pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;

	WRITE_ONCE(area->mapped, true);
	vma->vm_pgoff += area->first;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_ops = &area_vm_ops;
	return 0;
}
