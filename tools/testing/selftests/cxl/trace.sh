#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The tracepoints: they exist, and each of them fires as often as its event
# happens.

DIR="$(dirname "$(readlink -f "$0")")"
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"
# shellcheck source=memcpy_afu.sh
. "$DIR/memcpy_afu.sh"

source=/tmp/cxl-trace-source
copy=/tmp/cxl-trace-copy
saved=/tmp/cxl-trace-log
tracefs=

find_tracefs()
{
	for dir in /sys/kernel/tracing /sys/kernel/debug/tracing; do
		[ -d $dir/events/cxl ] || continue
		tracefs=$dir
		return 0
	done
	return 1
}

exist()
{
	for name in cxl_attach cxl_detach cxl_afu_irq cxl_psl_irq cxl_psl_irq_ack \
		    cxl_ste_miss cxl_pte_miss cxl_slbia; do
		[ -d $tracefs/events/cxl/$name ] || {
			ktap_print_msg "no tracepoint $name"
			return 1
		}
	done
}

# The fields that existing tools use.
format_of_pte_miss()
{
	for field in "u8 card" "u8 afu" "u16 pe" "u64 dsisr" "u64 dar"; do
		grep -q "field:$field;" $tracefs/events/cxl/cxl_pte_miss/format || {
			ktap_print_msg "no field $field"
			return 1
		}
	done
}

# A copy with all tracepoints on; counters before and after are kept.
record()
{
	echo 0 >$tracefs/tracing_on
	echo 16384 >$tracefs/buffer_size_kb
	: >$tracefs/trace
	echo 1 >$tracefs/events/cxl/enable
	echo 1 >$tracefs/tracing_on
	[ ! -e "$stats" ] || cp "$stats" $saved.before
	"$DIR/afu_copy" -d "$slave" $source $copy >/dev/null
	result=$?
	[ ! -e "$stats" ] || cp "$stats" $saved.after
	echo 0 >$tracefs/tracing_on
	echo 0 >$tracefs/events/cxl/enable
	cp $tracefs/trace $saved
	return $result
}

# fires TRACEPOINT COUNTER: as often as the counter grew, and at least once.
fires()
{
	seen=$(grep -c " $1: " $saved)
	before=$(awk -v name="$2" '$1 == name { print $2 }' $saved.before)
	after=$(awk -v name="$2" '$1 == name { print $2 }' $saved.after)
	if [ "$seen" -eq 0 ] || [ "$seen" != $((after - before)) ]; then
		ktap_print_msg "$1 seen $seen times, $2 from $before to $after"
		return 1
	fi
}

# fires_once_per EVENT TRACEPOINT COUNTER: a test, if there are counters.
fires_once_per()
{
	if [ -e "$stats" ]; then
		ktap_test_result "$2 once per $1" fires "$2" "$3"
	else
		ktap_test_skip "$2 once per $1"
	fi
}

ktap_print_header
if ! find_afu; then
	# whoever knows that there is a card sets this
	[ -z "$CXL_TEST_CARD" ] || ktap_exit_fail_msg "no memcpy AFU"
	ktap_skip_all "no memcpy AFU"
	exit "$KSFT_SKIP"
fi
stats=/sys/kernel/debug/cxl/${afu##*/}/stats
if ! find_tracefs; then
	ktap_skip_all "no tracepoints of the driver in tracefs"
	exit "$KSFT_SKIP"
fi
dd if=/dev/urandom of=$source bs=65536 count=32 2>/dev/null

ktap_set_plan 8
ktap_test_result "tracepoints exist" exist
ktap_test_result "fields of cxl_pte_miss" format_of_pte_miss
ktap_test_result "copy while tracing" record
fires_once_per start cxl_attach attaches
fires_once_per end cxl_detach detaches
fires_once_per "page fault" cxl_pte_miss page_faults
fires_once_per "segment fault" cxl_ste_miss segment_faults
fires_once_per interrupt cxl_afu_irq afu_interrupts
rm -f $source $copy $saved $saved.before $saved.after
ktap_finished
