#!/bin/bash
# SPDX-License-Identifier: MIT
# naru demo: the main job, whole and interrupted
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

tidy() {
	[ -z "$(ls -A space)" ] || fail "the demo left something"
}

head -c 1000001 /dev/urandom >file
run 0 naru --space space demo --file file
sum=$(sha256sum <file)
grep -q "^  killed *receiver 2, process [0-9]*, after [0-9,]* messages; replaced by [0-9]*\$" \
	out || fail "no receiver was killed"
grep -q "^  killed *sender 2, process [0-9]*," out || fail "no sender was killed"
grep -q "^  received *${sum%% *}\$" out || fail "another file was received"
grep -q "^  SHA-256 *identical\$" out || fail "not identical"
grep -q "^naru is [0-9.]* times as fast" out || grep -q "msgsnd/msgrcv: not here" out ||
	fail "it was not compared"
tidy

# A file smaller than a chunk, of odd processes.
printf x >tiny
run 0 naru --space space demo --file tiny --senders 1 --receivers 3 --chunk 4K
tidy

run 1 naru --space space demo --file /dev/null
says 'naru: /dev/null is empty or no regular file;*'
run 1 naru --space space demo --file missing
says 'naru: there is no file missing'
tidy

# Interrupted, it takes everything away.
naru --space space demo --file file >out 2>err &
started+=($!)
until grep -q '^  space' out; do kill -0 $! || fail "the demo ended"; done
kill -TERM $!
wait $!
[ $? -eq 130 ] || fail "interrupted, it ended with another status"
tidy
