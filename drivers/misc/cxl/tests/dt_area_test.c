// SPDX-License-Identifier: GPL-2.0-only
/* What firmware says has changed in the device tree, and nonsense in its place. */
#include <kunit/test.h>
#include <linux/random.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../guest/dt_area.h"

/**
 * struct writer - makes a work area
 * @area: the area
 * @pos: where the next bytes go
 */
struct writer {
	u8 *area;
	unsigned int pos;
};

static struct writer writer_new(struct kunit *test, unsigned int pos)
{
	u8 *area = kunit_kzalloc(test, GUEST_DT_AREA, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, area);
	return (struct writer){ .area = area, .pos = pos };
}

static void put_u32(struct writer *writer, u32 value)
{
	put_unaligned_be32(value, writer->area + writer->pos);
	writer->pos += 4;
}

static void put_property(struct writer *writer, const char *name, u32 kind,
			 const char *value)
{
	memcpy(writer->area + writer->pos, name, strlen(name) + 1);
	writer->pos += strlen(name) + 1;
	put_u32(writer, kind);
	memcpy(writer->area + writer->pos, value, strlen(value));
	writer->pos += strlen(value);
}

static void nodes(struct kunit *test)
{
	static const struct guest_dt_node expected[] = {
		{ GUEST_DT_DELETE, 10 },
		{ GUEST_DT_UPDATE, 20 }, { GUEST_DT_UPDATE, 21 },
		{ GUEST_DT_ADD, 30 }, { GUEST_DT_ADD, 31 },
	};
	static const u32 words[] = {
		0x01000001, 10, 0x02000000, 0x02000002, 20, 21,
		0x03000002, 30, 1000, 31, 1001, 0,
	};
	struct writer writer = writer_new(test, 16);
	struct guest_dt_cursor cursor;
	struct guest_dt_node node;
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		put_u32(&writer, words[i]);
	guest_dt_nodes_begin(&cursor, writer.area);
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		KUNIT_ASSERT_EQ(test, guest_dt_nodes_next(&cursor, &node), 1);
		KUNIT_EXPECT_EQ(test, node.op, expected[i].op);
		KUNIT_EXPECT_EQ(test, node.phandle, expected[i].phandle);
	}
	KUNIT_EXPECT_EQ(test, guest_dt_nodes_next(&cursor, &node), 0);
}

static int count_nodes(const u8 *area)
{
	struct guest_dt_cursor cursor;
	struct guest_dt_node node;
	int ret, n = 0;

	guest_dt_nodes_begin(&cursor, area);
	while ((ret = guest_dt_nodes_next(&cursor, &node)) > 0)
		n++;
	return ret ?: n;
}

static void bad_nodes(struct kunit *test)
{
	struct writer writer = writer_new(test, 16);

	/* The area ends before the list does. */
	put_u32(&writer, 0x02ffffff);
	KUNIT_EXPECT_EQ(test, count_nodes(writer.area), -EINVAL);
	writer.pos = 16;
	put_u32(&writer, 0x04000001);
	KUNIT_EXPECT_EQ(test, count_nodes(writer.area), -EINVAL);
	/* It never ends. */
	for (writer.pos = 16; writer.pos < GUEST_DT_AREA;)
		put_u32(&writer, 0x02000000);
	KUNIT_EXPECT_EQ(test, count_nodes(writer.area), -EINVAL);
	/* It ends with the area. */
	writer.pos = GUEST_DT_AREA - 4;
	put_u32(&writer, 0);
	KUNIT_EXPECT_EQ(test, count_nodes(writer.area), 0);
}

static void properties(struct kunit *test)
{
	struct writer writer = writer_new(test, 16);
	struct guest_dt_property property;
	struct guest_dt_cursor cursor;

	put_u32(&writer, 5);
	put_property(&writer, "", 5, "/node");
	put_property(&writer, "empty", 0, "");
	put_property(&writer, "gone", 0x80000000, "");
	put_property(&writer, "value", 3, "abc");
	put_property(&writer, "first-part", -4, "defg");

	KUNIT_ASSERT_EQ(test, guest_dt_properties_begin(&cursor, writer.area), 0);
	KUNIT_ASSERT_EQ(test, guest_dt_properties_next(&cursor, &property), 1);
	KUNIT_EXPECT_STREQ(test, property.name, "");
	KUNIT_EXPECT_EQ(test, property.len, 5);
	KUNIT_ASSERT_EQ(test, guest_dt_properties_next(&cursor, &property), 1);
	KUNIT_EXPECT_STREQ(test, property.name, "empty");
	KUNIT_EXPECT_EQ(test, property.len, 0);
	KUNIT_EXPECT_FALSE(test, property.deleted || property.partial);
	KUNIT_ASSERT_EQ(test, guest_dt_properties_next(&cursor, &property), 1);
	KUNIT_EXPECT_STREQ(test, property.name, "gone");
	KUNIT_EXPECT_TRUE(test, property.deleted);
	KUNIT_ASSERT_EQ(test, guest_dt_properties_next(&cursor, &property), 1);
	KUNIT_EXPECT_EQ(test, property.len, 3);
	KUNIT_EXPECT_MEMEQ(test, property.value, "abc", 3);
	KUNIT_ASSERT_EQ(test, guest_dt_properties_next(&cursor, &property), 1);
	KUNIT_EXPECT_TRUE(test, property.partial);
	KUNIT_EXPECT_EQ(test, property.len, 4);
	KUNIT_EXPECT_MEMEQ(test, property.value, "defg", 4);
	KUNIT_EXPECT_EQ(test, guest_dt_properties_next(&cursor, &property), 0);
}

static int count_properties(const u8 *area)
{
	struct guest_dt_property property;
	struct guest_dt_cursor cursor;
	int ret, n = 0;

	guest_dt_properties_begin(&cursor, area);
	while ((ret = guest_dt_properties_next(&cursor, &property)) > 0)
		n++;
	return ret ?: n;
}

static void bad_properties(struct kunit *test)
{
	static const u32 lengths[] = { GUEST_DT_AREA, 0x7fffffff, -GUEST_DT_AREA, 0x80000001 };
	struct writer writer = writer_new(test, 16);
	int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		writer.pos = 16;
		put_u32(&writer, 1);
		put_property(&writer, "name", lengths[i], "");
		KUNIT_EXPECT_EQ(test, count_properties(writer.area), -EINVAL);
	}
	/* A name that does not end, and one whose length is outside. */
	memset(writer.area + 20, 'x', GUEST_DT_AREA - 20);
	KUNIT_EXPECT_EQ(test, count_properties(writer.area), -EINVAL);
	writer.area[GUEST_DT_AREA - 2] = 0;
	KUNIT_EXPECT_EQ(test, count_properties(writer.area), -EINVAL);
}

/* The tools that check memory see to it that nothing outside is read. */
static void noise(struct kunit *test)
{
	struct writer writer = writer_new(test, 0);
	struct rnd_state state;
	int i;

	prandom_seed_state(&state, 1);
	for (i = 0; i < 1000; i++) {
		prandom_bytes_state(&state, writer.area, GUEST_DT_AREA);
		writer.area[16] = i % 4;
		count_properties(writer.area);
		KUNIT_EXPECT_LE(test, count_nodes(writer.area), GUEST_DT_AREA / 4);
	}
}

static struct kunit_case dt_area_cases[] = {
	KUNIT_CASE(nodes),
	KUNIT_CASE(bad_nodes),
	KUNIT_CASE(properties),
	KUNIT_CASE(bad_properties),
	KUNIT_CASE(noise),
	{ }
};

static struct kunit_suite dt_area_suite = {
	.name = "cxl_dt_area",
	.test_cases = dt_area_cases,
};

kunit_test_suite(dt_area_suite);
