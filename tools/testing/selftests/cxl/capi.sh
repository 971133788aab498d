#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The program capi: what each command does, prints and returns; on terminals, without
# one and on a narrow one; without permissions, without a card, and with a card that
# goes away meanwhile.
#
# No name here has a space, and some variables are lists of words.
# shellcheck disable=SC2086,SC2231

DIR="$(dirname "$(readlink -f "$0")")"
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"
# shellcheck source=within.sh
. "$DIR/within.sh"

class=/sys/class/cxl
tmp=/tmp/cxl-capi
out=$tmp/out
image=$tmp/image
bare=$tmp/bare
user="$DIR/as_user 1000"
# On slow machines fewer rounds and smaller images do.
widths="10 30 40 60 80"
rounds="1 2 3"
megabytes=60
if [ "${CXL_TEST_SLOW:-1}" -gt 1 ]; then
	widths=30
	rounds=1
	megabytes=20
fi
pids=''

# ends STATUS COMMAND...: it does, within a minute; all it says is in $out.
ends()
{
	want=$1
	shift
	timeout -s KILL 60 "$@" >$out 2>&1 </dev/null
	status=$?
	[ $status = "$want" ] && return
	ktap_print_msg "$* ended with $status, not $want:"
	head -n 20 $out | sed 's/^/# /'
	return 1
}

# says TEXT...: all of them are in $out.
says()
{
	for text; do
		grep -qF -e "$text" $out && continue
		ktap_print_msg "'$text' is not in the output:"
		head -n 40 $out | sed 's/^/# /'
		return 1
	done
}

# is JSON's-VALUE KEY...: in $out, which is nothing but JSON.
is()
{
	want=$1
	shift
	value=$("$DIR/json_get" "$@" <$out) && [ "$value" = "$want" ] && return
	ktap_print_msg "$* is '$value', not '$want'"
	return 1
}

# plain: without control characters other than the ends of lines
plain()
{
	! tr -d '\n -~' <$out | grep -q . && return
	ktap_print_msg "control characters in the output"
	return 1
}

find_afu()
{
	for dir in $class/afu*; do
		[ "$(cat "$dir/cr0/device" 2>/dev/null)" = 0x4350 ] || continue
		afu=${dir##*/}
		card=${afu#afu}
		card=card${card%.*}
		slave=/dev/cxl/${afu}s
		return 0
	done
	return 1
}

in_partition()
{
	[ ! -e $class/$card/base_image ]
}

there()
{
	[ -c $slave ] && [ -e $class/$card ]
}

# start_work COMMAND...: in the background until stop_work
start_work()
{
	"$@" >$tmp/work 2>&1 </dev/null &
	pids=$!
	within 20 working
}

# One context that takes long, and many that do not.
start_copy()
{
	start_work "$DIR/afu_copy" -e 64 -d $slave $tmp/large $tmp/copy
}

start_tests()
{
	start_work capi test -l 100000 -s 256K $afu
}

working()
{
	grep -q " started $pids " /sys/kernel/debug/cxl/$afu/contexts
}

over()
{
	! grep -qE '^State:[[:space:]]+[DRS]' /proc/$pids/status 2>/dev/null
}

# stop_work STATUS: what the work ends with; by itself, if not by a signal
stop_work()
{
	[ $1 = 143 ] || within 30 over
	kill $pids 2>/dev/null
	wait $pids
	status=$?
	pids=''
	[ $status = "$1" ] && return
	ktap_print_msg "the work ended with $status, not $1: $(cat $tmp/work)"
	return 1
}

# ---- list, show, id

list_table()
{
	ends 0 capi list && says CARD AFU MODE $card $afu "$(cat $class/$afu/mode)" memcpy &&
		plain && ends 0 capi list --no-titles && ! grep -q CARD $out &&
		[ "$(wc -l <$out)" = "$(find $class/ -name 'afu*[0-9]' | wc -l)" ]
}

# The first card and the first AFU of it, as sysfs says.
list_json()
{
	first=$class/card0
	ends 0 capi list --json && is card0 cards 0 name || return 1
	for name in caia_version psl_revision psl_timebase_synced; do
		is "$(cat $first/$name)" cards 0 attributes $name || return 1
	done
	is "$(cat $class/afu0.0/mode)" cards 0 afus 0 attributes mode &&
		is "$(head -n 1 $class/afu0.0/modes_supported)" cards 0 afus 0 \
			attributes modes_supported 0
}

# shows_all DIRECTORY: each attribute that can be read, with its value
shows_all()
{
	for file in "$1"/*; do
		name=${file##*/}
		case $name in
		uevent | reset | vpd | afu_err_buff | config) continue ;;
		esac
		[ -f "$file" ] || continue
		value=$(tr '\n' ' ' <"$file")
		grep -qE "^([^ ]*/)?$name +${value% }( |$)" $out && continue
		ktap_print_msg "$name '$value' is not shown:"
		sed 's/^/# /' $out
		return 1
	done
}

show_card()
{
	ends 0 capi show $card && says $card platform $afu && shows_all $class/$card || return 1
	[ ! -e $class/$card/vpd ] || says "serial number" "part number"
}

show_afu()
{
	ends 0 capi show $afu && says $afu memcpy "$slave" "owner root, group root, mode 0600" &&
		shows_all $class/$afu && shows_all $class/$afu/cr0 || return 1
	[ ! -e $class/$afu/afu_err_buff ] || says afu_err_buff
}

show_json()
{
	ends 0 capi show --json $card && is $card name &&
		is "$(cat $class/$card/psl_revision)" attributes psl_revision &&
		is afu${card#card}.0 afus 0 name || return 1
	ends 0 capi show -j $slave && is $afu name && is memcpy accelerator &&
		is 0x4350 records 0 attributes device &&
		is "$(cat $class/$afu/mmio_size)" attributes mmio_size
}

# Lines KEY=VALUE, fit for names of files.
properties()
{
	ends 0 capi id $slave && says CAPI_CARD=$card "CAPI_AFU=${afu##*.}" CAPI_PATH= &&
		! grep -qvE '^CAPI_[A-Z]+=[!-.0-~]+$' $out || return 1
	[ ! -e $class/$card/vpd ] || says CAPI_SERIAL= CAPI_ID=
}

# ---- mode, prefault, reset, test

mode()
{
	was=$(cat $class/$afu/mode)
	ends 0 capi mode $afu && [ "$(cat $out)" = "$was" ] || return 1
	ends 0 capi mode $afu none && says "$was -> none" &&
		[ "$(cat $class/$afu/mode)" = none ] && [ ! -e $slave ] &&
		ends 7 capi test $afu && ends 0 capi mode $afu "$was" &&
		[ "$(cat $class/$afu/mode)" = "$was" ] && [ -c $slave ] && return
	echo "$was" >$class/$afu/mode
	return 1
}

mode_refused()
{
	was=$(cat $class/$afu/mode)
	ends 7 capi mode $afu time_sliced && says "cannot have" afu_directed || return 1
	(
		exec 3<>$slave
		ends 5 capi mode $afu none && says "open in a program"
	) && [ "$(cat $class/$afu/mode)" = "$was" ]
}

prefault()
{
	for word in all work_element_descriptor none; do
		ends 0 capi prefault $afu $word &&
			[ "$(cat $class/$afu/prefault_mode)" = $word ] &&
			ends 0 capi prefault $afu && [ "$(cat $out)" = $word ] || return 1
	done
	ends 7 capi prefault $afu nothing
}

afu_resets()
{
	sed -n 's/^resets //p' /sys/kernel/debug/cxl/$afu/stats
}

reset_afu()
{
	before=$(afu_resets)
	ends 0 capi reset $afu && [ "$(afu_resets)" -gt "$before" ] || return 1
	(
		exec 3<>$slave
		ends 5 capi reset $afu
	) && ends 2 capi reset --force $afu
}

card_resets()
{
	sed -n 's/^card_resets //p' /sys/kernel/debug/cxl/$card/stats
}

# Counted, or on bare metal, where the card may be found anew: it is another one.
was_reset()
{
	[ "$(card_resets)" -gt "$1" ] || [ "$(stat -c %i $class/$card/)" != "$2" ]
}

reset_card()
{
	before=$(card_resets)
	inode=$(stat -c %i $class/$card/)
	ends 0 capi reset $card && says "back after" && was_reset "$before" "$inode" &&
		ends 0 capi test $afu
}

reset_in_use()
{
	before=$(card_resets)
	inode=$(stat -c %i $class/$card/)
	# between two of many contexts there is none for a moment: not these
	start_copy || return 1
	ends 5 capi reset $card && says --force && ! was_reset "$before" "$inode"
	worked=$?
	stop_work 143 && [ $worked = 0 ] && start_tests || return 1
	# one that comes between two contexts ends none: once more
	for _ in 1 2 3 4 5 6; do
		before=$(card_resets)
		inode=$(stat -c %i $class/$card/)
		ends 0 capi reset --force $card && was_reset "$before" "$inode"
		worked=$?
		[ $worked = 0 ] || break
		within 60 there || break
		! within 5 over || break
	done
	# its context has ended
	stop_work 3 && [ $worked = 0 ] && within 60 there && ends 0 capi test $afu
}

copies()
{
	ends 0 capi test $afu && says "1 MiB copied and verified" "elements 512, interrupts 1" || return 1
	ends 0 capi test -s 1 -l 3 $slave && says "384 B copied" "elements 3, interrupts 3" ||
		return 1
	# more than one lap of a ring
	ends 0 capi test --size=40M $afu && says "40 MiB copied" "interrupts 2"
}

ended_by_signal()
{
	start_tests && stop_work 143 && ends 0 capi test $afu
}

# ---- top

# Titles, and a row for the context that works.
top_once()
{
	start_copy || return 1
	ends 0 capi top --once $afu && says AFU PID FAULTS IRQS EVENTS && plain
	said=$?
	row=$(grep -E "^$afu .* $pids +afu_copy " $out)
	set -- $row
	# afu context element node state pid command faults ...
	[ $said = 0 ] && [ "$4" = slave ] && [ "$5" = started ] && [ "$8" -gt 0 ]
	worked=$?
	stop_work 143 && [ $worked = 0 ]
}

# Rates come with the second look.
top_json()
{
	start_copy || return 1
	ends 0 capi top --json --rounds=2 --delay=0.5 $card && [ "$(wc -l <$out)" = 2 ] &&
		sed -n 1p $out >$tmp/first && sed -n 2p $out >$tmp/second &&
		mv $tmp/first $out && is null contexts 0 rates faults && mv $tmp/second $out &&
		is $afu contexts 0 afu && is $pids contexts 0 pid && is afu_copy contexts 0 command &&
		rate=$("$DIR/json_get" contexts 0 rates faults <$out) && [ "${rate%.*}" -gt 0 ]
	worked=$?
	stop_work 143 && [ $worked = 0 ]
}

top_on_terminal()
{
	ends 0 "$DIR/on_terminal" -w 60 -e contexts -s ^C capi top -d 0.5 &&
		grep -q "$(printf '\033')\[H" $out
}

# ---- terminals

# no_wider COLUMNS: what a terminal was sent
no_wider()
{
	tr -d '\r' <$out | sed "s/$(printf '\033')\[[A-Z]//g" >$tmp/lines
	longest=$(awk '{ if (length > most) most = length } END { print most + 0 }' $tmp/lines)
	[ "$longest" -le "$1" ] && return
	ktap_print_msg "a line of $longest columns instead of $1"
	return 1
}

narrow()
{
	for width in $widths; do
		for command in list "show $card" "show $afu" "top --once"; do
			ends 0 "$DIR/on_terminal" -w $width capi $command && no_wider $width ||
				return 1
		done
	done
	# what matters most is still there, and the rest where there is room
	ends 0 "$DIR/on_terminal" -w 40 capi list && says $card $afu &&
		! grep -q PREFAULT $out && ends 0 "$DIR/on_terminal" -w 200 capi list &&
		says PREFAULT
}

# Without a terminal nothing is left out, whatever the environment says.
no_terminal()
{
	ends 0 capi list && cp $out $tmp/full && ends 0 env COLUMNS=20 capi list &&
		cmp $out $tmp/full && says PREFAULT && plain &&
		ends 0 capi show $afu && plain && ends 0 capi top -n 2 -d 0.1 && plain
}

# A reader that does not read on: no message, no end without end.
closed_pipe()
{
	for command in list "show $card" "top -d 0.1"; do
		timeout -s KILL 20 capi $command 2>$out | true
		[ ! -s $out ] || return 1
	done
	timeout -s KILL 20 capi top -d 0.1 2>$out | head -n 3 >$tmp/three
	[ ! -s $out ] && [ "$(wc -l <$tmp/three)" = 3 ] || return 1
	capi list >/dev/full 2>$out
	[ $? = 1 ] && says "No space left"
}

# ---- wrong arguments, missing permissions

usage()
{
	for command in "" frobnicate "list $card" show "show $card $card" "show --bogus $card" \
		       "show nonsense" "show afu0" "show card" "show ${afu}x" "flash $card" \
		       "mode" "mode $card" "mode $afu none none" "reset" "reset -t x $card" \
		       "test $card" "test -s 0 $afu" "test -s 1x $afu" "test -l 0 $afu" \
		       "test -s 2G $afu" "top -n 0" "top -d 0 $afu" "top nonsense" "id"; do
		ends 2 capi $command && [ -s $out ] || return 1
	done
	ends 3 capi show card99 && says "there is no card99" $card &&
		ends 3 capi show afu99.0 && says $afu && ends 3 capi top afu99.0 &&
		ends 0 capi --help && ends 0 capi --version && ends 0 capi flash --help
}

permissions()
{
	ends 0 $user capi list && says $afu && ends 0 $user capi show $afu &&
		says "not yours to use" && ends 0 $user capi show $card || return 1
	[ ! -e $class/$card/vpd ] ||
		says "needs read access to $class/$card/vpd (owner root, group root, mode 0400)" ||
		return 1
	ends 4 $user capi mode $afu none &&
		says "needs write access to $class/$afu/mode (owner root, group root, mode 0644)" &&
		ends 4 $user capi prefault $afu all && says prefault_mode &&
		ends 4 $user capi reset $card && says "write access to $class/$card/reset" &&
		ends 4 $user capi reset $afu && ends 4 $user capi top --once &&
		says "access to /sys/kernel/debug" && ends 4 $user capi test $afu &&
		says "needs read and write access to $slave (owner root, group root, mode 0600)"
}

# As much as a permission allows.
permitted()
{
	chmod 666 $slave
	ends 0 $user capi test $afu
	worked=$?
	chmod 600 $slave
	chmod 700 /dev/cxl
	ends 4 $user capi test $afu && says "needs search access to /dev/cxl "
	closed=$?
	chmod 755 /dev/cxl
	[ $worked = 0 ] && [ $closed = 0 ]
}

# ---- no card, and a card that goes away

find_binding()
{
	driver=$(readlink -f $class/$card/device/driver)
	device=$(basename "$(readlink -f $class/$card/device)")
}

unbind()
{
	echo "$device" >"$driver/unbind"
}

bind()
{
	echo "$device" >"$driver/bind" && within 30 there
}

only_card()
{
	[ "$(find $class/ -name 'card*' | wc -l)" = 1 ]
}

# With another card there the lists are not empty; this one is missing anyway.
no_card()
{
	unbind || return 1
	{
		ends 3 capi show $card && ends 3 capi show $afu && ends 3 capi flash $card $0 &&
			ends 3 capi reset $card && ends 3 capi mode $afu &&
			ends 3 capi test $afu && ends 3 capi top $afu && ends 3 capi id $card
	} && {
		! only_none || {
			ends 3 capi list && says "there are no cards" && ends 3 capi top &&
				timeout 20 capi list --json >$out 2>/dev/null
			[ "$("$DIR/json_get" cards <$out | tr -d ' \n')" = '[]' ]
		}
	}
	worked=$?
	bind && [ $worked = 0 ] && ends 0 capi test $afu
}

only_none()
{
	! find $class/ -name 'card*' | grep -q .
}

no_driver()
{
	if [ ! -e /sys/module/cxl/refcnt ] || ! modprobe -D cxl >/dev/null 2>&1; then
		return "$KSFT_SKIP"
	fi
	# contexts of a moment ago are still being freed
	within 10 modprobe -r cxl 2>/dev/null || return 1
	ends 3 capi list && says "driver cxl is not loaded" && ends 3 capi show $card &&
		says "not loaded"
	worked=$?
	modprobe cxl && within 30 there && [ $worked = 0 ]
}

# top_says NUMBER: of AFUs, at its last look
top_says()
{
	tail -n 1 $tmp/top | grep -q "\"afus\":$1,"
}

# top goes on, work ends, and nothing else does more than say so.
vanishes()
{
	capi top -d 0.1 --json $afu >$tmp/top 2>&1 </dev/null &
	top=$!
	while kill -0 $top 2>/dev/null; do
		for command in "show $afu" "show --json $card" list; do
			capi $command >/dev/null 2>&1 </dev/null
			echo $?
		done
	done >$tmp/statuses &
	shows=$!
	worked=0
	for _ in $rounds; do
		start_tests && unbind && stop_work 3 && within 30 top_says 0 || worked=1
		bind && within 30 top_says 1 || worked=1
	done
	kill $top 2>/dev/null
	wait $top $shows
	others=$(grep -vE '^[03]$' $tmp/statuses | sort -u | tr '\n' ' ')
	[ -z "$others" ] || ktap_print_msg "commands ended with $others"
	[ $worked = 0 ] && [ -s $tmp/statuses ] && [ -z "$others" ]
}

# ---- flash

loaded()
{
	"$DIR/cxl_host" get $card flash-sha256 | tr -d '"'
}

digest()
{
	sha256sum <"$1" | cut -d ' ' -f 1
}

needs_images()
{
	in_partition && [ -n "$CXL_TEST_HOST" ] && [ -c /dev/cxl/$card ]
}

# image BYTES [NAME=VALUE...]: with header in $image, without in $bare
image()
{
	"$DIR/make_image" $image "$@" && tail -c +129 $image >$bare
}

# To the new image and back; what has changed is said.
flash()
{
	revision=$(cat $class/$card/psl_revision)
	image 3000005 psl-revision=9 &&
		ends 0 capi flash --yes $card $image && plain &&
		says "Download 100%" "Validate 100%" "psl_revision: $revision -> 9" &&
		[ "$(loaded)" = "$(digest $image)" ] &&
		[ "$(cat $class/$card/psl_revision)" = 9 ] && ends 0 capi test $afu || return 1
	image 1000 psl-revision="$revision" && ends 0 capi flash -y -q $card $image &&
		[ ! -s $out ] && [ "$(cat $class/$card/psl_revision)" = "$revision" ] &&
		ends 0 capi flash -y $card $image && says "nothing that can be seen"
}

# The kernel makes the header.
flash_bare()
{
	for size in 1000 1048448 1048449 2500000; do
		image $size && ends 0 capi flash -y $card $bare && says "bare bitstream" &&
			[ "$(loaded)" = "$(digest $image)" ] || return 1
	done
}

# changed OFFSET OCTAL: the image with another byte
changed()
{
	# shellcheck disable=SC2059
	cp $image $tmp/changed &&
		printf "\\$2" | dd of=$tmp/changed bs=1 seek="$1" conv=notrunc 2>/dev/null
}

flash_checks()
{
	image 100000 || return 1
	before=$(loaded)
	: >$tmp/empty
	gzip -c $image >$tmp/packed
	head -c 5000 $image >$tmp/short
	ends 2 capi flash -y $card $tmp/empty && says "is empty" &&
		ends 2 capi flash -y $card /dev && says "not a regular file" &&
		ends 2 capi flash -y $card /dev/zero && ends 3 capi flash -y $card /nowhere &&
		ends 1 capi flash -y $card $tmp/packed && says "compressed (gzip)" &&
		ends 1 capi flash -y $card /usr/bin/capi && says "is a program" &&
		ends 1 capi flash -y $card $tmp/short && says "is incomplete" &&
		changed 9 377 && ends 1 capi flash -y $card $tmp/changed &&
		says "for another card" vendor && changed 40 1 &&
		ends 1 capi flash -y $card $tmp/changed && says "damaged at byte 40" || return 1
	# Nothing of that has reached the card, until it is forced to look.
	is_phase idle && changed 9 377 && ends 1 capi flash -y --force $card $tmp/changed &&
		says "refuses" && [ "$(loaded)" = "$before" ] && ends 0 capi test $afu
}

is_phase()
{
	[ "$("$DIR/cxl_host" get $card flash-phase)" = "\"$1\"" ]
}

flash_asks()
{
	image 200000 || return 1
	before=$(loaded)
	ends 2 capi flash $card $image && says --yes &&
		ends 1 "$DIR/on_terminal" -e "[y/N]" -s "n
" capi flash $card $image && says "nothing was done" &&
		ends 130 "$DIR/on_terminal" -e "[y/N]" -s ^C capi flash $card $image &&
		[ "$(loaded)" = "$before" ] &&
		ends 0 "$DIR/on_terminal" -w 50 -e "[y/N]" -s "y
" capi flash $card $image && says "Download" "100%" "#####" &&
		[ "$(loaded)" = "$(digest $image)" ]
}

flash_on_narrow_terminal()
{
	image 5000000 && ends 0 "$DIR/on_terminal" -w 30 capi flash -y -q $card $image &&
		ends 0 "$DIR/on_terminal" -w 30 capi flash -y $card $image &&
		tr '\r' '\n' <$out | grep -E '^(Download|Validate)' >$tmp/bars &&
		cp $tmp/bars $out && no_wider 29
}

# Interrupted in the middle: the card keeps the image it has.
flash_interrupted()
{
	image 1000 && ends 0 capi flash -y $card $image && before=$(loaded) &&
		image ${megabytes}000000 || return 1
	for word in Download Validate; do
		ends 130 "$DIR/on_terminal" -e $word -s ^C capi flash -y $card $image &&
			says "keeps its old image" && [ "$(loaded)" = "$before" ] &&
			is_phase idle && ends 0 capi test $afu || return 1
	done
}

# Who reads the progress does not have to read all of it.
flash_into_closed_pipe()
{
	image $((megabytes / 2))000000 || return 1
	timeout -s KILL 60 capi flash -y $card $image 2>$out | head -n 1 >/dev/null
	within 60 there && [ "$(loaded)" = "$(digest $image)" ] && ends 0 capi test $afu
}

flash_in_use()
{
	image 1000 && start_copy || return 1
	ends 5 capi flash -y $card $image && says "in use"
	worked=$?
	stop_work 143 && [ $worked = 0 ] || return 1
	(
		exec 3<>/dev/cxl/$card
		# What watches over the time lives on for a second, with what it was given.
		ends 5 capi flash -y $card $image 3>&- && says "another program"
	) || return 1
	chmod 755 $tmp && ends 4 $user capi flash -y $card $image &&
		says "needs read and write access to /dev/cxl/$card (owner root, group root, mode 0600)"
}

flash_on_bare_metal()
{
	head -c 1000 /dev/urandom >$bare
	ends 7 capi flash -y $card $bare && says "bare metal" "PCI function"
}

# test_result NAME COMMAND...: also skipped, if the command says so
test_result()
{
	title=$1
	shift
	"$@"
	case $? in
	0) ktap_test_pass "$title" ;;
	"$KSFT_SKIP") ktap_test_skip "$title" ;;
	*) ktap_test_fail "$title" ;;
	esac
}

# A test with images, which cards take only in a partition.
flash_result()
{
	if needs_images; then
		test_result "$@"
	elif in_partition; then
		ktap_test_skip "$1: images are for emulated cards"
	else
		ktap_test_skip "$1: cards on bare metal are flashed by the PCI function"
	fi
}

ktap_print_header
if ! find_afu; then
	# whoever knows that there is a card sets this
	[ -z "$CXL_TEST_CARD" ] || ktap_exit_fail_msg "no memcpy AFU"
	ktap_skip_all "no memcpy AFU"
	exit "$KSFT_SKIP"
fi
if ! command -v capi >/dev/null; then
	[ -z "$CXL_TEST_CARD" ] || ktap_exit_fail_msg "capi is not installed"
	ktap_skip_all "capi is not installed"
	exit "$KSFT_SKIP"
fi
if [ "$(id -u)" != 0 ] || [ ! -r /sys/kernel/debug/cxl/$afu/contexts ]; then
	ktap_skip_all "needs root and debugfs"
	exit "$KSFT_SKIP"
fi
mkdir -p $tmp
truncate -s 256M $tmp/large
find_binding
trap 'kill $pids 2>/dev/null; rm -rf $tmp' EXIT

ktap_set_plan 35
test_result "list: table" list_table
test_result "list: JSON" list_json
test_result "show: card" show_card
test_result "show: AFU" show_afu
test_result "show: JSON" show_json
test_result "id" properties
test_result "mode" mode
test_result "mode: refused" mode_refused
test_result "prefault" prefault
test_result "test" copies
test_result "test: ended by a signal" ended_by_signal
test_result "top: one table" top_once
test_result "top: JSON" top_json
test_result "top: on a terminal" top_on_terminal
test_result "no terminal" no_terminal
test_result "narrow terminal" narrow
test_result "closed pipe" closed_pipe
test_result "wrong arguments" usage
test_result "missing permissions" permissions
test_result "permissions that suffice" permitted
test_result "reset: AFU" reset_afu
test_result "reset: card" reset_card
test_result "reset: card in use" reset_in_use
test_result "no card" no_card
test_result "no driver" no_driver
test_result "card vanishes" vanishes
flash_result "flash" flash
flash_result "flash: bare bitstream" flash_bare
flash_result "flash: image is checked" flash_checks
flash_result "flash: asks" flash_asks
flash_result "flash: narrow terminal" flash_on_narrow_terminal
flash_result "flash: interrupted" flash_interrupted
flash_result "flash: closed pipe" flash_into_closed_pipe
flash_result "flash: in use, no permission" flash_in_use
if in_partition; then
	ktap_test_skip "flash: refused on bare metal"
else
	test_result "flash: refused on bare metal" flash_on_bare_metal
fi
ktap_finished
