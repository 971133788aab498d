# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034
#
# The storage AFU to test, and its disks, as cxlflash finds them; to be sourced after
# within.sh.

driver=/sys/bus/pci/drivers/cxlflash
device=
disk=

# The PCI device of the first storage AFU.
find_device()
{
	for dev in /sys/bus/pci/devices/*; do
		[ "$(cat "$dev/vendor" "$dev/device" 2>/dev/null | tr '\n' ' ')" = \
		  "0x1014 0x0600 " ] || continue
		device=${dev##*/}
		return 0
	done
	return 1
}

# Their names; a disk with two ports has two.
disks()
{
	for dev in /sys/block/sd*; do
		case $(readlink -f "$dev/device") in
		*/"$device"/*) echo "${dev##*/}" ;;
		esac
	done
}

# The largest of them: which has which letter is a matter of chance.
find_disk()
{
	largest=0
	for d in $(disks); do
		sectors=$(cat "/sys/block/$d/size")
		if [ -b "/dev/$d" ] && [ "$sectors" -gt "$largest" ]; then
			largest=$sectors
			disk=/dev/$d
		fi
	done
	[ "$largest" -gt 0 ]
}

no_disk()
{
	! find_disk
}

probes()
{
	modprobe cxlflash && within 60 [ -d "$driver/$device" ]
}

disk_appears()
{
	within 60 find_disk
}
