# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# How the scripts in a guest report: KTAP on standard output.

ktap_number=0
ktap_failed=0

# plan COUNT
plan()
{
	printf 'KTAP version 1\n1..%d\n' "$1"
}

# check NAME COMMAND...: one test, passed if the command succeeds.
check()
{
	local name="$1" word=ok
	shift

	ktap_number=$((ktap_number + 1))
	"$@" || {
		word="not ok"
		ktap_failed=$((ktap_failed + 1))
	}
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

has_kmemleak()
{
	[ -e /sys/kernel/debug/kmemleak ]
}
