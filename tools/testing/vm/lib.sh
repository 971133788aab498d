# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What the scripts of the test environment share: where things are, how they
# speak, and how a long step is shown. To be sourced.

set -euo pipefail
export LC_ALL=C

vm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$vm/../../.." && pwd)
build=$top/build
logs=$build/log
tree=$build/linux
jobs=$(nproc)

# The one who called make must not decide how other projects are built.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES O KBUILD_OUTPUT

say() { printf '%s\n' "$*"; }
die() { printf 'Error: %s\n' "$*" >&2; exit 1; }

# need PROGRAM...: stop unless all are installed.
need()
{
	local p

	for p; do
		command -v "$p" >/dev/null ||
			die "The program '$p' is missing. Run 'make setup' and try again."
	done
}

# need_space GIB: stop unless the build directory has that much room.
need_space()
{
	local free

	mkdir -p "$build"
	free=$(df --output=avail -k "$build" | tail -n 1)
	((free >= $1 * 1024 * 1024)) ||
		die "$build has $((free / 1024)) MiB left, this step needs $1 GiB." \
		    "Make room or clone the repository on a larger disk."
}

# lock NAME: only one build of NAME at a time; held until the script ends.
lock()
{
	local fd

	mkdir -p "$build"
	exec {fd}>"$build/.lock-$1"
	flock -n "$fd" || { say "Waiting for another build of the $1."; flock "$fd"; }
}

# One line about a step that still runs: seconds, and what it does now.
show_progress()
{
	local name=$1 log=$2 start=$3 line

	line=$(tail -c 400 "$log" | tr '\r' '\n' | tr -dc '[:print:]\n' |
	       grep -v '^ *$' | tail -n 1) || true
	line=${line//"$top/"/}
	if [ -t 1 ]; then
		printf '\r\033[K  %-26s %4ds  %.45s' "$name" $((SECONDS - start)) "$line"
	else
		printf '  %-26s %4ds  %.60s\n' "$name" $((SECONDS - start)) "$line"
	fi
}

no_network='Temporary failure resolving|Could not (resolve|connect)|Network is unreachable'

# phase NAME LOG HINT COMMAND...: run a long step with its output in a log,
# show that it lives, and on failure say HINT, the end of the log and its name.
phase()
{
	local name=$1 log=$2 hint=$3 start=$SECONDS shown=$SECONDS every=20 pid rc=0
	shift 3

	mkdir -p "$(dirname "$log")"
	[ ! -t 1 ] || every=1
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	# A step that was interrupted takes what it started with it.
	# shellcheck disable=SC2064
	trap "kill $pid 2>/dev/null || true; exit 130" INT TERM
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		((SECONDS - shown < every)) || {
			shown=$SECONDS
			show_progress "$name" "$log" "$start"
		}
	done
	wait "$pid" || rc=$?
	trap - INT TERM
	[ ! -t 1 ] || printf '\r\033[K'
	printf '  %-26s %4ds  ' "$name" $((SECONDS - start))
	((rc != 0)) || { say "done"; return 0; }
	say FAILED
	{ grep -m 5 -E '(error|Error|ERROR):? |No rule to make' "$log" || tail -n 12 "$log"; } |
		cut -c 1-200 | sed 's/^/    | /' >&2
	if tail -n 200 "$log" | grep -q 'No space left on device'; then
		hint="The disk is full: make room and try again."
	elif tail -n 200 "$log" | grep -qE "$no_network"; then
		hint="The network does not work: connect this machine, or name a proxy in"
		hint+=" apt's configuration, and try again."
	fi
	die "$name failed. $hint The whole log: $log"
}

# use_flavour le|be: how the kernel and programs of a guest are built. Sets
# cross, debian_arch, cross32 and kmake.
use_flavour()
{
	flavour=$1 cross32=''
	case $flavour in
	le) cross=powerpc64le-linux-gnu- debian_arch=ppc64el ;;
	be) cross=powerpc64-linux-gnu- debian_arch=ppc64 cross32=powerpc-linux-gnu- ;;
	*) die "There is no flavour '$flavour', only le and be." ;;
	esac
	kmake=(make ARCH=powerpc CROSS_COMPILE="$cross" -j"$jobs"
	       KBUILD_BUILD_USER=cxl KBUILD_BUILD_HOST=build)
}

# The kernels that there are, one per file config/NAME.variant.
variants()
{
	(cd "$vm/config" && printf '%s\n' *.variant | sed 's/\.variant$//' | paste -sd ' ')
}

# use_variant NAME: read its file and set, with defaults for what it leaves out,
#   flavour      le or be, see above
#   fragments    the files config/*.config that make its configuration
#   source_tree  the kernel's source, and
#   tree_script  what puts it there
#   make_args    more words for the kernel's makefiles
#   start_from   the kernel whose objects serve as far as they fit
#   cmdline      more words for the kernel's command line
#   slowness     factor of the time that tests may take
#   out          where it is built
use_variant()
{
	local f files=()

	variant=$1
	[ -f "$vm/config/$variant.variant" ] ||
		die "There is no kernel '$variant'; there are: $(variants)."
	flavour=le fragments='' source_tree=$tree tree_script=kernel-tree
	make_args=() start_from=''
	cmdline='' slowness=1
	# shellcheck disable=SC1090
	. "$vm/config/$variant.variant"
	for f in $fragments; do
		files+=("$vm/config/$f.config")
	done
	fragments=("${files[@]}")
	out=$build/kernel/$variant
	use_flavour "$flavour"
	kmake+=("${make_args[@]}")
}
