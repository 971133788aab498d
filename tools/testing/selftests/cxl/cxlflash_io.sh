#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Work for a disk of cxlflash, verified by fio: on the disk, in a file system, and
# while the driver goes, the card fails and recovers, or is pulled.

DIR="$(dirname "$(readlink -f "$0")")"
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"
# shellcheck source=within.sh
. "$DIR/within.sh"
# shellcheck source=cxlflash_disk.sh
. "$DIR/cxlflash_disk.sh"

card=card0
tmp=/tmp/cxlflash-io
mnt=$tmp/mnt
size=8M
if [ "${CXL_TEST_SLOW:-1}" -gt 1 ]; then
	size=2M
fi
worker=

host()
{
	"$DIR/cxl_host" set $card "$@" >/dev/null
}

# fio_job WORDS...: every block carries a checksum and its own number.
fio_job()
{
	timeout 200 fio --name=job --ioengine=io_uring --direct=1 --iodepth=64 --bs=4k \
		--verify=crc32c --verify_fatal=1 --output=$tmp/fio --output-format=terse "$@" \
		>$tmp/fio.says 2>&1 && return
	tail -n 5 $tmp/fio.says | sed 's/^/# /'
	return 1
}

# on_disk WORDS...: up to half of the disk is this test's.
on_disk()
{
	[ -b "$disk" ] && fio_job --filename="$disk" --size=$size "$@"
}

in_files()
{
	fio_job --directory=$mnt --nrfiles=4 --size=$size "$@"
}

# Of 64 MiB.
file_system_made()
{
	umount $mnt 2>/dev/null
	mke2fs -b 4096 "$disk" 65536 >/dev/null && mount -t ext2 "$disk" $mnt
}

digests()
{
	(cd $mnt && sha256sum job.*)
}

# Nothing of the old mount is kept.
mounted_again()
{
	umount $mnt && "$@" && mount -t ext2 -o ro "$disk" $mnt || return 1
	digests | cmp - $tmp/digests && in_files --rw=randread --readonly
}

file_system_keeps()
{
	in_files --rw=randwrite && digests >$tmp/digests && mounted_again true
}

loaded_anew()
{
	modprobe -r cxlflash && modprobe cxlflash && within 60 find_device && disk_appears
}

file_system_survives_the_driver()
{
	mounted_again loaded_anew && umount $mnt
}

# One verified job after the other; the file tells how many there were.
work_on()
{
	while [ ! -e $tmp/enough ]; do
		on_disk --rw=randrw --size=1M >/dev/null || return 1
		echo >>$tmp/jobs
	done
}

jobs_since()
{
	[ "$(wc -l <$tmp/jobs)" -gt "$1" ]
}

one_more_job()
{
	within 60 jobs_since "$(wc -l <$tmp/jobs)"
}

work_starts()
{
	rm -f $tmp/enough
	: >$tmp/jobs
	work_on &
	worker=$!
	one_more_job
}

work_is_over()
{
	! grep -qE '^State:[[:space:]]+[DRS]' "/proc/$worker/status" 2>/dev/null
}

# Whatever is done to the disk, work on it does not hang.
work_ends()
{
	touch $tmp/enough
	within 120 work_is_over && wait "$worker"
}

# unharmed COMMAND...: work goes on during and after it, and nothing is wrong.
unharmed()
{
	work_starts || return 1
	"$@" && one_more_job
	harmless=$?
	work_ends && [ $harmless = 0 ]
}

# cut_off AWAY BACK: work fails where there is no disk, and works where it is back.
cut_off()
{
	work_starts || return 1
	"$1"
	away=$?
	work_ends && away=1
	"$2" && [ $away = 0 ] && on_disk --rw=randrw
}

# queues NUMBER: each is a context of its own, with a ring and interrupts.
queues()
{
	for attribute in /sys/bus/pci/devices/"$device"/host*/scsi_host/host*/num_hwqs; do
		echo "$1" >"$attribute" && [ "$(cat "$attribute")" = "$1" ]
	done
}

# How many have had an interrupt since they were made.
queues_used()
{
	awk '/SISL_MSI_RRQ_UPDATED/ {
		for (i = 2; $i ~ /^[0-9]+$/; i++)
			sum += $i
		used += sum > 0
		sum = 0
	} END { print used + 0 }' /proc/interrupts
}

several_queues()
{
	queues 4 && on_disk --rw=randrw && [ "$(queues_used)" = 4 ] && unharmed queues 1
}

# Between two jobs nobody else has the disk open.
unload_refused()
{
	! rmmod cxlflash 2>/dev/null
} <"$disk"

unbound()
{
	echo "$device" >$driver/unbind && within 30 no_disk
}

bound()
{
	echo "$device" >$driver/bind && disk_appears
}

on_bare_metal()
{
	[ -e /sys/class/cxl/$card/base_image ]
}

recovered()
{
	[ "$(recoveries)" -gt "$1" ]
}

recoveries()
{
	sed -n 's/^card_resets //p' /sys/kernel/debug/cxl/$card/stats
}

# The card is cut off from the machine until it has been reset.
frozen()
{
	before=$(recoveries)
	echo none >/sys/class/cxl/$card/load_image_on_perst
	host inject-freeze '"notify"' && within 90 recovered "$before"
}

# The hypervisor is busy with the card; then it is for the driver to reset it.
unavailable()
{
	host error-state 3 && sleep 2 && host error-state 2
}

unreadable()
{
	! fio --name=look --filename="$disk" --rw=read --bs=4k --size=4k --direct=1 \
		>/dev/null 2>&1
}

# EEH would reset a card with the same image in place, wait for it, and then no longer
# look for any; cxlflash has promised that.
lost()
{
	if on_bare_metal; then
		echo 0 >/sys/class/cxl/$card/perst_reloads_same_image
		echo user >/sys/class/cxl/$card/load_image_on_perst
		host present false
	else
		host error-state 4
	fi && within 90 unreadable
}

rescanned()
{
	echo 1 >/sys/bus/pci/rescan
	find_device
}

# Nothing tells of a card that is plugged in, or works again.
found()
{
	if on_bare_metal; then
		host present true && within 60 rescanned && disk_appears
	else
		rmmod cxlflash && echo -1 >/sys/class/cxl/$card/reset && probes && disk_appears
	fi
}

ktap_print_header
if ! find_device; then
	ktap_skip_all "no storage AFU"
	exit "$KSFT_SKIP"
fi
for program in fio mke2fs; do
	command -v $program >/dev/null && continue
	ktap_skip_all "no $program"
	exit "$KSFT_SKIP"
done
if [ -z "$CXL_TEST_HOST" ]; then
	ktap_skip_all "no host to ask"
	exit "$KSFT_SKIP"
fi
mkdir -p $mnt
probes && disk_appears
! on_bare_metal || echo 1000 >/sys/kernel/debug/powerpc/eeh_max_freezes

ktap_set_plan 11
ktap_test_result "written" on_disk --rw=write
ktap_test_result "read" on_disk --rw=randread --readonly
ktap_test_result "written and read" on_disk --rw=randrw
ktap_test_result "several queues" several_queues
ktap_test_result "file system" file_system_made
ktap_test_result "files, mounted again" file_system_keeps
ktap_test_result "files, driver loaded anew" file_system_survives_the_driver
ktap_test_result "driver in use stays" unharmed unload_refused
ktap_test_result "driver unbound at work" cut_off unbound bound
if on_bare_metal; then
	ktap_test_result "card recovers at work" unharmed frozen
else
	ktap_test_result "card recovers at work" unharmed unavailable
fi
ktap_test_result "card lost at work" cut_off lost found
modprobe -r cxlflash
modprobe cxl
rm -rf $tmp
ktap_finished
