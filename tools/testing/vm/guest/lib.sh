# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# How the scripts in a guest report: KTAP on standard output.

ktap_number=0

# plan COUNT
plan()
{
	printf 'KTAP version 1\n1..%d\n' "$1"
}

# check NAME COMMAND...: one test, passed if the command succeeds, and skipped
# if it then left a reason in /tmp/skipped.
check()
{
	local name="$1" word=ok
	shift

	ktap_number=$((ktap_number + 1))
	rm -f /tmp/skipped
	"$@" || word="not ok"
	if [ "$word" = ok ] && [ -e /tmp/skipped ]; then
		name="$name # SKIP $(cat /tmp/skipped)"
	fi
	echo "$word $ktap_number $name"
}

# note TEXT...: a line for people.
note()
{
	printf '# %s\n' "$*"
}

# The module is gone and nothing refers to it any more.
module_unloads()
{
	local tries=0

	if [ -z "$(find /lib/modules -name 'cxl.ko*')" ]; then
		echo "built in" >/tmp/skipped
		return
	fi
	until modprobe -r cxl; do
		tries=$((tries + 1))
		[ $tries -lt 10 ] || {
			note "cxl is still used: $(grep '^cxl ' /proc/modules)"
			return 1
		}
		sleep 1
	done
	[ ! -d /sys/module/cxl ] && [ ! -d /sys/class/cxl ]
}

# Memory that nothing points to: the scanner skips what is younger than five
# seconds, and trusts only what two scans agree on.
no_leaks()
{
	local file=/sys/kernel/debug/kmemleak

	sleep 6
	echo scan >$file || return 1
	sleep 1
	echo scan >$file || return 1
	[ -z "$(head -n 1 $file)" ] || {
		sed 's/^/# /' $file
		return 1
	}
}

# The debug kernel's helpers switch themselves off after a problem; from then on
# they would find nothing.
debugging_works()
{
	grep -q '^ *debug_locks: *1$' /proc/lockdep_stats &&
		grep -q '^enabled: 1' /sys/kernel/debug/kfence/stats &&
		[ "$(cat /sys/kernel/slab/kmalloc-64/poison)" = 1 ] &&
		[ "$(cat /sys/kernel/slab/kmalloc-64/red_zone)" = 1 ]
}

# is_debug_kernel: as the host says.
is_debug_kernel()
{
	grep -qw cxltest.debug /proc/cmdline
}

# What every run ends with, and how many tests that is.
after_count()
{
	if is_debug_kernel; then echo 3; else echo 1; fi
}

# What gcov counted, if this kernel does: an archive on the fourth console. The
# files tell their sizes only to those who read them.
send_coverage()
{
	local from=/sys/kernel/debug/gcov to=/tmp/gcov f

	[ -d $from ] || return 0
	find $from -path '*/drivers/misc/cxl/*.gcda' | while read -r f; do
		mkdir -p "$to/${f%/*}" && cat "$f" >"$to/$f"
	done
	# Opened by both: a last close resets the terminal.
	{
		stty -F /dev/hvc3 raw -echo
		tar -cz -C "$to$from" .
	} >/dev/hvc3
}

after_tests()
{
	check module_unloads module_unloads
	send_coverage
	is_debug_kernel || return 0
	check no_leaks no_leaks
	check debugging_works debugging_works
}
