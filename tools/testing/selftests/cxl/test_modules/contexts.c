// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts of a kernel driver: identity, states, memory, registers, resets.
 */
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "cxl_test_afu.h"

#define VPD_IDENTIFIER	0x82
#define STATUS_DONE	0x80
#define REG_HANDLE	0x08

/* More than any AFU has */
#define MAX_CONTEXTS	4096

static struct pci_dev *other_device(struct test_afu *test)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev) {
		if (pdev->bus != test->pdev->bus)
			return pdev;
	}
	return NULL;
}

static int check_strangers(struct pci_dev *pdev)
{
	u8 byte;

	CHECK_EQ(-ENODEV, PTR_ERR(cxl_pci_to_afu(pdev)));
	CHECK_EQ(-ENODEV, PTR_ERR(cxl_dev_context_init(pdev)));
	CHECK_EQ(-ENODEV, cxl_read_adapter_vpd(pdev, &byte, 1));
	CHECK(!cxl_get_context(pdev));
	return 0;
}

int test_identity(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_get_context(test->pdev);
	struct pci_dev *other = other_device(test);
	u8 vpd[4] = {};
	int ret = 0;

	CHECK_EQ(0, cxl_pci_to_cfg_record(test->pdev));
	CHECK(!IS_ERR_OR_NULL(cxl_pci_to_afu(test->pdev)));
	CHECK(ctx);
	CHECK_EQ(-EINVAL, cxl_set_priv(NULL, test));
	CHECK_EQ(-EINVAL, PTR_ERR(cxl_get_priv(NULL)));
	TRY(cxl_set_priv(ctx, test));
	CHECK(cxl_get_priv(ctx) == test);
	TRY(cxl_set_priv(ctx, NULL));
	CHECK(cxl_process_element(NULL) < 0);

	CHECK_EQ(sizeof(vpd), cxl_read_adapter_vpd(test->pdev, vpd, sizeof(vpd)));
	CHECK_EQ(VPD_IDENTIFIER, vpd[0]);
	CHECK_EQ(0, cxl_read_adapter_vpd(test->pdev, vpd, 0));

	if (other)
		ret = check_strangers(other);
	pci_dev_put(other);
	return ret;
}

/* The program that asks for these sees what has come of it. */
int test_same_image(struct test_afu *test)
{
	cxl_perst_reloads_same_image(test->afu, true);
	return 0;
}

int test_other_image(struct test_afu *test)
{
	cxl_perst_reloads_same_image(test->afu, false);
	return 0;
}

/* Three times: stopping and starting again is what drivers do. */
int test_copy(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_get_context(test->pdev);
	u8 *buf = kmalloc(2 * RING_COPY_MAX, GFP_KERNEL);
	int i;

	CHECK(buf);
	for (i = 0; i < 3; i++) {
		ring_reset(&test->ring);
		TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
		TRY(ring_copy_ok(&test->ring, buf, buf + RING_COPY_MAX, RING_COPY_MAX));
		TRY(ring_copy_ok(&test->ring, buf, buf + RING_COPY_MAX, RING_ALIGN));
		TRY(cxl_stop_context(ctx));
	}
	kfree(buf);
	return 0;
}

static u8 module_memory[2][RING_COPY_MAX] __aligned(RING_ALIGN);
static struct ring_element module_ring[RING_ELEMENTS] __aligned(4096);

/* Addresses of modules and of vmalloc() are not those of the linear mapping. */
int test_module_memory(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_get_context(test->pdev);
	struct ring ring = { .elements = module_ring };
	u8 *far = vmalloc(4 * PAGE_SIZE);

	CHECK(far);
	ring_reset(&ring);
	TRY(cxl_start_context(ctx, ring_wed(&ring), NULL));
	TRY(ring_copy_ok(&ring, module_memory[0], module_memory[1], RING_COPY_MAX));
	TRY(ring_copy_ok(&ring, far, module_memory[0], RING_COPY_MAX));
	TRY(ring_copy_ok(&ring, module_memory[1], far + 3 * PAGE_SIZE, RING_COPY_MAX));
	TRY(cxl_stop_context(ctx));
	vfree(far);
	return 0;
}

/* What the kernel does not map is an error of the AFU, and nothing else. */
int test_bad_address(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_get_context(test->pdev);
	u8 *buf = kzalloc(RING_COPY_MAX, GFP_KERNEL);
	u8 *far = vmalloc(PAGE_SIZE);
	u64 bad[3];
	int i;

	CHECK(buf);
	CHECK(far);
	/* A page that has been given back, an address of programs, and of nobody */
	bad[0] = (u64)far;
	bad[1] = 0x10000000;
	bad[2] = 0x8000000000000000;
	vfree(far);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		u8 status = STATUS_DONE;

		ring_reset(&test->ring);
		TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
		TRY(ring_copy(&test->ring, (u64)buf, bad[i], RING_ALIGN, &status));
		CHECK(status != STATUS_DONE);
		TRY(cxl_stop_context(ctx));
	}
	kfree(buf);
	return 0;
}

int test_states(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_dev_context_init(test->pdev);
	int number;

	CHECK(!IS_ERR(ctx));
	CHECK(!cxl_psa_map(ctx));
	CHECK_EQ(-EBUSY, cxl_stop_context(ctx));
	CHECK_EQ(-EBUSY, cxl_stop_context(ctx));

	ring_reset(&test->ring);
	TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
	TRY(cxl_start_context(ctx, 0, NULL));
	number = cxl_process_element(ctx);
	CHECK(number >= 0);
	CHECK_EQ(-EBUSY, cxl_release_context(ctx));
	TRY(cxl_stop_context(ctx));
	/* Drivers find by it what they have noted of a context that something has ended. */
	CHECK_EQ(number, cxl_process_element(ctx));
	CHECK_EQ(-EBUSY, cxl_stop_context(ctx));
	CHECK(!cxl_psa_map(ctx));

	ring_reset(&test->ring);
	TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
	TRY(cxl_stop_context(ctx));
	TRY(cxl_release_context(ctx));

	/* One that has never done anything */
	ctx = cxl_dev_context_init(test->pdev);
	CHECK(!IS_ERR(ctx));
	TRY(cxl_release_context(ctx));
	return 0;
}

#define SOME_CONTEXTS	8

int test_contexts(struct test_afu *test)
{
	u8 *buf = kmalloc(2 * RING_COPY_MAX, GFP_KERNEL);
	struct cxl_context *ctx[SOME_CONTEXTS];
	struct ring ring[SOME_CONTEXTS];
	int i, j;

	CHECK(buf);
	for (i = 0; i < SOME_CONTEXTS; i++) {
		TRY(ring_alloc(&ring[i]));
		ctx[i] = cxl_dev_context_init(test->pdev);
		CHECK(!IS_ERR(ctx[i]));
		TRY(cxl_start_context(ctx[i], ring_wed(&ring[i]), NULL));
		for (j = 0; j < i; j++)
			CHECK(cxl_process_element(ctx[i]) != cxl_process_element(ctx[j]));
	}
	for (j = 0; j < 4; j++)
		for (i = 0; i < SOME_CONTEXTS; i++)
			TRY(ring_copy_ok(&ring[i], buf, buf + RING_COPY_MAX, RING_COPY_MAX));
	for (i = 0; i < SOME_CONTEXTS; i++) {
		TRY(cxl_stop_context(ctx[i]));
		TRY(cxl_release_context(ctx[i]));
		ring_free(&ring[i]);
	}
	kfree(buf);
	return 0;
}

/* As many as there are, and as many again */
int test_exhaust(struct test_afu *test)
{
	struct cxl_context **ctx = kvcalloc(MAX_CONTEXTS, sizeof(*ctx), GFP_KERNEL);
	int first = 0, i, round;

	CHECK(ctx);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < MAX_CONTEXTS; i++) {
			ctx[i] = cxl_dev_context_init(test->pdev);
			if (IS_ERR(ctx[i]))
				break;
		}
		CHECK(i < MAX_CONTEXTS);
		CHECK_EQ(-ENOSPC, PTR_ERR(ctx[i]));
		if (!round)
			first = i;
		CHECK_EQ(first, i);
		while (i--)
			TRY(cxl_release_context(ctx[i]));
	}
	kvfree(ctx);
	return 0;
}

/* The registers of a slave are its own, those of a master are all. */
int test_registers(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_dev_context_init(test->pdev);
	void __iomem *psa;

	CHECK(!IS_ERR(ctx));
	ring_reset(&test->ring);
	TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
	psa = cxl_psa_map(ctx);
	CHECK(psa);
	CHECK_EQ(ring_wed(&test->ring), in_be64(psa));
	CHECK_EQ(cxl_process_element(ctx), in_be64(psa + REG_HANDLE) >> 48);
	cxl_psa_unmap(psa);
	TRY(cxl_stop_context(ctx));

	cxl_set_master(ctx);
	ring_reset(&test->ring);
	TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
	psa = cxl_psa_map(ctx);
	CHECK(psa);
	/* The register that configures the AFU comes first there. */
	CHECK(in_be64(psa) != ring_wed(&test->ring));
	cxl_psa_unmap(psa);
	TRY(cxl_stop_context(ctx));
	TRY(cxl_release_context(ctx));
	return 0;
}

/* The hardware forgets all contexts, and they can be stopped nevertheless. */
int test_reset(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_get_context(test->pdev);
	struct cxl_context *other = cxl_dev_context_init(test->pdev);
	u8 *buf = kmalloc(2 * RING_COPY_MAX, GFP_KERNEL);
	struct ring ring;

	CHECK(buf);
	CHECK(!IS_ERR(other));
	TRY(ring_alloc(&ring));
	/* Before anything is started */
	TRY(cxl_afu_reset(ctx));
	ring_reset(&test->ring);
	TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
	TRY(cxl_start_context(other, ring_wed(&ring), NULL));
	TRY(cxl_afu_reset(ctx));
	TRY(cxl_stop_context(ctx));
	TRY(cxl_stop_context(other));

	ring_reset(&test->ring);
	TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
	TRY(ring_copy_ok(&test->ring, buf, buf + RING_COPY_MAX, RING_COPY_MAX));
	TRY(cxl_stop_context(ctx));
	TRY(cxl_release_context(other));
	ring_free(&ring);
	kfree(buf);
	return 0;
}

/* Disabled with its default context started: that ends. */
int test_disable(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_get_context(test->pdev);

	ring_reset(&test->ring);
	TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
	pci_disable_device(test->pdev);
	CHECK(!cxl_get_context(test->pdev));
	TRY(pci_enable_device(test->pdev));
	ctx = cxl_get_context(test->pdev);
	CHECK(ctx);
	CHECK_EQ(-EBUSY, cxl_stop_context(ctx));

	/* Enabled twice, it needs to be disabled twice. */
	TRY(pci_enable_device(test->pdev));
	pci_disable_device(test->pdev);
	CHECK(cxl_get_context(test->pdev) == ctx);
	return 0;
}

static int idle_thread(void *unused)
{
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ);
	return 0;
}

/* A task of the kernel has no address space, the one that writes the name has. */
int test_tasks(struct test_afu *test)
{
	struct task_struct *task = kthread_run(idle_thread, NULL, "cxl_test");
	struct cxl_context *ctx = cxl_dev_context_init(test->pdev);
	struct cxl_ioctl_start_work work = {
		.flags = CXL_START_WORK_NUM_IRQS,
		.num_interrupts = -1,
	};

	CHECK(!IS_ERR(task));
	CHECK(!IS_ERR(ctx));
	CHECK_EQ(-EINVAL, cxl_start_context(ctx, 0, task));
	kthread_stop(task);

	CHECK_EQ(-EINVAL, cxl_start_work(ctx, &work));
	work.num_interrupts = S16_MAX;
	CHECK_EQ(-EINVAL, cxl_start_work(ctx, &work));
	work.flags = 0;
	TRY(cxl_start_work(ctx, &work));
	CHECK(work.num_interrupts < S16_MAX);
	CHECK_EQ(-EIO, cxl_start_work(ctx, &work));
	TRY(cxl_stop_context(ctx));
	TRY(cxl_start_context(ctx, 0, current));
	TRY(cxl_stop_context(ctx));
	TRY(cxl_release_context(ctx));
	return 0;
}
