// SPDX-License-Identifier: GPL-2.0-only
/* Device tree nodes: good ones, and every way a property can be wrong. */
#include <kunit/test.h>
#include <linux/of.h>

#include "../guest/of.h"

#define MAX_PROPERTIES	24
#define MAX_CELLS	20

/**
 * struct test_node - a node whose properties a test can change
 * @np: the node
 * @property: its properties
 * @value: their values
 * @nr: how many
 */
struct test_node {
	struct device_node np;
	struct property property[MAX_PROPERTIES];
	__be32 value[MAX_PROPERTIES][MAX_CELLS];
	unsigned int nr;
};

static struct property *find(struct test_node *node, const char *name)
{
	unsigned int i;

	for (i = 0; i < node->nr; i++)
		if (!strcmp(node->property[i].name, name))
			return &node->property[i];
	return NULL;
}

/* Add a property of @nr cells, or replace it. */
static void set(struct kunit *test, struct test_node *node, char *name,
		const u32 *cells, unsigned int nr)
{
	struct property *property = find(node, name);
	unsigned int i;

	KUNIT_ASSERT_LE(test, nr, MAX_CELLS);
	if (!property) {
		KUNIT_ASSERT_LT(test, node->nr, MAX_PROPERTIES);
		property = &node->property[node->nr];
		property->name = name;
		property->value = node->value[node->nr++];
		property->next = node->np.properties;
		node->np.properties = property;
	}
	property->length = nr * sizeof(__be32);
	for (i = 0; i < nr; i++)
		((__be32 *)property->value)[i] = cpu_to_be32(cells[i]);
}

#define SET(test, node, name, ...) do {				\
	static const u32 cells_[] = { __VA_ARGS__ };		\
								\
	set(test, node, name, cells_, ARRAY_SIZE(cells_));	\
} while (0)

static void rename_property(struct test_node *node, const char *from, char *to)
{
	find(node, from)->name = to;
}

static struct test_node *node_create(struct kunit *test)
{
	struct test_node *node = kunit_kzalloc(test, sizeof(*node), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, node);
	node->np.full_name = "cxl-test";
	fwnode_init(&node->np.fwnode, &of_fwnode_ops);
	return node;
}

static struct test_node *facility_node(struct kunit *test)
{
	struct test_node *node = node_create(test);

	SET(test, node, "reg", 0x1, 0x10000001, 0, 0);
	SET(test, node, "interrupt-ranges", 0x1300, 0x100, 0x1500, 0x20);
	SET(test, node, "ibm,caia-version", 0x0102);
	SET(test, node, "ibm,psl-revision", 9);
	return node;
}

static struct test_node *function_node(struct kunit *test)
{
	struct test_node *node = node_create(test);

	SET(test, node, "reg", 0, 0, 0x20000001, 0, 0, 1, 0, 0x10000, 0, 0x1000,
	    2, 0, 0, 0, 0x4000000);
	SET(test, node, "assigned-addresses", 1, 0x5000, 0, 0, 0x20000,
	    2, 0x5000, 0x10000000, 0, 0x4000000);
	SET(test, node, "ibm,#processes", 511);
	SET(test, node, "ibm,min-ints-per-process", 4);
	SET(test, node, "ibm,max-ints-per-process", 64);
	SET(test, node, "ibm,process-mmio", 1);
	SET(test, node, "ibm,process-mmio-size", 0, 0x10000);
	SET(test, node, "ibm,error-buffer-size", 0, 0x1000);
	SET(test, node, "ibm,config-record-size", 0, 0x100);
	SET(test, node, "ibm,#config-records", 1);
	SET(test, node, "ibm,function-error-interrupt", 0x1400);
	SET(test, node, "ibm,privileged-function", 1);
	return node;
}

static void good_facility(struct kunit *test)
{
	struct test_node *node = facility_node(test);
	struct guest_facility result;

	KUNIT_ASSERT_EQ(test, guest_parse_facility(&node->np, &result), 0);
	KUNIT_EXPECT_EQ(test, result.handle, 0x110000001ULL);
	KUNIT_ASSERT_EQ(test, result.nr_ranges, 2);
	KUNIT_EXPECT_EQ(test, result.ranges[0].first, 0x1300);
	KUNIT_EXPECT_EQ(test, result.ranges[0].count, 0x100);
	KUNIT_EXPECT_EQ(test, result.ranges[1].first, 0x1500);
	KUNIT_EXPECT_EQ(test, result.ranges[1].count, 0x20);
	KUNIT_EXPECT_EQ(test, result.caia_version, 0x0102);
	KUNIT_EXPECT_EQ(test, result.psl_revision, 9);
}

static void other_spelling(struct kunit *test)
{
	struct test_node *node = facility_node(test);
	struct guest_facility result;

	rename_property(node, "ibm,caia-version", "ibm,cai-version");
	KUNIT_ASSERT_EQ(test, guest_parse_facility(&node->np, &result), 0);
	KUNIT_EXPECT_EQ(test, result.caia_version, 0x0102);
}

static void refuse_facility(struct kunit *test, struct test_node *node)
{
	struct guest_facility result;

	KUNIT_EXPECT_EQ(test, guest_parse_facility(&node->np, &result), -EINVAL);
}

static void bad_facilities(struct kunit *test)
{
	static const u32 many[MAX_CELLS] = {};
	struct test_node *node = facility_node(test);

	SET(test, node, "reg", 1);
	refuse_facility(test, node);
	node = facility_node(test);
	rename_property(node, "reg", "gone");
	refuse_facility(test, node);

	node = facility_node(test);
	rename_property(node, "interrupt-ranges", "gone");
	refuse_facility(test, node);
	node = facility_node(test);
	set(test, node, "interrupt-ranges", many, 0);
	refuse_facility(test, node);
	SET(test, node, "interrupt-ranges", 1, 2, 3);
	refuse_facility(test, node);
	SET(test, node, "interrupt-ranges", 1, 2);
	find(node, "interrupt-ranges")->length = 7;
	refuse_facility(test, node);
	find(node, "interrupt-ranges")->length = 8 * (GUEST_MAX_ISN_RANGES + 1);
	refuse_facility(test, node);
}

static void good_function(struct kunit *test)
{
	struct test_node *node = function_node(test);
	struct guest_function result;

	KUNIT_ASSERT_EQ(test, guest_parse_function(&node->np, &result), 0);
	KUNIT_EXPECT_EQ(test, result.handle, 0x20000001ULL);
	KUNIT_EXPECT_EQ(test, result.p2.start, 0x500000010000ULL);
	KUNIT_EXPECT_EQ(test, result.p2.size, 0x1000ULL);
	KUNIT_EXPECT_EQ(test, result.psa.start, 0x500010000000ULL);
	KUNIT_EXPECT_EQ(test, result.psa.size, 0x4000000ULL);
	KUNIT_EXPECT_EQ(test, result.processes, 511);
	KUNIT_EXPECT_EQ(test, result.min_ints, 4);
	KUNIT_EXPECT_EQ(test, result.max_ints, 64);
	KUNIT_EXPECT_EQ(test, result.error_isn, 0x1400);
	KUNIT_EXPECT_TRUE(test, result.process_mmio);
	KUNIT_EXPECT_TRUE(test, result.privileged);
	KUNIT_EXPECT_EQ(test, result.process_mmio_size, 0x10000ULL);
	KUNIT_EXPECT_EQ(test, result.error_buffer_size, 0x1000ULL);
	KUNIT_EXPECT_EQ(test, result.record_size, 0x100ULL);
	KUNIT_EXPECT_EQ(test, result.nr_records, 1);
}

/* Only the handle and the number of processes are needed. */
static void plain_function(struct kunit *test)
{
	struct test_node *node = node_create(test);
	struct guest_function result;

	SET(test, node, "reg", 0, 0, 7, 0, 0);
	SET(test, node, "ibm,#processes", 1);
	SET(test, node, "ibm,process-mmio", 2);
	KUNIT_ASSERT_EQ(test, guest_parse_function(&node->np, &result), 0);
	KUNIT_EXPECT_EQ(test, result.handle, 7ULL);
	KUNIT_EXPECT_EQ(test, result.p2.size, 0ULL);
	KUNIT_EXPECT_EQ(test, result.psa.size, 0ULL);
	KUNIT_EXPECT_EQ(test, result.min_ints, 1);
	KUNIT_EXPECT_EQ(test, result.max_ints, CXL_MAX_IRQS);
	KUNIT_EXPECT_FALSE(test, result.process_mmio);
	KUNIT_EXPECT_FALSE(test, result.privileged);
}

static void refuse_function(struct kunit *test, struct test_node *node,
			    const char *what)
{
	struct guest_function result;

	KUNIT_EXPECT_EQ_MSG(test, guest_parse_function(&node->np, &result), -EINVAL,
			    "%s", what);
}

static void bad_addresses(struct kunit *test)
{
	struct test_node *node = function_node(test);

	SET(test, node, "reg", 1, 0, 0x10000, 0, 0x1000);
	refuse_function(test, node, "no handle");
	node = function_node(test);
	find(node, "reg")->length -= 4;
	refuse_function(test, node, "part of an entry");
	node = function_node(test);
	rename_property(node, "assigned-addresses", "gone");
	refuse_function(test, node, "no assigned addresses");
	node = function_node(test);
	SET(test, node, "assigned-addresses", 1, 0x5000, 0, 0, 0x20000);
	refuse_function(test, node, "problem state area not assigned");
	SET(test, node, "assigned-addresses", 1, 0x5000, 0, 0, 0x10fff,
	    2, 0x5000, 0x10000000, 0, 0x4000000);
	refuse_function(test, node, "registers end beyond their area");
	SET(test, node, "assigned-addresses", 1, 0x5000, 0, 0, 0x20000,
	    2, 0xffffffff, 0xfffff000, 0, 0x4000000);
	refuse_function(test, node, "area wraps");
	node = function_node(test);
	SET(test, node, "reg", 0, 0, 0x20000001, 0, 0, 1, 0, 0x10000, 0, 0xfff);
	refuse_function(test, node, "less than the registers");
}

static void bad_limits(struct kunit *test)
{
	struct test_node *node = function_node(test);

	SET(test, node, "ibm,#processes", 0);
	refuse_function(test, node, "no process");
	rename_property(node, "ibm,#processes", "gone");
	refuse_function(test, node, "processes unknown");
	node = function_node(test);
	SET(test, node, "ibm,min-ints-per-process", 65);
	refuse_function(test, node, "minimum above maximum");
	node = function_node(test);
	SET(test, node, "ibm,max-ints-per-process", 0);
	refuse_function(test, node, "no interrupt");
	node = function_node(test);
	SET(test, node, "ibm,#config-records", GUEST_MAX_RECORDS + 1);
	refuse_function(test, node, "too many records");
	node = function_node(test);
	SET(test, node, "ibm,config-record-size", 0, 63);
	refuse_function(test, node, "record without a header");
	SET(test, node, "ibm,config-record-size", 1, 0);
	refuse_function(test, node, "endless record");
	node = function_node(test);
	SET(test, node, "ibm,error-buffer-size", 0x80000000, 0);
	refuse_function(test, node, "endless error buffer");
}

static void clamped_limits(struct kunit *test)
{
	struct test_node *node = function_node(test);
	struct guest_function result;

	SET(test, node, "ibm,#processes", 0xffffffff);
	SET(test, node, "ibm,min-ints-per-process", 0);
	SET(test, node, "ibm,max-ints-per-process", 0xffffffff);
	KUNIT_ASSERT_EQ(test, guest_parse_function(&node->np, &result), 0);
	KUNIT_EXPECT_EQ(test, result.processes, GUEST_MAX_PROCESSES);
	KUNIT_EXPECT_EQ(test, result.min_ints, 1);
	KUNIT_EXPECT_EQ(test, result.max_ints, CXL_MAX_IRQS);
}

static struct kunit_case of_cases[] = {
	KUNIT_CASE(good_facility),
	KUNIT_CASE(other_spelling),
	KUNIT_CASE(bad_facilities),
	KUNIT_CASE(good_function),
	KUNIT_CASE(plain_function),
	KUNIT_CASE(bad_addresses),
	KUNIT_CASE(bad_limits),
	KUNIT_CASE(clamped_limits),
	{ }
};

static struct kunit_suite of_suite = {
	.name = "cxl-of",
	.test_cases = of_cases,
};

kunit_test_suite(of_suite);
