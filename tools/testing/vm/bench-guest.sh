# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2054,SC2154
#
# A guest for "run" in which what operations cost can be counted, the same way each
# time. To be sourced after lib.sh.

# For the kernel: the same addresses each time, no unit tests while loading, and nothing
# against processors that guess: in a PowerVM guest each return to a program would
# displace a cache by loads, some 2000 instructions which this processor does not need,
# and beside which nobody sees what a driver costs.
bench_words="cxltest.afu=afu0.0 norandmaps kunit.enable=0 mitigations=off"
# Both drivers have the card that the other driver can live with, see peer-check.
declare -A bench_cards
bench_cards[pseries]=spapr-capi,mask-at-attach=off
bench_cards[powernv8]=pnv-capi,models=both,config-records=0
# Files of contexts that a reset ended on bare metal are not closed well by that driver: a
# count of references underflows.
declare -A bench_unable
bench_unable[powernv8-peer]=reset_256
# One processor, whose clock counts its instructions and jumps when it has nothing to do.
bench_clock=(-icount shift=0,sleep=off -smp 1 -rtc base=2024-01-01T00:00:00,clock=vm)

bench_platform()
{
	[ -n "${bench_cards[$1]:-}" ] ||
		die "There is no platform '$1', only pseries and powernv8."
}

# bench_boot PLATFORM VARIANT ARGUMENTS RUN-OPTION... -- QEMU-OPTION...: the program gets
# the arguments, after what it has to leave out.
bench_boot()
{
	local platform=$1 variant=$2 args=$3 without=${bench_unable[$1-$2]:-} own=()

	shift 3
	while [ "$1" != -- ]; do
		own+=("$1")
		shift
	done
	shift
	args=${without:+-x $without }$args
	"$vm/run" bench --kernel "$variant" --platform "$platform" \
		--device "${bench_cards[$platform]}" \
		--append "$bench_words${args:+ cxltest.args=${args// /,}}" "${own[@]}" \
		-- "${bench_clock[@]}" "$@"
}
