# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For tests that wait; to be sourced after ktap_helpers.sh.

# within SECONDS COMMAND...: it succeeds in the end
within()
{
	tries=$(($1 * 5))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || {
			ktap_print_msg "not in time: $*"
			return 1
		}
		sleep 0.2
	done
}
