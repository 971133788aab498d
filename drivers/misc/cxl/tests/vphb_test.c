// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration records as PCI sees them: every access, what is hidden, what a write
 * changes; and the votes of drivers on an error.
 */
#include <kunit/test.h>
#include <linux/pci.h>
#include <linux/unaligned.h>

#include "../vphb.h"

#define RECORD_SIZE	256

/**
 * struct fake - a record in memory
 * @view: what PCI sees of it
 * @bytes: its bytes
 * @fail: accesses fail
 * @loads: words read so far
 * @stores: words written so far
 * @stored: the last one
 */
struct fake {
	struct cxl_config_view view;
	u8 bytes[RECORD_SIZE];
	bool fail;
	int loads;
	int stores;
	u32 stored;
};

static int fake_load(const struct cxl_config_view *view, unsigned int off, u32 *value)
{
	struct fake *fake = container_of(view, struct fake, view);

	fake->loads++;
	if (fake->fail || off % 4 || off + 4 > RECORD_SIZE)
		return -EIO;
	*value = get_unaligned_le32(fake->bytes + off);
	return 0;
}

static int fake_store(const struct cxl_config_view *view, unsigned int off, u32 value)
{
	struct fake *fake = container_of(view, struct fake, view);

	fake->stores++;
	fake->stored = value;
	if (fake->fail || off % 4 || off + 4 > RECORD_SIZE)
		return -EIO;
	put_unaligned_le32(value, fake->bytes + off);
	return 0;
}

static int vphb_init(struct kunit *test)
{
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	int i;

	if (!fake)
		return -ENOMEM;
	fake->view.len = RECORD_SIZE;
	fake->view.writable = true;
	fake->view.load = fake_load;
	fake->view.store = fake_store;
	for (i = 0; i < RECORD_SIZE; i++)
		fake->bytes[i] = i ^ 0xa5;
	test->priv = fake;
	return 0;
}

/* Reading @size bytes at @where works, and gives the value. */
static u32 read_ok(struct kunit *test, unsigned int where, unsigned int size)
{
	struct fake *fake = test->priv;
	u32 value;

	KUNIT_EXPECT_EQ_MSG(test, cxl_config_view_read(&fake->view, where, size, &value),
			    PCIBIOS_SUCCESSFUL, "%u bytes at %#x", size, where);
	return value;
}

static void write_ok(struct kunit *test, unsigned int where, unsigned int size, u32 value)
{
	struct fake *fake = test->priv;

	KUNIT_EXPECT_EQ_MSG(test, cxl_config_view_write(&fake->view, where, size, value),
			    PCIBIOS_SUCCESSFUL, "%u bytes at %#x", size, where);
}

static bool hidden(unsigned int where)
{
	return (where >= 0x10 && where < 0x28) || (where >= 0x30 && where < 0x34) ||
	       where == 0x3c || where == 0x3d;
}

static void read_every_byte(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int where, i;

	for (where = 0; where < RECORD_SIZE; where++)
		KUNIT_EXPECT_EQ_MSG(test, read_ok(test, where, 1),
				    hidden(where) ? 0 : fake->bytes[where], "%#x", where);
	for (where = 0; where < RECORD_SIZE; where += 2)
		for (i = 0; i < 2; i++)
			KUNIT_EXPECT_EQ_MSG(test, read_ok(test, where, 2) >> 8 * i & 0xff,
					    hidden(where + i) ? 0 : fake->bytes[where + i],
					    "%#x", where);
	for (where = 0; where < RECORD_SIZE; where += 4)
		for (i = 0; i < 4; i++)
			KUNIT_EXPECT_EQ_MSG(test, read_ok(test, where, 4) >> 8 * i & 0xff,
					    hidden(where + i) ? 0 : fake->bytes[where + i],
					    "%#x", where);
}

static void bounds(struct kunit *test)
{
	static const struct {
		unsigned int where;
		unsigned int size;
		int want;
	} cases[] = {
		{ 0xff, 1, PCIBIOS_SUCCESSFUL },
		{ 0xfe, 2, PCIBIOS_SUCCESSFUL },
		{ 0xfc, 4, PCIBIOS_SUCCESSFUL },
		{ 0x100, 1, PCIBIOS_DEVICE_NOT_FOUND },
		{ 0x100, 2, PCIBIOS_DEVICE_NOT_FOUND },
		{ 0x100, 4, PCIBIOS_DEVICE_NOT_FOUND },
		{ 0xffc, 4, PCIBIOS_DEVICE_NOT_FOUND },
		{ 0xfffffffc, 4, PCIBIOS_DEVICE_NOT_FOUND },
		{ 0x01, 2, PCIBIOS_BAD_REGISTER_NUMBER },
		{ 0x02, 4, PCIBIOS_BAD_REGISTER_NUMBER },
		{ 0x00, 3, PCIBIOS_BAD_REGISTER_NUMBER },
		{ 0x00, 8, PCIBIOS_BAD_REGISTER_NUMBER },
		{ 0x00, 0, PCIBIOS_BAD_REGISTER_NUMBER },
	};
	struct fake *fake = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 value = 0x12345678;

		KUNIT_EXPECT_EQ(test, cxl_config_view_read(&fake->view, cases[i].where,
							   cases[i].size, &value),
				cases[i].want);
		if (cases[i].want)
			KUNIT_EXPECT_EQ(test, value, ~0U);
		KUNIT_EXPECT_EQ(test, cxl_config_view_write(&fake->view, cases[i].where,
							    cases[i].size, 0),
				cases[i].want);
	}
}

/* Nothing outside of the record is touched, whatever its length. */
static void short_record(struct kunit *test)
{
	struct fake *fake = test->priv;
	u32 value;

	fake->view.len = 0x42;
	KUNIT_EXPECT_EQ(test, cxl_config_view_read(&fake->view, 0x3e, 2, &value),
			PCIBIOS_SUCCESSFUL);
	fake->loads = 0;
	KUNIT_EXPECT_EQ(test, cxl_config_view_read(&fake->view, 0x40, 2, &value),
			PCIBIOS_DEVICE_NOT_FOUND);
	KUNIT_EXPECT_EQ(test, cxl_config_view_write(&fake->view, 0x41, 1, 0),
			PCIBIOS_DEVICE_NOT_FOUND);
	KUNIT_EXPECT_EQ(test, fake->loads, 0);
	KUNIT_EXPECT_EQ(test, fake->stores, 0);
}

static void write_parts(struct kunit *test)
{
	struct fake *fake = test->priv;

	put_unaligned_le32(0x44332211, fake->bytes + 0x40);
	write_ok(test, 0x40, 1, 0xaa);
	KUNIT_EXPECT_EQ(test, fake->stored, 0x443322aa);
	write_ok(test, 0x41, 1, 0xbb);
	KUNIT_EXPECT_EQ(test, fake->stored, 0x4433bbaa);
	write_ok(test, 0x43, 1, 0xdd);
	KUNIT_EXPECT_EQ(test, fake->stored, 0xdd33bbaa);
	write_ok(test, 0x42, 2, 0x8899);
	KUNIT_EXPECT_EQ(test, fake->stored, 0x8899bbaa);
	/* A whole word needs no look at what was there. */
	fake->loads = 0;
	write_ok(test, 0x40, 4, 0x01020304);
	KUNIT_EXPECT_EQ(test, fake->stored, 0x01020304);
	KUNIT_EXPECT_EQ(test, fake->loads, 0);
}

/* Bits of the status register are set, and go by being written. */
static void status_is_not_cleared(struct kunit *test)
{
	struct fake *fake = test->priv;

	put_unaligned_le32(0xf9000000 | 0x0006, fake->bytes + 4);
	write_ok(test, PCI_COMMAND, 2, 0x0002);
	KUNIT_EXPECT_EQ(test, fake->stored, 0x00000002);
	put_unaligned_le32(0xf9000000 | 0x0106, fake->bytes + 4);
	write_ok(test, PCI_COMMAND + 1, 1, 0x05);
	KUNIT_EXPECT_EQ(test, fake->stored, 0x00000506);
	put_unaligned_le32(0xf9000000 | 0x0106, fake->bytes + 4);
	write_ok(test, PCI_STATUS, 2, 0x8000);
	KUNIT_EXPECT_EQ(test, fake->stored, 0x80000106);
	put_unaligned_le32(0xf9100000 | 0x0106, fake->bytes + 4);
	write_ok(test, PCI_STATUS + 1, 1, 0x80);
	KUNIT_EXPECT_EQ(test, fake->stored, 0x80000106);
}

static void no_resources(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int where;

	for (where = 0x10; where < 0x28; where += 4) {
		write_ok(test, where, 4, ~0);
		KUNIT_EXPECT_EQ(test, read_ok(test, where, 4), 0);
	}
	write_ok(test, PCI_ROM_ADDRESS, 4, ~0);
	KUNIT_EXPECT_EQ(test, read_ok(test, PCI_ROM_ADDRESS, 4), 0);
	write_ok(test, PCI_INTERRUPT_LINE, 1, 5);
	write_ok(test, PCI_INTERRUPT_PIN, 1, 1);
	KUNIT_EXPECT_EQ(test, fake->stores, 0);

	/* Their neighbours can be written. */
	put_unaligned_le32(0x11223344, fake->bytes + 0x3c);
	write_ok(test, PCI_INTERRUPT_LINE, 4, 0xaabbccdd);
	KUNIT_EXPECT_EQ(test, fake->stored, 0xaabb3344);
}

static void no_msis(struct kunit *test)
{
	static const u8 caps[] = { 0x40, 0x01, 0x50, 0x05, 0x60, 0x09, 0x70, 0x11 };
	struct fake *fake = test->priv;
	int i;

	memset(fake->bytes, 0, sizeof(fake->bytes));
	fake->bytes[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	fake->bytes[PCI_CAPABILITY_LIST] = caps[0];
	for (i = 0; i < ARRAY_SIZE(caps); i += 2) {
		fake->bytes[caps[i]] = caps[i + 1];
		fake->bytes[caps[i] + 1] = i + 2 < ARRAY_SIZE(caps) ? caps[i + 2] : 0;
		fake->bytes[caps[i] + 2] = 0x77;
	}
	cxl_config_hide_msis(&fake->view);
	KUNIT_EXPECT_EQ(test, fake->view.msi, 0x50);
	KUNIT_EXPECT_EQ(test, fake->view.msix, 0x70);
	KUNIT_EXPECT_EQ(test, read_ok(test, 0x40, 1), 0x01);
	KUNIT_EXPECT_EQ(test, read_ok(test, 0x50, 4), 0x776000);
	KUNIT_EXPECT_EQ(test, read_ok(test, 0x60, 1), 0x09);
	KUNIT_EXPECT_EQ(test, read_ok(test, 0x70, 2), 0);
}

/* A list that never ends, one that is not announced, one that cannot be read */
static void odd_capabilities(struct kunit *test)
{
	struct fake *fake = test->priv;

	memset(fake->bytes, 0, sizeof(fake->bytes));
	fake->bytes[PCI_CAPABILITY_LIST] = 0x40;
	fake->bytes[0x40] = PCI_CAP_ID_MSI;
	fake->bytes[0x41] = 0x40;
	cxl_config_hide_msis(&fake->view);
	KUNIT_EXPECT_EQ(test, fake->view.msi, 0);
	fake->bytes[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	cxl_config_hide_msis(&fake->view);
	KUNIT_EXPECT_EQ(test, fake->view.msi, 0x40);
	fake->fail = true;
	cxl_config_hide_msis(&fake->view);
	KUNIT_EXPECT_EQ(test, fake->view.msi, 0);
}

static void read_only(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int where;

	fake->view.writable = false;
	for (where = 0; where < RECORD_SIZE; where += 4)
		KUNIT_EXPECT_EQ(test, cxl_config_view_write(&fake->view, where, 4, 0),
				PCIBIOS_SET_FAILED);
	KUNIT_EXPECT_EQ(test, fake->stores, 0);
}

static void failures(struct kunit *test)
{
	struct fake *fake = test->priv;
	u32 value = 0;

	fake->fail = true;
	KUNIT_EXPECT_EQ(test, cxl_config_view_read(&fake->view, 0, 4, &value),
			PCIBIOS_DEVICE_NOT_FOUND);
	KUNIT_EXPECT_EQ(test, value, ~0U);
	KUNIT_EXPECT_EQ(test, cxl_config_view_write(&fake->view, 0x40, 1, 0),
			PCIBIOS_DEVICE_NOT_FOUND);
	KUNIT_EXPECT_EQ(test, cxl_config_view_write(&fake->view, 0x40, 4, 0),
			PCIBIOS_SET_FAILED);
}

static void votes(struct kunit *test)
{
	static const struct {
		pci_ers_result_t result;
		pci_ers_result_t vote;
		pci_ers_result_t want;
	} cases[] = {
		{ PCI_ERS_RESULT_NEED_RESET, PCI_ERS_RESULT_NEED_RESET,
		  PCI_ERS_RESULT_NEED_RESET },
		{ PCI_ERS_RESULT_NEED_RESET, PCI_ERS_RESULT_CAN_RECOVER,
		  PCI_ERS_RESULT_NEED_RESET },
		{ PCI_ERS_RESULT_NEED_RESET, PCI_ERS_RESULT_NONE, PCI_ERS_RESULT_NONE },
		{ PCI_ERS_RESULT_NONE, PCI_ERS_RESULT_NEED_RESET, PCI_ERS_RESULT_NONE },
		{ PCI_ERS_RESULT_NEED_RESET, PCI_ERS_RESULT_DISCONNECT,
		  PCI_ERS_RESULT_DISCONNECT },
		{ PCI_ERS_RESULT_NONE, PCI_ERS_RESULT_DISCONNECT, PCI_ERS_RESULT_DISCONNECT },
		{ PCI_ERS_RESULT_DISCONNECT, PCI_ERS_RESULT_NONE, PCI_ERS_RESULT_DISCONNECT },
		{ PCI_ERS_RESULT_DISCONNECT, PCI_ERS_RESULT_NEED_RESET,
		  PCI_ERS_RESULT_DISCONNECT },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_TRUE_MSG(test, cases[i].want ==
				      cxl_vphb_merge(cases[i].result, cases[i].vote),
				      "case %d", i);
}

static struct kunit_case vphb_cases[] = {
	KUNIT_CASE(read_every_byte),
	KUNIT_CASE(bounds),
	KUNIT_CASE(short_record),
	KUNIT_CASE(write_parts),
	KUNIT_CASE(status_is_not_cleared),
	KUNIT_CASE(no_resources),
	KUNIT_CASE(no_msis),
	KUNIT_CASE(odd_capabilities),
	KUNIT_CASE(read_only),
	KUNIT_CASE(failures),
	KUNIT_CASE(votes),
	{ }
};

static struct kunit_suite vphb_suite = {
	.name = "cxl-vphb",
	.init = vphb_init,
	.test_cases = vphb_cases,
};

kunit_test_suite(vphb_suite);
