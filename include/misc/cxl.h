/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For kernel drivers of AFUs, the accelerators behind a CAPI card.
 *
 * An AFU that has configuration records shows itself as PCI devices on a host bridge
 * of its own, one for each record. A pci_driver binds to them as to any other. It
 * reaches its AFU by contexts, each of which is one use of the AFU with an address
 * space, interrupts and registers; see Documentation/arch/powerpc/cxl-internals.rst
 * for their states. These devices have no BARs, no MSIs and no INTx.
 *
 * pci_enable_device() makes a default context, see cxl_get_context(), and
 * pci_disable_device() ends it. More of them come from cxl_dev_context_init().
 *
 * DMA addresses of these devices, from dma_map_*() and the like, are effective
 * addresses of the kernel, for contexts that work on the kernel's address space.
 * Such contexts also understand every other kernel address, those of modules and
 * of vmalloc() included.
 *
 * Errors: the error handlers of the pci_driver are called as for a PCI device, also
 * where the AFU's card is no PCI device, or only one AFU is affected.
 * error_detected() comes while contexts still exist but nothing can be reached; all
 * functions here that end or free something work. Afterwards every context has been
 * stopped. slot_reset() comes when contexts can be started again, the default context
 * included. What mmio_enabled() is for never happens. That the failure is permanent is told
 * after pci_channel_io_frozen, always. Until the end of an error pci_enable_device() fails
 * with -EINVAL for a driver that is bound meanwhile.
 *
 * Unless stated otherwise a function may sleep, and is called in process context
 * without spinlocks. The caller sees to it that a context is not used while, or
 * after, cxl_release_context() or cxl_fd_release() disposes of it; apart from that
 * functions may be called at the same time. They never wait for the mmap lock and do
 * not access user memory, so that a driver may hold a lock that it also takes in
 * mmap() or in page faults.
 */
#ifndef _MISC_CXL_H
#define _MISC_CXL_H

#include <linux/interrupt.h>
#include <linux/pci.h>
#include <linux/poll.h>
#include <uapi/misc/cxl.h>

struct cxl_afu;
struct cxl_context;

/* Devices and contexts, drivers/misc/cxl/api.c */
struct cxl_afu *cxl_pci_to_afu(struct pci_dev *dev);
unsigned int cxl_pci_to_cfg_record(struct pci_dev *dev);
struct cxl_context *cxl_get_context(struct pci_dev *dev);
struct cxl_context *cxl_dev_context_init(struct pci_dev *dev);
int cxl_release_context(struct cxl_context *ctx);
int cxl_set_priv(struct cxl_context *ctx, void *priv);
void *cxl_get_priv(struct cxl_context *ctx);
int cxl_start_context(struct cxl_context *ctx, u64 wed, struct task_struct *task);
int cxl_stop_context(struct cxl_context *ctx);
int cxl_afu_reset(struct cxl_context *ctx);
void cxl_set_master(struct cxl_context *ctx);
void __iomem *cxl_psa_map(struct cxl_context *ctx);
void cxl_psa_unmap(void __iomem *addr);
int cxl_process_element(struct cxl_context *ctx);
void cxl_perst_reloads_same_image(struct cxl_afu *afu, bool perst_reloads_same_image);
ssize_t cxl_read_adapter_vpd(struct pci_dev *dev, void *buf, size_t count);

/* Interrupts of the AFU, numbered from 1 */
int cxl_allocate_afu_irqs(struct cxl_context *ctx, int num);
void cxl_free_afu_irqs(struct cxl_context *ctx);
int cxl_map_afu_irq(struct cxl_context *ctx, int num, irq_handler_t handler,
		    void *cookie, char *name);
void cxl_unmap_afu_irq(struct cxl_context *ctx, int num, void *cookie);

/* Files for programs that use the AFU, drivers/misc/cxl/api-file.c */
struct file *cxl_get_fd(struct cxl_context *ctx, struct file_operations *fops, int *fd);
struct cxl_context *cxl_fops_get_context(struct file *file);
int cxl_start_work(struct cxl_context *ctx, struct cxl_ioctl_start_work *work);

/* What such files do by default, drivers/misc/cxl/file.c */
int cxl_fd_open(struct inode *inode, struct file *file);
int cxl_fd_release(struct inode *inode, struct file *file);
long cxl_fd_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int cxl_fd_mmap(struct file *file, struct vm_area_struct *vm);
__poll_t cxl_fd_poll(struct file *file, struct poll_table_struct *poll);
ssize_t cxl_fd_read(struct file *file, char __user *buf, size_t count, loff_t *off);

/**
 * struct cxl_afu_driver_ops - events that a driver sends to readers of its files
 */
struct cxl_afu_driver_ops {
	/**
	 * @fetch_event: the next event, for one of those that
	 * cxl_context_events_pending() has announced. Called with a spinlock held
	 * and interrupts off; may not call any function of this header. NULL, and
	 * an event of more than CXL_READ_MIN_SIZE bytes with its header, are
	 * errors: read() returns -EFAULT.
	 */
	struct cxl_event_afu_driver_reserved *(*fetch_event)(struct cxl_context *ctx);
	/**
	 * @event_delivered: @event is not needed any more. @rc is 0 when it has
	 * been read, -EFAULT when it could not be stored, -EINVAL when it was none.
	 * Called without locks, may sleep.
	 */
	void (*event_delivered)(struct cxl_context *ctx,
				struct cxl_event_afu_driver_reserved *event, int rc);
};

void cxl_set_driver_ops(struct cxl_context *ctx, struct cxl_afu_driver_ops *ops);
void cxl_context_events_pending(struct cxl_context *ctx, unsigned int new_events);

#endif /* _MISC_CXL_H */
