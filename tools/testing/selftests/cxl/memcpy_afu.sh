# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The AFU to test; to be sourced.

afu=
slave=

# As its record says; without records, whoever names the AFU has to know.
can_copy()
{
	if [ -e "$afu/cr0" ]; then
		[ "$(cat "$afu/cr0/device")" = 0x4350 ]
	else
		[ -n "$CXL_TEST_AFU" ] && [ -e "$afu" ]
	fi
}

# The first AFU that can copy, or the one to test: its attributes and its slave node.
find_afu()
{
	for afu in /sys/class/cxl/${CXL_TEST_AFU:-afu*}; do
		can_copy || continue
		# shellcheck disable=SC2034
		slave=/dev/cxl/${afu##*/}s
		return 0
	done
	return 1
}
