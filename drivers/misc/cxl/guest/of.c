// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device tree nodes of facilities and functions: reading them, and refusing
 * what makes no sense.
 */
#define pr_fmt(fmt) "cxl: " fmt

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/of.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/sizes.h>

#include "of.h"

/* An address below a facility: type, address, size in five cells. */
#define FUNCTION_CELLS	5
#define TYPE_HANDLE	0
#define TYPE_P2		1
#define TYPE_PSA	2

static int bad_property(const struct device_node *np, const char *name)
{
	pr_err("%pOF: property %s is missing or malformed\n", np, name);
	return -EINVAL;
}

/* The root has two address cells: the first entry begins with the handle. */
static int parse_facility_handle(const struct device_node *np, u64 *handle)
{
	const __be32 *cells;
	int len;

	cells = of_get_property(np, "reg", &len);
	if (!cells || len < 2 * sizeof(*cells))
		return bad_property(np, "reg");
	*handle = of_read_number(cells, 2);
	return 0;
}

static int parse_ranges(const struct device_node *np, struct guest_facility *facility)
{
	const char *name = "interrupt-ranges";
	int cells, i;

	cells = of_property_count_u32_elems(np, name);
	if (cells < 2 || cells % 2 || cells > 2 * GUEST_MAX_ISN_RANGES)
		return bad_property(np, name);

	facility->nr_ranges = cells / 2;
	for (i = 0; i < facility->nr_ranges; i++) {
		of_property_read_u32_index(np, name, 2 * i, &facility->ranges[i].first);
		of_property_read_u32_index(np, name, 2 * i + 1,
					   &facility->ranges[i].count);
	}
	return 0;
}

/* Identifiers of PCI have 16 bits, their properties are cells. */
static u16 read_id(const struct device_node *np, const char *name)
{
	u32 id = 0;

	of_property_read_u32(np, name, &id);
	return id;
}

/**
 * guest_parse_facility() - read the node of a facility
 * @np: the node
 * @facility: the result
 *
 * Return: 0, or -EINVAL with a message that names the node and the property.
 */
int guest_parse_facility(const struct device_node *np, struct guest_facility *facility)
{
	int ret;

	memset(facility, 0, sizeof(*facility));
	ret = parse_facility_handle(np, &facility->handle);
	if (ret)
		return ret;
	ret = parse_ranges(np, facility);
	if (ret)
		return ret;

	/* The architecture spells the name in both ways. */
	if (of_property_read_u32(np, "ibm,caia-version", &facility->caia_version))
		of_property_read_u32(np, "ibm,cai-version", &facility->caia_version);
	of_property_read_u32(np, "ibm,psl-revision", &facility->psl_revision);
	of_property_read_u32(np, "ibm,vpd-size", &facility->vpd_size);
	facility->ids.vendor = read_id(np, "vendor-id");
	facility->ids.device = read_id(np, "device-id");
	facility->ids.subsystem_vendor = read_id(np, "subsystem-vendor-id");
	facility->ids.subsystem = read_id(np, "subsystem-id");
	return 0;
}

/*
 * Where "reg" says that an area of this type is, relative to where
 * "assigned-addresses" says that such areas are.
 */
static int find_entry(const struct device_node *np, const char *name, u32 type,
		      struct guest_area *area)
{
	const __be32 *cells;
	int len;

	cells = of_get_property(np, name, &len);
	if (!cells)
		return -ENOENT;
	if (len % (FUNCTION_CELLS * sizeof(*cells)))
		return bad_property(np, name);

	for (; len; len -= FUNCTION_CELLS * sizeof(*cells), cells += FUNCTION_CELLS) {
		if ((be32_to_cpu(cells[0]) & 0xff) != type)
			continue;
		area->start = of_read_number(cells + 1, 2);
		area->size = of_read_number(cells + 3, 2);
		return 0;
	}
	return -ENOENT;
}

/* No entry means that the partition may not map such an area. */
static int parse_area(const struct device_node *np, u32 type, struct guest_area *area)
{
	struct guest_area base;
	u64 end;
	int ret;

	ret = find_entry(np, "reg", type, area);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	ret = find_entry(np, "assigned-addresses", type, &base);
	if (ret || area->start > base.size || area->size > base.size - area->start ||
	    check_add_overflow(area->start, base.start, &area->start) ||
	    check_add_overflow(area->start, area->size, &end))
		return bad_property(np, "assigned-addresses");
	return 0;
}

static int parse_areas(const struct device_node *np, struct guest_function *function)
{
	struct guest_area handle;
	int ret;

	if (find_entry(np, "reg", TYPE_HANDLE, &handle))
		return bad_property(np, "reg");
	function->handle = handle.start;

	ret = parse_area(np, TYPE_P2, &function->p2);
	if (ret)
		return ret;
	if (function->p2.size && function->p2.size < SZ_4K)
		return bad_property(np, "reg");
	return parse_area(np, TYPE_PSA, &function->psa);
}

static bool read_flag(const struct device_node *np, const char *name)
{
	u32 value;

	return !of_property_read_u32(np, name, &value) && value == 1;
}

/* The hypervisor counts the interrupt of the PSL, which every process needs. */
static int parse_limits(const struct device_node *np, struct guest_function *function)
{
	if (of_property_read_u32(np, "ibm,#processes", &function->processes) ||
	    !function->processes)
		return bad_property(np, "ibm,#processes");
	function->processes = min(function->processes, GUEST_MAX_PROCESSES);

	if (of_property_read_u32(np, "ibm,min-ints-per-process", &function->min_ints))
		function->min_ints = 1;
	if (of_property_read_u32(np, "ibm,max-ints-per-process", &function->max_ints))
		function->max_ints = CXL_MAX_IRQS;
	function->min_ints = max(function->min_ints, 1);
	function->max_ints = min(function->max_ints, CXL_MAX_IRQS);
	if (function->min_ints > function->max_ints)
		return bad_property(np, "ibm,max-ints-per-process");
	return 0;
}

static int parse_records(const struct device_node *np, struct guest_function *function)
{
	of_property_read_u64(np, "ibm,config-record-size", &function->record_size);
	of_property_read_u32(np, "ibm,#config-records", &function->nr_records);
	if (!function->nr_records)
		return 0;
	if (function->nr_records > GUEST_MAX_RECORDS)
		return bad_property(np, "ibm,#config-records");
	/* As long as an extended configuration space at most. */
	if (function->record_size < 64 || function->record_size > SZ_4K)
		return bad_property(np, "ibm,config-record-size");
	return 0;
}

/**
 * guest_parse_function() - read the node of a function
 * @np: the node
 * @function: the result
 *
 * Return: 0, or -EINVAL with a message that names the node and the property.
 */
int guest_parse_function(const struct device_node *np, struct guest_function *function)
{
	int ret;

	memset(function, 0, sizeof(*function));
	ret = parse_areas(np, function);
	if (ret)
		return ret;
	ret = parse_limits(np, function);
	if (ret)
		return ret;
	ret = parse_records(np, function);
	if (ret)
		return ret;

	of_property_read_u64(np, "ibm,error-buffer-size", &function->error_buffer_size);
	if (function->error_buffer_size > SZ_1G)
		return bad_property(np, "ibm,error-buffer-size");
	of_property_read_u32(np, "ibm,function-error-interrupt", &function->error_isn);
	of_property_read_u64(np, "ibm,process-mmio-size", &function->process_mmio_size);
	function->process_mmio = read_flag(np, "ibm,process-mmio");
	function->privileged = read_flag(np, "ibm,privileged-function");
	return 0;
}
