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
#include <asm/pte-walk.h>

#include "base.h"

/* A power of two, less than the entries of a page of the page tables. */
#define NEIGHBOURS	16

static bool may_access(const struct vm_area_struct *vma, bool write)
{
	return vma->vm_flags & (write ? VM_WRITE : VM_READ | VM_EXEC);
}

/* Without waiting for those who change the address space, or VM_FAULT_RETRY. */
static vm_fault_t fault_vma_locked(struct mm_struct *mm, unsigned long ea, unsigned int flags)
{
	bool write = flags & FAULT_FLAG_WRITE;
	struct vm_area_struct *vma;
	vm_fault_t fault;

	vma = lock_vma_under_rcu(mm, ea);
	if (!vma)
		return VM_FAULT_RETRY;
	if (!may_access(vma, write) || userfaultfd_armed(vma)) {
		vma_end_read(vma);
		return VM_FAULT_RETRY;
	}
	fault = handle_mm_fault(vma, ea, flags | FAULT_FLAG_VMA_LOCK, NULL);
	if (!(fault & (VM_FAULT_RETRY | VM_FAULT_COMPLETED)))
		vma_end_read(vma);
	return fault;
}

static vm_fault_t fault_mm_locked(struct mm_struct *mm, unsigned long ea, unsigned int flags)
{
	struct vm_area_struct *vma;
	vm_fault_t fault;

	vma = lock_mm_and_find_vma(mm, ea, NULL);
	if (!vma)
		return VM_FAULT_SIGSEGV;

	fault = VM_FAULT_SIGSEGV;
	if (may_access(vma, flags & FAULT_FLAG_WRITE)) {
		if (userfaultfd_armed(vma))
			flags |= FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT;
		fault = handle_mm_fault(vma, ea, flags, NULL);
		/* Has given up the lock. */
		if (fault & VM_FAULT_COMPLETED)
			return 0;
	}
	mmap_read_unlock(mm);
	return fault;
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
	vm_fault_t fault;

	fault = fault_vma_locked(mm, ea, flags);
	if (fault & VM_FAULT_RETRY)
		fault = fault_mm_locked(mm, ea, flags);
	if (fault & VM_FAULT_OOM)
		return -ENOMEM;
	return fault & (VM_FAULT_ERROR | VM_FAULT_RETRY) ? -EFAULT : 0;
}
EXPORT_SYMBOL_GPL(cxl_handle_mm_fault);

/*
 * The lockless walk of the page tables counts on an interrupt to every CPU that the
 * mm has run on to keep them from being freed, so this one has to pretend.
 */
static void join_mm(struct mm_struct *mm)
{
	int cpu = smp_processor_id();

	if (cpumask_test_cpu(cpu, mm_cpumask(mm)))
		return;
	cpumask_set_cpu(cpu, mm_cpumask(mm));
	/* Pairs with the barrier before the mask is read to send interrupts. */
	smp_mb();
}

static int hash_page_of(struct mm_struct *mm, unsigned long ea, bool write,
			unsigned long flags)
{
	unsigned long access = _PAGE_PRESENT | _PAGE_READ;

	if (write)
		access |= _PAGE_WRITE;
	return hash_page_mm(mm, ea, access, 0x300, flags);
}

/**
 * cxl_hash_page() - enter a page of a process into the hash page table
 * @mm: its address space, with users
 * @ea: an address in the page
 * @write: the access is a store
 * @flags: for hash_page_mm()
 *
 * Any context.
 *
 * Return: 0; 1 if the page is not mapped, or not for this access; less than 0 if the
 * table does not take it.
 */
int cxl_hash_page(struct mm_struct *mm, unsigned long ea, bool write, unsigned long flags)
{
	guard(irqsave)();
	join_mm(mm);
	return hash_page_of(mm, ea, write, flags);
}
EXPORT_SYMBOL_GPL(cxl_hash_page);

/* Mapped, used lately, so that its age stays right, and without an entry yet */
static bool lacks_entry(pte_t pte)
{
	return pte_present(pte) && pte_young(pte) && pte_access_permitted(pte, false) &&
	       !(pte_val(pte) & H_PAGE_HASHPTE);
}

/**
 * cxl_hash_mapped() - as cxl_hash_page(), and for pages around it
 * @mm: address space, with users
 * @ea: an address in the page, which may well be mapped
 * @write: the access is a store
 * @flags: for hash_page_mm()
 *
 * The accelerator is likely to touch the neighbours next. Those that the process has
 * mapped are entered for loads, and for stores where it has stored to them. Any
 * context.
 *
 * Return: as cxl_hash_page(), whatever becomes of the neighbours.
 */
int cxl_hash_mapped(struct mm_struct *mm, unsigned long ea, bool write, unsigned long flags)
{
	unsigned long first = ALIGN_DOWN(ea, NEIGHBOURS * PAGE_SIZE);
	unsigned int i, shift;
	pte_t *ptep;
	int ret;

	guard(irqsave)();
	join_mm(mm);
	ptep = find_linux_pte(mm->pgd, ea, NULL, &shift);
	if (!ptep || !pte_present(READ_ONCE(*ptep)))
		return 1;
	ret = hash_page_of(mm, ea, write, flags);
	if (ret || shift)
		return ret;
	/* All of them are in the same page of the page tables. */
	ptep -= (ea - first) >> PAGE_SHIFT;
	for (i = 0; i < NEIGHBOURS; i++) {
		if (lacks_entry(READ_ONCE(ptep[i])))
			hash_page_of(mm, first + i * PAGE_SIZE, false, HPTE_NOHPTE_UPDATE);
	}
	return 0;
}
EXPORT_SYMBOL_GPL(cxl_hash_mapped);

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
