// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults of accelerators on the memory of a process, or of the kernel. Always
 * built in: the growth of a stack is nothing that modules can ask for, nor do they
 * know the kernel's address space.
 */
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/userfaultfd_k.h>

#include <asm/book3s/64/mmu-hash.h>

#include "base.h"

static bool may_access(const struct vm_area_struct *vma, bool write)
{
	return vma->vm_flags & (write ? VM_WRITE : VM_READ | VM_EXEC);
}

/**
 * cxl_handle_mm_fault() - give a process the page at an address
 * @mm: its address space, with users
 * @ea: the address
 * @write: the access is a store
 *
 * What copro_handle_mm_fault() does, but for what a process can bring about: a
 * page that is broken, or said to be, is an error and no bug of the kernel, and
 * one that the process itself has to provide is not waited for, because the exit
 * of the process waits for the accelerator. May sleep.
 *
 * Return: 0, -ENOMEM, or -EFAULT.
 */
int cxl_handle_mm_fault(struct mm_struct *mm, unsigned long ea, bool write)
{
	unsigned int flags = write ? FAULT_FLAG_WRITE : 0;
	struct vm_area_struct *vma;
	vm_fault_t fault;

	vma = lock_mm_and_find_vma(mm, ea, NULL);
	if (!vma)
		return -EFAULT;

	fault = VM_FAULT_SIGSEGV;
	if (may_access(vma, write)) {
		if (userfaultfd_armed(vma))
			flags |= FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT;
		fault = handle_mm_fault(vma, ea, flags, NULL);
		/* Has given up the lock. */
		if (fault & VM_FAULT_COMPLETED)
			return 0;
	}
	mmap_read_unlock(mm);

	if (fault & VM_FAULT_OOM)
		return -ENOMEM;
	return fault & (VM_FAULT_ERROR | VM_FAULT_RETRY) ? -EFAULT : 0;
}
EXPORT_SYMBOL_GPL(cxl_handle_mm_fault);

/**
 * cxl_hash_kernel_page() - enter a page of the kernel into the hash page table
 * @ea: an effective address of the kernel
 * @write: the access is a store
 * @flags: for hash_page_mm()
 *
 * What is mapped stays mapped: the kernel has no page faults. The linear mapping
 * is entered for good. Any context.
 *
 * Return: 0 or -EFAULT.
 */
int cxl_hash_kernel_page(unsigned long ea, bool write, unsigned long flags)
{
	unsigned long access = _PAGE_PRESENT | _PAGE_READ | _PAGE_PRIVILEGED;

	if (write)
		access |= _PAGE_WRITE;

	guard(irqsave)();
	return hash_page_mm(&init_mm, ea, access, 0x300, flags) ? -EFAULT : 0;
}
EXPORT_SYMBOL_GPL(cxl_hash_kernel_page);
