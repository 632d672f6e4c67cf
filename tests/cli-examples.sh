#!/bin/bash
# SPDX-License-Identifier: MIT
# The examples do what they say: cli-examples.sh NARU IN-PLACE POLL RECEIVER SENDER
# SEGMENT-READER SEGMENT-WRITER ECHO
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

run 0 "$2"
prints $'a frame of 307200 bytes, brightness 42\na frame of 307200 bytes, brightness 99'
[ -z "$(naru ls | sed 1d)" ] || fail "the example left its queue"

run 0 "$5" jobs one 'two words'
run 0 "$4" jobs
prints $'1: one\n1: two words'
run 1 "$4" nothing
says 'nothing: *'

# It prints what others send, while its own input is open.
mkfifo typed
# shellcheck disable=SC2016
start bash -c 'exec "$0" jobs <>typed >printed' "$3"
naru send jobs 'from another'
until [ "$(cat printed)" = 'from another' ]; do :; done
run 0 "$3" jobs < <(echo 'from itself')
until [ "$(sort printed out | uniq)" = $'from another\nfrom itself' ]; do :; done

# Two writers, one after the other, and one who reads from the beginning to the end.
run 0 "$7" text < <(echo one)
start bash -c 'exec "$0" text >read' "$6"
run 0 "$7" text < <(printf 'two\nend\n')
wait "${started[-1]}" || fail "the reader failed"
[ "$(cat read)" = $'one\ntwo\nend' ] || fail "not read: $(cat read)"
run 1 "$6" nothing
says 'nothing: *'

# Many clients at once, each with its own.
start "$8" local://echo
for i in 1 2 3 4 5; do
	echo "client $i" >"in$i"
	until naru connect local://echo <"in$i" >"out$i" 2>err; do :; done &
	clients[i]=$!
done
for i in 1 2 3 4 5; do
	wait "${clients[i]}" || fail "client $i failed"
	cmp "in$i" "out$i" || fail "client $i got something else"
done
