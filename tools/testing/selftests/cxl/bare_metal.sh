#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What only a machine without a hypervisor has: attributes of images, resets of the
# card by PERST, with recovery in place and with removal, and the card as a PCI
# function that comes and goes.

DIR="$(dirname "$(readlink -f "$0")")"
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"
# shellcheck source=within.sh
. "$DIR/within.sh"

card=/sys/class/cxl/card0
afu=/sys/class/cxl/afu0.0
slave=/dev/cxl/afu0.0s
dedicated=/dev/cxl/afu0.0d
driver=/sys/bus/pci/drivers/cxl-pci
source=/tmp/cxl-bare-metal-source
copy=/tmp/cxl-bare-metal-copy

copies()
{
	rm -f $copy
	"$DIR/afu_copy" -d "${1:-$slave}" $source $copy >/dev/null && cmp $source $copy
}

is()
{
	[ "$(cat "$1" 2>/dev/null)" = "$2" ] || {
		ktap_print_msg "$1 is '$(cat "$1" 2>&1)', not '$2'"
		return 1
	}
}

# refused VALUE FILE: a write that has to fail and to change nothing
refused()
{
	before=$(cat "$2" 2>/dev/null)
	! echo "$1" 2>/dev/null >"$2" && [ "$(cat "$2" 2>/dev/null)" = "$before" ]
}

# Measured at each read, which an emulator may make too slow to be true.
synced()
{
	grep -qx 1 $card/psl_timebase_synced
}

attributes()
{
	grep -qE '^[0-9]+$' $card/base_image &&
		grep -qE '^(user|factory)$' $card/image_loaded &&
		grep -qE '^(none|user|factory)$' $card/load_image_on_perst &&
		is $card/perst_reloads_same_image 0 &&
		is $card/tunneled_ops_supported 0 &&
		within 5 synced &&
		[ ! -e $card/dev ] &&
		grep -qE '^[0-9]+$' $afu/afu0.0m/pp_mmio_off
}

image_words()
{
	was=$(cat $card/load_image_on_perst)
	for word in none user factory; do
		echo $word >$card/load_image_on_perst || return 1
		is $card/load_image_on_perst $word || return 1
		refused "${word}x" $card/load_image_on_perst || return 1
	done
	printf user >$card/load_image_on_perst || return 1
	refused "" $card/load_image_on_perst || return 1
	echo "$was" >$card/load_image_on_perst
}

same_image()
{
	for value in 2 -1 x 1x; do
		refused $value $card/perst_reloads_same_image || return 1
	done
	echo 1 >$card/perst_reloads_same_image && is $card/perst_reloads_same_image 1 || return 1
	for value in 1 -1; do
		refused $value $card/reset || return 1
	done
	echo 0 >$card/perst_reloads_same_image && is $card/perst_reloads_same_image 0 && copies
}

reset_values()
{
	for value in 0 2 -2 x 1x ""; do
		refused "$value" $card/reset || return 1
	done
	copies
}

card_resets()
{
	sed -n 's/^card_resets //p' /sys/kernel/debug/cxl/card0/stats 2>/dev/null
}

more_resets()
{
	[ "$(card_resets)" -gt "$1" ]
}

# Nothing that PERST loads: the card stays, and works again.
recovers_in_place()
{
	before=$(card_resets)
	[ -n "$before" ] || return "$KSFT_SKIP"
	inode=$(stat -c %i $card/)
	echo none >$card/load_image_on_perst && echo 1 >$card/reset || return 1
	within 60 more_resets "$before" || return 1
	[ "$(stat -c %i $card/)" = "$inode" ] && is $card/load_image_on_perst none && copies
}

gone()
{
	[ ! -e $card ]
}

back()
{
	[ -c $slave ]
}

# An image is loaded: the card goes, and comes back by the same name.
comes_back()
{
	echo "$1" >$card/load_image_on_perst && echo "$2" >$card/reset || return 1
	within 60 gone && within 60 back && is $card/image_loaded "$1" && copies
}

function_of_card()
{
	basename "$(readlink -f $card/device)"
}

rebind()
{
	pci=$(function_of_card)
	for _ in 1 2 3; do
		echo "$pci" >$driver/unbind && gone || return 1
		echo "$pci" >$driver/bind && within 10 back && copies || return 1
	done
}

remove_and_rescan()
{
	pci=$(function_of_card)
	for _ in 1 2 3; do
		echo 1 >"/sys/bus/pci/devices/$pci/remove" && gone || return 1
		echo 1 >/sys/bus/pci/rescan && within 10 back && copies || return 1
	done
}

copies_dedicated()
{
	copies $dedicated && copies $dedicated && copies $dedicated
}

dedicated_mode()
{
	grep -qx dedicated_process $afu/modes_supported || return "$KSFT_SKIP"
	echo dedicated_process >$afu/mode && [ -c $dedicated ] && [ ! -e $slave ] &&
		copies_dedicated
	worked=$?
	echo afu_directed >$afu/mode && [ ! -e $dedicated ] && copies || return 1
	return $worked
}

# test_result NAME COMMAND...: also skipped, if the command says so
test_result()
{
	name=$1
	shift
	"$@"
	case $? in
	0) ktap_test_pass "$name" ;;
	"$KSFT_SKIP") ktap_test_skip "$name" ;;
	*) ktap_test_fail "$name" ;;
	esac
}

ktap_print_header
if [ ! -e $card/base_image ]; then
	ktap_skip_all "no card on bare metal"
	exit "$KSFT_SKIP"
fi
dd if=/dev/urandom of=$source bs=4096 count=64 2>/dev/null

ktap_set_plan 11
test_result "attributes" attributes
test_result "words for images" image_words
test_result "promise of the same image" same_image
test_result "values for a reset" reset_values
test_result "driver unbound and bound" rebind
test_result "function removed and found again" remove_and_rescan
test_result "dedicated mode" dedicated_mode
test_result "reset and recovery in place" recovers_in_place
test_result "reset to the user's image" comes_back user 1
test_result "reset to the factory's image" comes_back factory 1
test_result "forced reset" comes_back user -1
rm -f $source $copy
ktap_finished
