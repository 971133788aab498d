// SPDX-License-Identifier: GPL-2.0-only
/*
 * A new image may have made another card of it: firmware tells which nodes of
 * the device tree have changed, and what has (PAPR, ibm,update-nodes and
 * ibm,update-properties, scope of a reconfigured device).
 */
#define pr_fmt(fmt) "cxl: " fmt

#include <linux/cleanup.h>
#include <linux/of.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include <asm/rtas.h>

#include "../base.h"
#include "dt_area.h"
#include "dt_update.h"

#define SCOPE_DEVICE	3

#define STATUS_MORE	1

/* More than any property of a card has. */
#define MAX_VALUE	SZ_64K

/* First words of the work areas: a state, then what it is about */
#define NODES_UNIT_ADDRESS	4
#define PROPERTIES_PHANDLE	0

static_assert(GUEST_DT_AREA == RTAS_DATA_BUF_SIZE);

/* Firmware reaches only the buffer that all of the kernel shares. */
static int call(s32 token, void *area)
{
	int status;

	do {
		spin_lock(&rtas_data_buf_lock);
		memcpy(rtas_data_buf, area, GUEST_DT_AREA);
		status = rtas_call(token, 2, 1, NULL, __pa(rtas_data_buf), SCOPE_DEVICE);
		memcpy(area, rtas_data_buf, GUEST_DT_AREA);
		spin_unlock(&rtas_data_buf_lock);
	} while (rtas_busy_delay(status));
	return status;
}

static void property_free(struct property *property)
{
	if (!property)
		return;
	kfree(property->name);
	kfree(property->value);
	kfree(property);
}

DEFINE_FREE(property, struct property *, property_free(_T))

/* Parts of a value come one after the other. */
static struct property *append(struct property *property,
			       const struct guest_dt_property *part)
{
	struct property *whole __free(property) = property;
	void *value;

	if (!whole) {
		whole = kzalloc(sizeof(*whole), GFP_KERNEL);
		if (!whole)
			return ERR_PTR(-ENOMEM);
		whole->name = kstrdup(part->name, GFP_KERNEL);
		if (!whole->name)
			return ERR_PTR(-ENOMEM);
	}
	if (strcmp(whole->name, part->name) || part->len > MAX_VALUE - whole->length)
		return ERR_PTR(-EINVAL);
	if (part->len) {
		value = krealloc(whole->value, whole->length + part->len, GFP_KERNEL);
		if (!value)
			return ERR_PTR(-ENOMEM);
		memcpy(value + whole->length, part->value, part->len);
		whole->value = value;
		whole->length += part->len;
	}
	return no_free_ptr(whole);
}

static int remove_property(struct device_node *np, const char *name)
{
	struct property *property = of_find_property(np, name, NULL);

	return property ? of_remove_property(np, property) : 0;
}

/* @partial: what has come so far of a value that is in more than one area. */
static int update_property(struct device_node *np, const struct guest_dt_property *part,
			   struct property **partial)
{
	struct property *property;
	int ret;

	if (!*part->name)
		return 0;
	if (part->deleted)
		return remove_property(np, part->name);
	property = append(*partial, part);
	*partial = NULL;
	if (IS_ERR(property))
		return PTR_ERR(property);
	if (part->partial) {
		*partial = property;
		return 0;
	}
	ret = cxl_update_property(np, property);
	if (ret)
		property_free(property);
	return ret;
}

static int update_node(s32 token, struct device_node *np)
{
	struct property *partial __free(property) = NULL;
	u8 *area __free(kfree) = kzalloc(GUEST_DT_AREA, GFP_KERNEL);
	struct guest_dt_property part;
	struct guest_dt_cursor cursor;
	int status, ret;

	if (!area)
		return -ENOMEM;
	put_unaligned_be32(np->phandle, area + PROPERTIES_PHANDLE);
	do {
		status = call(token, area);
		if (status && status != STATUS_MORE)
			return -EIO;
		ret = guest_dt_properties_begin(&cursor, area);
		while (!ret) {
			ret = guest_dt_properties_next(&cursor, &part);
			if (ret <= 0)
				break;
			ret = update_property(np, &part, &partial);
		}
		if (ret)
			return ret;
	} while (status == STATUS_MORE);
	return partial ? -EINVAL : 0;
}

/* Firmware may not use a card to change the rest of the machine. */
static bool belongs_to(struct device_node *np, u64 facility)
{
	struct device_node *parent __free(device_node) = of_get_parent(np);
	struct device_node *card = np;
	const __be32 *reg;
	int len;

	if (!of_device_is_compatible(np, "ibm,coherent-platform-facility"))
		card = parent;
	if (!card || !of_device_is_compatible(card, "ibm,coherent-platform-facility"))
		return false;
	reg = of_get_property(card, "reg", &len);
	return reg && len >= sizeof(u64) && of_read_number(reg, 2) == facility;
}

static int handle_node(s32 token, const struct guest_dt_node *node, u64 facility)
{
	struct device_node *np __free(device_node) = of_find_node_by_phandle(node->phandle);

	if (!np || node->op != GUEST_DT_UPDATE || !belongs_to(np, facility)) {
		pr_warn_ratelimited("firmware wants change %d of node %#x for a card, ignored\n",
				    node->op, node->phandle);
		return 0;
	}
	return update_node(token, np);
}

/**
 * guest_dt_update() - bring the nodes of a card up to date
 * @facility: handle of the card
 *
 * Nodes that firmware would add or delete are left as they are. May sleep.
 *
 * Return: 0; -EOPNOTSUPP when firmware cannot tell what has changed; -EIO when
 * it fails; -EINVAL when what it tells makes no sense; or -ENOMEM.
 */
int guest_dt_update(u64 facility)
{
	u8 *area __free(kfree) = kzalloc(GUEST_DT_AREA, GFP_KERNEL);
	s32 nodes_token = rtas_function_token(RTAS_FN_IBM_UPDATE_NODES);
	s32 properties_token = rtas_function_token(RTAS_FN_IBM_UPDATE_PROPERTIES);
	struct guest_dt_cursor cursor;
	struct guest_dt_node node;
	int status, ret;

	if (!area)
		return -ENOMEM;
	if (nodes_token == RTAS_UNKNOWN_SERVICE || properties_token == RTAS_UNKNOWN_SERVICE)
		return -EOPNOTSUPP;

	put_unaligned_be64(facility, area + NODES_UNIT_ADDRESS);
	do {
		status = call(nodes_token, area);
		if (status && status != STATUS_MORE)
			return -EIO;
		guest_dt_nodes_begin(&cursor, area);
		while ((ret = guest_dt_nodes_next(&cursor, &node)) > 0) {
			ret = handle_node(properties_token, &node, facility);
			if (ret)
				return ret;
		}
		if (ret)
			return ret;
	} while (status == STATUS_MORE);
	return 0;
}
