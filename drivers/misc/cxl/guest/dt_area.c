// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work areas of ibm,update-nodes and ibm,update-properties (PAPR).
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "dt_area.h"

/* Where the lists begin, and the count of properties */
#define NODES_START		16
#define PROPERTIES_COUNT	16
#define PROPERTIES_START	20

#define OP_SHIFT	24
#define OP_COUNT	0xffffff

#define VALUE_DELETED	0x80000000

static int take_u32(struct guest_dt_cursor *cursor, u32 *value)
{
	if (cursor->pos > GUEST_DT_AREA - sizeof(*value))
		return -EINVAL;
	*value = get_unaligned_be32(cursor->area + cursor->pos);
	cursor->pos += sizeof(*value);
	return 0;
}

/**
 * guest_dt_nodes_begin() - read a work area of ibm,update-nodes
 * @cursor: for guest_dt_nodes_next()
 * @area: GUEST_DT_AREA bytes
 */
void guest_dt_nodes_begin(struct guest_dt_cursor *cursor, const void *area)
{
	*cursor = (struct guest_dt_cursor){ .area = area, .pos = NODES_START };
}

/**
 * guest_dt_nodes_next() - the next node that has changed
 * @cursor: the place
 * @node: the result
 *
 * Return: 1; 0 at the end; -EINVAL when the area makes no sense.
 */
int guest_dt_nodes_next(struct guest_dt_cursor *cursor, struct guest_dt_node *node)
{
	u32 value, drc_index;

	while (!cursor->left) {
		if (take_u32(cursor, &value))
			return -EINVAL;
		cursor->op = value >> OP_SHIFT;
		cursor->left = value & OP_COUNT;
		if (cursor->op == GUEST_DT_END)
			return 0;
		if (cursor->op > GUEST_DT_ADD)
			return -EINVAL;
	}
	cursor->left--;
	node->op = cursor->op;
	if (take_u32(cursor, &node->phandle) ||
	    (node->op == GUEST_DT_ADD && take_u32(cursor, &drc_index)))
		return -EINVAL;
	return 1;
}

/**
 * guest_dt_properties_begin() - read a work area of ibm,update-properties
 * @cursor: for guest_dt_properties_next()
 * @area: GUEST_DT_AREA bytes
 *
 * Return: 0.
 */
int guest_dt_properties_begin(struct guest_dt_cursor *cursor, const void *area)
{
	*cursor = (struct guest_dt_cursor){ .area = area, .pos = PROPERTIES_COUNT };
	return take_u32(cursor, &cursor->left);
}

/**
 * guest_dt_properties_next() - the next property that has changed
 * @cursor: the place
 * @property: the result, which points into the area; without a name it is the
 *	path of the node
 *
 * Return: 1; 0 at the end; -EINVAL when the area makes no sense.
 */
int guest_dt_properties_next(struct guest_dt_cursor *cursor,
			     struct guest_dt_property *property)
{
	unsigned int room = GUEST_DT_AREA - cursor->pos;
	size_t name_len;
	u32 value;

	if (!cursor->left)
		return 0;
	cursor->left--;

	memset(property, 0, sizeof(*property));
	property->name = (const char *)cursor->area + cursor->pos;
	name_len = strnlen(property->name, room);
	if (name_len == room)
		return -EINVAL;
	cursor->pos += name_len + 1;

	if (take_u32(cursor, &value))
		return -EINVAL;
	property->value = cursor->area + cursor->pos;
	property->deleted = value == VALUE_DELETED;
	if (property->deleted)
		return 1;
	property->partial = value & VALUE_DELETED;
	property->len = property->partial ? -value : value;
	if (property->len > GUEST_DT_AREA - cursor->pos)
		return -EINVAL;
	cursor->pos += property->len;
	return 1;
}
