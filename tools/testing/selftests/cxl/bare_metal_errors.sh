#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A card on bare metal that does not answer, answers with errors, is cut off, pulled
# and plugged in again, with contexts at work: they end, and everything works again.

DIR="$(dirname "$(readlink -f "$0")")"
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"
# shellcheck source=within.sh
. "$DIR/within.sh"

card=/sys/class/cxl/card0
afu=/sys/class/cxl/afu0.0
slave=/dev/cxl/afu0.0s
stats=/sys/kernel/debug/cxl/afu0.0/stats
source=/tmp/cxl-errors-source
large=/tmp/cxl-errors-large
copy=/tmp/cxl-errors-copy

host()
{
	"$DIR/cxl_host" "$@" >/dev/null
}

copies()
{
	rm -f $copy
	"$DIR/afu_copy" -d $slave $source $copy >/dev/null 2>&1 && cmp -s $source $copy
}

fails()
{
	! copies
}

gone()
{
	[ ! -e $card ]
}

back()
{
	[ -c $slave ]
}

# What the card found wrong with what the driver did.
violations()
{
	"$DIR/cxl_host" get card0 stat-violations
}

# right COMMAND...: and the driver makes no mistake meanwhile
right()
{
	mistakes=$(violations)
	"$@" || return 1
	[ "$(violations)" = "$mistakes" ] || {
		ktap_print_msg "violations: $(violations), before: $mistakes"
		return 1
	}
}

stat_of()
{
	sed -n "s/^$1 //p" $stats
}

# The next command of this kind ends in this way; then the AFU gets well by itself.
bad_command()
{
	before=$(stat_of quarantined)
	host set card0 inject-llcmd "\"$1:$2\"" || return 1
	copies
	within 30 copies || return 1
	[ "$(stat_of quarantined)" = $((before + $3)) ] || {
		ktap_print_msg "quarantined $(stat_of quarantined), not $((before + $3))"
		return 1
	}
}

# An operation that never ends; PROPERTY is how long it takes.
never()
{
	host set card0 "$1" 4294967295 || return 1
	"$2"
	host set card0 "$1" 0 || return 1
	within 30 copies
}

afu_reset_fails()
{
	! echo 1 2>/dev/null >$afu/reset
}

# Contexts at work while COMMAND... is done to the card.
at_work()
{
	"$DIR/afu_copy" -d $slave $large $copy.1 >/dev/null 2>&1 &
	first=$!
	"$DIR/afu_copy" -d $slave $large $copy.2 >/dev/null 2>&1 &
	second=$!
	sleep 0.1
	"$@"
	result=$?
	wait $first $second
	rm -f $copy.1 $copy.2
	return $result
}

card_resets()
{
	sed -n 's/^card_resets //p' /sys/kernel/debug/cxl/card0/stats
}

more_resets()
{
	[ "$(card_resets)" -gt "$1" ]
}

# Someone has to look at the card, or nobody notices.
looked_at()
{
	cat $card/psl_timebase_synced >/dev/null 2>&1
	more_resets "$1"
}

recovers_from()
{
	resets=$(card_resets)
	echo none >$card/load_image_on_perst || return 1
	at_work host set card0 "$1" "\"$2\"" || return 1
	within 60 looked_at "$resets" && within 10 copies
}

# A card that may come back as another one is removed.
comes_back_from()
{
	echo user >$card/load_image_on_perst || return 1
	at_work host set card0 "$1" "\"$2\"" || return 1
	within 60 gone && within 60 back && copies
}

# Nothing tells of a card that is plugged in.
found_again()
{
	echo 1 >/sys/bus/pci/rescan
	back
}

pulled()
{
	at_work host set card0 present false || return 1
	within 60 gone || return 1
	host set card0 present true || return 1
	within 60 found_again && copies
}

# Firmware refuses CAPI mode as long as the chip's time of day stands still.
without_time_of_day()
{
	device=$(basename "$(readlink -f $card/device)")
	host set card0 timebase-sync false &&
		host set card0 present false && within 60 gone &&
		host set card0 present true && within 60 rescanned
	refused=$?
	host set card0 timebase-sync true && [ $refused = 0 ] || return 1
	echo "$device" >/sys/bus/pci/drivers/cxl-pci/bind && within 30 back && copies
}

# The function is there, its driver has refused it.
rescanned()
{
	echo 1 >/sys/bus/pci/rescan
	[ -e "/sys/bus/pci/devices/$device" ] && gone
}

# The bridge does not tell that the reset has cut it off.
reset_in_silence()
{
	resets=$(card_resets)
	echo none >$card/load_image_on_perst || return 1
	host set card0 silent-perst true || return 1
	echo -1 >$card/reset && within 60 more_resets "$resets" && within 10 copies
	recovered=$?
	host set card0 silent-perst false
	return $recovered
}

silent()
{
	at_work host set card0 all-ones true || return 1
	fails || return 1
	host set card0 all-ones false || return 1
	within 30 copies
}

ktap_print_header
if [ ! -e $card/base_image ]; then
	ktap_skip_all "no card on bare metal"
	exit "$KSFT_SKIP"
fi
if [ -z "$CXL_TEST_HOST" ]; then
	ktap_skip_all "no host to ask"
	exit "$KSFT_SKIP"
fi
echo 1000 >/sys/kernel/debug/powerpc/eeh_max_freezes
dd if=/dev/urandom of=$source bs=4096 count=16 2>/dev/null
dd if=/dev/zero of=$large bs=65536 count=512 2>/dev/null

ktap_set_plan 19
ktap_test_result "refused to add" right bad_command 5 error 0
ktap_test_result "no answer to add" right bad_command 5 silence 1
ktap_test_result "all ones for add" right bad_command 5 ones 1
ktap_test_result "refused to terminate" right bad_command 1 error 1
ktap_test_result "no answer to terminate" right bad_command 1 silence 1
ktap_test_result "no answer to remove" right bad_command 2 silence 1
ktap_test_result "refused to remove" right bad_command 2 error 1
ktap_test_result "AFU is never enabled" right never enable-ms fails
ktap_test_result "AFU is never reset" right never reset-ms afu_reset_fails
ktap_test_result "PSL is never purged" right never purge-ms afu_reset_fails
ktap_test_result "loads give all ones" right silent
ktap_test_result "fenced, with notice" right recovers_from inject-fence notify
ktap_test_result "fenced in silence" right recovers_from inject-fence silent
ktap_test_result "frozen, with notice" right recovers_from inject-freeze notify
ktap_test_result "frozen in silence" right recovers_from inject-freeze silent
ktap_test_result "reset, fenced in silence" right reset_in_silence
ktap_test_result "fenced, maybe another one" right comes_back_from inject-fence notify
ktap_test_result "pulled and plugged in again" right pulled
ktap_test_result "time of day stands still" right without_time_of_day
rm -f $source $large $copy
ktap_finished
