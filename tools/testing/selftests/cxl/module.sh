#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Loading and unloading the driver, with and without users.

DIR="$(dirname "$(readlink -f "$0")")"
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"
# shellcheck source=memcpy_afu.sh
. "$DIR/memcpy_afu.sh"

source=/tmp/cxl-module-source
copy=/tmp/cxl-module-copy

in_use()
{
	(
		exec 3<>"$slave"
		! modprobe -r cxl 2>/dev/null && [ -d /sys/module/cxl ] && [ -c "$slave" ]
	)
}

# Waits for what the driver core does after modprobe has returned.
node_appears()
{
	tries=0
	until [ -c "$slave" ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 1
		sleep 0.1
	done
}

copies()
{
	rm -f $copy
	"$DIR/afu_copy" -d "$slave" $source $copy >/dev/null && cmp $source $copy
}

unload()
{
	modprobe -r cxl && [ ! -e "$slave" ] && [ ! -d /sys/class/cxl ] &&
		! grep -q ' cxl$' /proc/devices
}

load()
{
	modprobe cxl && node_appears
}

cycle()
{
	unload && load && copies
}

some_cycles()
{
	for i in 1 2 3; do
		cycle || {
			ktap_print_msg "cycle $i"
			return 1
		}
	done
}

# All contexts are freed only after a while: the code must not go before them.
unload_after_last_close()
{
	for i in 1 2 3; do
		"$DIR/afu_copy" -d "$slave" $source $copy >/dev/null || return 1
		modprobe -r cxl || return 1
		load || return 1
	done
}

# Nothing but our own lines belongs on standard output.
ktap_print_header
if ! find_afu; then
	# whoever knows that there is a card sets this
	[ -z "$CXL_TEST_CARD" ] || ktap_exit_fail_msg "no memcpy AFU"
	ktap_skip_all "no memcpy AFU"
	exit "$KSFT_SKIP"
fi
if [ ! -e /sys/module/cxl/refcnt ] || ! modprobe -D cxl >/dev/null 2>&1; then
	ktap_skip_all "the driver is not a module that can be loaded again"
	exit "$KSFT_SKIP"
fi
dd if=/dev/urandom of=$source bs=4096 count=64 2>/dev/null

ktap_set_plan 5
ktap_test_result "copies" copies
ktap_test_result "stays while it is in use" in_use
ktap_test_result "unloads when it is not" cycle
ktap_test_result "several times" some_cycles
ktap_test_result "unloads right after the last close" unload_after_last_close
[ -d /sys/module/cxl ] || modprobe cxl
rm -f $source $copy
ktap_finished
