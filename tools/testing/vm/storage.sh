# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# A card with the storage AFU for "run": a disk with blocks of 4096 bytes that is
# reached through both ports, one with 512 through the first, and a large one through
# both, the contents of which are nobody's. To be sourced after lib.sh.

storage_tests="sislite sislite_luns sislite_errors cxlflash.sh cxlflash_io.sh superpipe"
storage_tests+=" superpipe_virtual"

# make_storage DIRECTORY CARD: disks, new ones; what "run" needs for them is in
# $storage_devices, and what QEMU needs, in $storage_drives. Block 0 of the first disk
# has a line for the guest.
make_storage()
{
	local blocks="share-rw=on,logical_block_size=4096,physical_block_size=4096"
	local shared="drive=d0,wwn=0x5005076000000001,$blocks"
	local large="drive=d2,wwn=0x5005076000000002,$blocks"

	mkdir -p "$1"
	rm -f "$1"/disk?.img
	truncate -s 16M "$1/disk0.img"
	truncate -s 4M "$1/disk1.img"
	truncate -s 1G "$1/disk2.img"
	say "This line was written by the host." | dd of="$1/disk0.img" conv=notrunc status=none
	storage_devices=(--device "$2,afu=sislite"
			 --device "scsi-hd,bus=card0.0,channel=0,lun=0,$shared"
			 --device "scsi-hd,bus=card0.0,channel=0,lun=1,drive=d1"
			 --device "scsi-hd,bus=card0.0,channel=0,lun=2,$large"
			 --device "scsi-hd,bus=card0.0,channel=1,lun=0,$shared"
			 --device "scsi-hd,bus=card0.0,channel=1,lun=2,$large")
	storage_drives=(-blockdev "driver=file,node-name=d0,filename=$1/disk0.img"
			-blockdev "driver=file,node-name=d1,filename=$1/disk1.img"
			-blockdev "driver=file,node-name=d2,filename=$1/disk2.img")
}

# written_by_guest DIRECTORY: what the test "sislite" has written to block 1.
written_by_guest()
{
	dd if="$1/disk0.img" bs=4096 skip=1 count=1 status=none | tr -d '\0' |
		grep -qx "This line was written by the guest." ||
		{
			say "FAILED: What the guest has written is not in $1/disk0.img."
			return 1
		}
}
