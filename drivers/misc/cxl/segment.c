// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segment tables: the table itself, and filling it on a fault or ahead of one.
 */
#include <linux/cleanup.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <asm/book3s/64/mmu-hash.h>
#include <asm/copro.h>

#include "afu.h"
#include "context.h"
#include "segment.h"
#include "trace.h"

static_assert(sizeof(struct cxl_segment_entry) == 16);
static_assert((CXL_SEGMENT_GROUPS & (CXL_SEGMENT_GROUPS - 1)) == 0);

void cxl_segment_table_init(struct cxl_segment_table *table)
{
	spin_lock_init(&table->lock);
}

/**
 * cxl_segment_table_prepare() - an empty table
 * @table: the hardware does not know it
 *
 * May sleep. Can be repeated.
 *
 * Return: 0 or -ENOMEM.
 */
int cxl_segment_table_prepare(struct cxl_segment_table *table)
{
	if (table->entries) {
		cxl_segment_table_clear(table);
		return 0;
	}
	/* Memory of a power of two bytes is aligned to its size. */
	table->entries = kzalloc(CXL_SEGMENT_TABLE_SIZE, GFP_KERNEL_ACCOUNT);
	return table->entries ? 0 : -ENOMEM;
}

void cxl_segment_table_free(struct cxl_segment_table *table)
{
	kfree(table->entries);
}

/**
 * cxl_segment_table_clear() - forget all segments
 * @table: the table
 *
 * What the PSL has cached stays until cxl_backend_ops.afu_slbia. Any context.
 */
void cxl_segment_table_clear(struct cxl_segment_table *table)
{
	int i;

	guard(spinlock_irqsave)(&table->lock);

	table->flushes++;
	for (i = 0; i < CXL_SEGMENT_GROUPS * CXL_SEGMENT_GROUP; i++)
		WRITE_ONCE(table->entries[i].esid, 0);
}

static bool is_1t(u64 vsid)
{
	return (vsid & SLB_VSID_B) == SLB_VSID_B_1T;
}

/**
 * cxl_sstp_encode() - storage segment table pointer
 * @ea: effective address of the table
 * @vsid: VSID and attributes of its segment, as in an SLB entry
 * @size: bytes of the table
 * @sstp0: result for SSTP0_An
 * @sstp1: result for SSTP1_An, valid
 *
 * The PSL finds the table by its virtual address, 78 bits (CAIA 1.0, ch. 5).
 */
void cxl_sstp_encode(u64 ea, u64 vsid, size_t size, u64 *sstp0, u64 *sstp1)
{
	unsigned int shift = is_1t(vsid) ? SID_SHIFT_1T : SID_SHIFT;
	u64 number = (vsid & ~SLB_VSID_B) >> slb_vsid_shift(is_1t(vsid) ?
							    MMU_SEGSIZE_1T :
							    MMU_SEGSIZE_256M);
	u64 attributes = vsid & (SLB_VSID_KS | SLB_VSID_KP | SLB_VSID_N |
				 SLB_VSID_C | SLB_VSID_LLP);
	u64 low = (number << shift) | (ea & GENMASK_ULL(shift - 1, 0));

	*sstp0 = (vsid & SLB_VSID_B) | (attributes << CXL_SSTP0_SEG_SHIFT) |
		 ((u64)(size / 256 - 1) << CXL_SSTP0_SIZE_SHIFT) |
		 ((number >> (64 - shift)) & CXL_SSTP0_VA);
	*sstp1 = (low & CXL_SSTP1_VA) | CXL_SSTP1_V;
}

/**
 * cxl_segment_table_pointer() - where the PSL finds a table
 * @table: the table
 * @sstp0: result for SSTP0_An
 * @sstp1: result for SSTP1_An
 *
 * Return: 0, or -EFAULT if kernel memory has no segment, which cannot be.
 */
int cxl_segment_table_pointer(struct cxl_segment_table *table, u64 *sstp0,
			      u64 *sstp1)
{
	u64 ea = (u64)table->entries;
	struct copro_slb slb;

	if (WARN_ON_ONCE(copro_calculate_slb(NULL, ea, &slb)))
		return -EFAULT;
	cxl_sstp_encode(ea, slb.vsid, CXL_SEGMENT_TABLE_SIZE, sstp0, sstp1);
	return 0;
}

static struct cxl_segment_entry *group_of(struct cxl_segment_table *table,
					  u64 esid, u64 vsid)
{
	unsigned int shift = is_1t(vsid) ? SID_SHIFT_1T : SID_SHIFT;
	unsigned int group = (esid >> shift) & (CXL_SEGMENT_GROUPS - 1);

	return &table->entries[group * CXL_SEGMENT_GROUP];
}

/* The entry to use; NULL if the segment is already there, or nothing can make room. */
static struct cxl_segment_entry *find_place(struct cxl_segment_table *table,
					    u64 esid, u64 vsid, bool make_room)
{
	struct cxl_segment_entry *group = group_of(table, esid, vsid);
	struct cxl_segment_entry *free = NULL;
	int i;

	for (i = 0; i < CXL_SEGMENT_GROUP; i++) {
		if (group[i].esid == cpu_to_be64(esid)) {
			if (group[i].vsid == cpu_to_be64(vsid))
				return NULL;
			return &group[i];
		}
		if (!free && !group[i].esid)
			free = &group[i];
	}
	if (free || !make_room)
		return free;
	return &group[table->victim++ % CXL_SEGMENT_GROUP];
}

/**
 * cxl_segment_insert() - enter a segment
 * @table: the table, with its lock held
 * @esid: effective segment, with the valid bit, as in an SLB entry
 * @vsid: VSID, size and attributes, as in an SLB entry
 * @make_room: if need be, at the cost of another one
 *
 * The PSL reads the table at any time: it never sees a valid entry that mixes
 * two segments, nor a segment twice. An entry that has to make room needs no
 * invalidation, for what the PSL has cached of it stays right.
 *
 * Return: true if the segment was entered.
 */
bool cxl_segment_insert(struct cxl_segment_table *table, u64 esid, u64 vsid,
			bool make_room)
{
	struct cxl_segment_entry *entry;

	lockdep_assert_held(&table->lock);

	entry = find_place(table, esid, vsid, make_room);
	if (!entry)
		return false;

	WRITE_ONCE(entry->esid, 0);
	/* The PSL must see the entry invalid before the VSID changes ... */
	dma_wmb();
	WRITE_ONCE(entry->vsid, cpu_to_be64(vsid));
	/* ... and the VSID before the entry is valid again. */
	dma_wmb();
	WRITE_ONCE(entry->esid, cpu_to_be64(esid));
	return true;
}

static bool kernel_segment_valid(u64 ea)
{
	switch (get_region_id(ea)) {
	case LINEAR_MAP_REGION_ID:
	case VMALLOC_REGION_ID:
	case IO_REGION_ID:
		return true;
	default:
		return false;
	}
}

/**
 * cxl_segment_valid() - may an accelerator of this process use an address?
 * @mm: address space, NULL for the kernel's
 * @ea: effective address
 *
 * Return: true for the addresses a program, or the kernel, can have; what is
 * mapped there is another question.
 */
bool cxl_segment_valid(struct mm_struct *mm, u64 ea)
{
	if (!mm)
		return kernel_segment_valid(ea);
	return get_region_id(ea) == USER_REGION_ID &&
	       ea < mm_ctx_slb_addr_limit(&mm->context);
}

static unsigned int flushes_of(struct cxl_context *ctx)
{
	unsigned int flushes = READ_ONCE(ctx->segments.flushes);

	/* Pairs with the lock of the clearing CPU. */
	smp_rmb();
	return flushes;
}

/* False when the kernel changed segments meanwhile. */
static bool add_unless_flushed(struct cxl_context *ctx, const struct copro_slb *slb,
			       unsigned int nr, unsigned int flushes, bool make_room)
{
	struct cxl_segment_table *table = &ctx->segments;
	unsigned int i;

	guard(spinlock_irqsave)(&table->lock);

	if (table->flushes != flushes)
		return false;
	for (i = 0; i < nr; i++) {
		if (cxl_segment_insert(table, slb[i].esid, slb[i].vsid, make_room))
			trace_cxl_ste_write(ctx, &slb[i]);
	}
	return true;
}

static int segment_add(struct cxl_context *ctx, struct mm_struct *mm, u64 ea,
		       struct copro_slb *slb)
{
	unsigned int flushes;

	do {
		flushes = flushes_of(ctx);
		if (copro_calculate_slb(mm, ea, slb))
			return -EFAULT;
	} while (!add_unless_flushed(ctx, slb, 1, flushes, true));
	return 0;
}

/*
 * An accelerator that streams soon misses the next segment, if they are small. Which of
 * them are used does not matter: an entry gives no access to anything.
 */
static void add_neighbours(struct cxl_context *ctx, struct mm_struct *mm, u64 ea)
{
	u64 first = ALIGN_DOWN(ea, CXL_SEGMENT_NEIGHBOURS << SID_SHIFT);
	struct copro_slb slb[CXL_SEGMENT_NEIGHBOURS];
	unsigned int flushes = flushes_of(ctx);
	unsigned int i, nr = 0;

	for (i = 0; i < CXL_SEGMENT_NEIGHBOURS; i++) {
		u64 neighbour = first + ((u64)i << SID_SHIFT);

		if (neighbour >> SID_SHIFT != ea >> SID_SHIFT &&
		    cxl_segment_valid(mm, neighbour) &&
		    !copro_calculate_slb(mm, neighbour, &slb[nr]))
			nr++;
	}
	add_unless_flushed(ctx, slb, nr, flushes, false);
}

/**
 * cxl_segment_add() - enter the segment of an address
 * @ctx: the context
 * @mm: its address space, with users; NULL for the kernel's
 * @ea: an address that cxl_segment_valid() allows
 *
 * Those around it follow if there is room. Never sleeps. A full barrier is needed
 * before the PSL is told to look again.
 *
 * Return: 0, or -EFAULT if there is no such segment.
 */
int cxl_segment_add(struct cxl_context *ctx, struct mm_struct *mm, u64 ea)
{
	struct copro_slb slb = {};
	int ret;

	ret = segment_add(ctx, mm, ea, &slb);
	if (!ret && !is_1t(slb.vsid))
		add_neighbours(ctx, mm, ea);
	return ret;
}

static void prefault_range(struct cxl_context *ctx, struct mm_struct *mm,
			   u64 start, u64 end)
{
	u64 ea = start;

	while (ea < end && cxl_segment_valid(mm, ea)) {
		struct copro_slb slb = {};
		u64 size = 1UL << SID_SHIFT;

		if (!segment_add(ctx, mm, ea, &slb) && is_1t(slb.vsid))
			size = 1UL << SID_SHIFT_1T;
		ea = ALIGN_DOWN(ea, size) + size;
	}
}

static void prefault_all(struct cxl_context *ctx, struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	struct vma_iterator vmi;

	/* Waiting is not allowed here, see cxl_context.start_lock. */
	if (!mmap_read_trylock(mm))
		return;
	vma_iter_init(&vmi, mm, 0);
	for_each_vma(vmi, vma)
		prefault_range(ctx, mm, vma->vm_start, vma->vm_end);
	mmap_read_unlock(mm);
}

/**
 * cxl_segments_prefault() - enter segments ahead of the first fault
 * @ctx: a context that is being started, whose mm has users
 * @wed: its work element descriptor
 *
 * As the AFU is set to. What cannot be entered is left to faults. May sleep.
 */
void cxl_segments_prefault(struct cxl_context *ctx, u64 wed)
{
	switch (READ_ONCE(ctx->afu->prefault)) {
	case CXL_PREFAULT_WED:
		if (cxl_segment_valid(ctx->mm, wed))
			cxl_segment_add(ctx, ctx->mm, wed);
		break;
	case CXL_PREFAULT_ALL:
		if (ctx->mm)
			prefault_all(ctx, ctx->mm);
		break;
	}
}
