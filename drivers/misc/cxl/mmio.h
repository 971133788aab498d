/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The problem state area of a context: registers of the AFU that programs map.
 */
#ifndef _CXL_MMIO_H
#define _CXL_MMIO_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct address_space;
struct cxl_afu;
struct cxl_context;
struct inode;
struct page;
struct vm_area_struct;

/**
 * struct cxl_area - problem state area of a context
 * @open: pages may be mapped
 * @err_ff: pages of all ones take the place of those of a dead card
 * @mapped: it has been mapped
 * @phys: start, set by the backend at attach
 * @size: bytes, set by the backend at attach; 0 for none
 * @ff_page: the page of all ones, allocated for @err_ff
 * @mapping: all that maps the area does so through it; NULL if no file can
 * @first: page of @mapping where the area begins
 * @inode: that of @mapping if a kernel driver owns the context, or NULL
 */
struct cxl_area {
	/**
	 * @lock: guards @open and what becomes of a page. Taken with the mmap lock
	 * held.
	 */
	struct mutex lock;
	bool open;
	bool err_ff;
	bool mapped;
	phys_addr_t phys;
	u64 size;
	struct page *ff_page;
	struct address_space *mapping;
	pgoff_t first;
	struct inode *inode;
};

int cxl_areas_init(void);
void cxl_areas_exit(void);
void cxl_area_init(struct cxl_area *area);
void cxl_area_set_file(struct file *file, struct cxl_context *ctx);
int cxl_area_create_inode(struct cxl_area *area);
void cxl_area_drop_inode(struct cxl_area *area);
struct file *cxl_area_create_file(struct cxl_context *ctx, const char *name,
				  const struct file_operations *fops);
void cxl_area_free(struct cxl_area *area);
int cxl_area_prepare(struct cxl_area *area, bool err_ff);
void cxl_area_set(struct cxl_area *area, phys_addr_t phys, u64 size);
void cxl_area_open(struct cxl_area *area);
void cxl_area_unmap(struct cxl_area *area);
void cxl_areas_unmap(struct cxl_afu *afu);
void cxl_area_revoke(struct cxl_area *area);
int cxl_area_mmap(struct cxl_area *area, struct vm_area_struct *vma);

#endif /* _CXL_MMIO_H */
