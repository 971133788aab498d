// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of an AFU as PCI devices: DMA addresses and configuration space.
 */
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "cxl_test_afu.h"

static int check_coherent(struct device *dev, struct ring *ring)
{
	dma_addr_t handle;
	u8 *buf;

	buf = dma_alloc_coherent(dev, 4 * RING_COPY_MAX, &handle, GFP_KERNEL);
	CHECK(buf);
	CHECK((u64)buf == handle);
	TRY(ring_copy_ok(ring, buf, buf + RING_COPY_MAX, RING_COPY_MAX));
	dma_free_coherent(dev, 4 * RING_COPY_MAX, buf, handle);
	return 0;
}

static int check_sg(struct device *dev, u8 *buf)
{
	struct scatterlist sg[2];

	sg_init_table(sg, ARRAY_SIZE(sg));
	sg_set_buf(&sg[0], buf, 100);
	sg_set_buf(&sg[1], buf + 1000, 200);
	CHECK_EQ(2, dma_map_sg(dev, sg, ARRAY_SIZE(sg), DMA_TO_DEVICE));
	CHECK(sg_dma_address(&sg[0]) == (u64)buf);
	CHECK(sg_dma_address(&sg[1]) == (u64)buf + 1000);
	dma_unmap_sg(dev, sg, ARRAY_SIZE(sg), DMA_TO_DEVICE);
	return 0;
}

/* Memory is where the kernel has it. */
static int check_streaming(struct device *dev, struct ring *ring, u8 *buf)
{
	dma_addr_t src, dst;
	u8 status = 0;

	src = dma_map_single(dev, buf, RING_COPY_MAX, DMA_TO_DEVICE);
	CHECK(!dma_mapping_error(dev, src));
	CHECK(src == (u64)buf);
	dst = dma_map_single(dev, buf + RING_COPY_MAX, RING_COPY_MAX, DMA_FROM_DEVICE);
	CHECK(!dma_mapping_error(dev, dst));
	TRY(ring_copy(ring, dst, src, RING_COPY_MAX, &status));
	CHECK_EQ(0x80, status);
	dma_unmap_single(dev, src, RING_COPY_MAX, DMA_TO_DEVICE);
	dma_unmap_single(dev, dst, RING_COPY_MAX, DMA_FROM_DEVICE);
	return 0;
}

/* Everything can be reached without a driver having to say so. */
static int check_masks(struct device *dev)
{
	CHECK(dma_get_mask(dev) == DMA_BIT_MASK(64));
	CHECK(dev->coherent_dma_mask == DMA_BIT_MASK(64));
	TRY(dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64)));
	return 0;
}

int test_dma(struct test_afu *test)
{
	struct cxl_context *ctx = cxl_get_context(test->pdev);
	u8 *buf = kmalloc(2 * RING_COPY_MAX, GFP_KERNEL);
	struct device *dev = &test->pdev->dev;

	CHECK(buf);
	ring_reset(&test->ring);
	TRY(cxl_start_context(ctx, ring_wed(&test->ring), NULL));
	TRY(check_masks(dev));
	TRY(check_coherent(dev, &test->ring));
	TRY(check_sg(dev, buf));
	TRY(check_streaming(dev, &test->ring, buf));
	TRY(cxl_stop_context(ctx));
	kfree(buf);
	return 0;
}

static int check_no_resources(struct pci_dev *pdev)
{
	u32 value;
	int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		CHECK_EQ(0, pci_resource_len(pdev, i));
		pci_write_config_dword(pdev, PCI_BASE_ADDRESS_0 + 4 * i, ~0);
		TRY(pci_read_config_dword(pdev, PCI_BASE_ADDRESS_0 + 4 * i, &value));
		CHECK_EQ(0, value);
	}
	CHECK_EQ(0, pdev->irq);
	CHECK(pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES) < 0);
	return 0;
}

int test_config(struct test_afu *test)
{
	struct pci_dev *pdev = test->pdev;
	u16 half;
	u32 word;
	u8 byte;

	CHECK_EQ(0x1014, pdev->vendor);
	CHECK_EQ(0x4350, pdev->device);
	TRY(pci_read_config_dword(pdev, PCI_VENDOR_ID, &word));
	CHECK_EQ(0x43501014, word);
	TRY(pci_read_config_word(pdev, PCI_DEVICE_ID, &half));
	CHECK_EQ(0x4350, half);
	TRY(pci_read_config_byte(pdev, PCI_DEVICE_ID + 1, &byte));
	CHECK_EQ(0x43, byte);
	TRY(check_no_resources(pdev));

	/* Behind the record, and a function without one */
	CHECK_EQ(PCIBIOS_DEVICE_NOT_FOUND, pci_read_config_dword(pdev, 0x100, &word));
	CHECK_EQ(~0U, word);
	CHECK_EQ(PCIBIOS_DEVICE_NOT_FOUND,
		 pci_bus_read_config_dword(pdev->bus, 1, 0, &word));
	CHECK_EQ(~0U, word);
	CHECK_EQ(PCIBIOS_DEVICE_NOT_FOUND,
		 pci_bus_write_config_dword(pdev->bus, 0xff, 0, 0));
	pci_set_master(pdev);
	pci_clear_master(pdev);
	return 0;
}
