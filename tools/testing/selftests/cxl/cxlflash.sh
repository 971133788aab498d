#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cxlflash, the kernel's driver of storage behind an AFU, as a user of the kernel
# interface: a disk appears, keeps what is written, goes, and comes back.

DIR="$(dirname "$(readlink -f "$0")")"
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"
# shellcheck source=within.sh
. "$DIR/within.sh"
# shellcheck source=cxlflash_disk.sh
. "$DIR/cxlflash_disk.sh"

source=/tmp/cxlflash-source
copy=/tmp/cxlflash-copy
# In units of 64 KiB; what comes before may belong to others.
place=32
blocks=16

keeps_data()
{
	dd if="$source" of="$disk" bs=64k seek=$place conv=fsync 2>/dev/null || return 1
	echo 3 >/proc/sys/vm/drop_caches
	rm -f "$copy"
	dd if="$disk" of="$copy" bs=64k skip=$place count=$blocks 2>/dev/null &&
		cmp "$source" "$copy"
}

wwid()
{
	cat "/sys/block/$1/device/wwid"
}

# Another one for each disk, whatever the port.
pattern()
{
	yes "$(wwid "$1")" | dd bs=64 count=$((blocks * 1024)) iflag=fullblock 2>/dev/null
}

# Up to the end of the smallest one. Each has to get what is meant for it.
keep_apart()
{
	for d in $(disks); do
		pattern "$d" | dd of="/dev/$d" bs=64k seek=$((place + blocks)) conv=fsync 2>/dev/null &
	done
	wait
	echo 3 >/proc/sys/vm/drop_caches
	for d in $(disks); do
		pattern "$d" >"$copy"
		dd if="/dev/$d" bs=64k skip=$((place + blocks)) count=$blocks 2>/dev/null |
			cmp - "$copy" || return 1
	done
}

# Disks that say that they are the same one have the same data.
one_disk_has_two_ports()
{
	for d in $(disks); do
		[ "/dev/$d" = "$disk" ] || [ "$(wwid "$d")" != "$(wwid "${disk#/dev/}")" ] && continue
		keeps_data || return 1
		dd if="/dev/$d" bs=64k skip=$place count=$blocks 2>/dev/null | cmp - "$source"
		return
	done
	return 1
}

names_its_interrupts()
{
	grep -q SISL_MSI_RRQ_UPDATED /proc/interrupts
}

# While it is used, cxl is not the first to go.
cxl_stays()
{
	! rmmod cxl 2>/dev/null && keeps_data
}

unbinds()
{
	echo "$device" >"$driver/unbind" && within 30 no_disk && ! names_its_interrupts
}

binds()
{
	echo "$device" >"$driver/bind" && disk_appears && keeps_data
}

unloads()
{
	modprobe -r cxlflash && within 30 no_disk && [ ! -d "$driver" ]
}

# With the last of its users cxl has gone, too, and comes back with another device.
loads_again()
{
	modprobe cxlflash && within 60 find_device &&
		probes && disk_appears && keeps_data
}

ktap_print_header
if ! find_device; then
	ktap_skip_all "no storage AFU"
	exit "$KSFT_SKIP"
fi
if ! modprobe -D cxlflash >/dev/null 2>&1; then
	ktap_skip_all "no cxlflash"
	exit "$KSFT_SKIP"
fi
dd if=/dev/urandom of=$source bs=64k count=$blocks 2>/dev/null

ktap_set_plan 11
ktap_test_result "probes" probes
ktap_test_result "a disk appears" disk_appears
ktap_test_result "it keeps data" keeps_data
ktap_test_result "disks are kept apart" keep_apart
ktap_test_result "one disk has two ports" one_disk_has_two_ports
ktap_test_result "interrupts have names" names_its_interrupts
ktap_test_result "cxl stays" cxl_stays
ktap_test_result "unbinds" unbinds
ktap_test_result "binds again" binds
ktap_test_result "unloads" unloads
ktap_test_result "loads again" loads_again
modprobe -r cxlflash
# as it was found
modprobe cxl
rm -f $source $copy
ktap_finished
