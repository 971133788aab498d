/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What firmware stores when it is asked what has changed in the device tree
 * (PAPR, ibm,update-nodes and ibm,update-properties): reading it, and refusing
 * what makes no sense.
 */
#ifndef _CXL_GUEST_DT_AREA_H
#define _CXL_GUEST_DT_AREA_H

#include <linux/sizes.h>
#include <linux/types.h>

#define GUEST_DT_AREA	SZ_4K

/* What has happened to nodes: the upper byte of an operator */
enum guest_dt_op {
	GUEST_DT_END	= 0,
	GUEST_DT_DELETE	= 1,
	GUEST_DT_UPDATE	= 2,
	GUEST_DT_ADD	= 3,
};

/**
 * struct guest_dt_cursor - a place in a work area
 * @area: GUEST_DT_AREA bytes
 * @pos: the next byte
 * @op: of the list that @pos is in
 * @left: nodes or properties still to come there
 */
struct guest_dt_cursor {
	const u8 *area;
	unsigned int pos;
	enum guest_dt_op op;
	u32 left;
};

/**
 * struct guest_dt_node - a node that has changed
 * @op: what has happened to it
 * @phandle: the node; its parent with GUEST_DT_ADD
 */
struct guest_dt_node {
	enum guest_dt_op op;
	u32 phandle;
};

/**
 * struct guest_dt_property - a property, or a part of one
 * @name: its name
 * @value: bytes in the work area
 * @len: how many
 * @deleted: the property is no more
 * @partial: the value goes on in the next work area
 */
struct guest_dt_property {
	const char *name;
	const u8 *value;
	u32 len;
	bool deleted;
	bool partial;
};

void guest_dt_nodes_begin(struct guest_dt_cursor *cursor, const void *area);
int guest_dt_nodes_next(struct guest_dt_cursor *cursor, struct guest_dt_node *node);
int guest_dt_properties_begin(struct guest_dt_cursor *cursor, const void *area);
int guest_dt_properties_next(struct guest_dt_cursor *cursor,
			     struct guest_dt_property *property);

#endif /* _CXL_GUEST_DT_AREA_H */
