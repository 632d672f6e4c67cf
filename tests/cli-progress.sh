#!/bin/bash
# SPDX-License-Identifier: MIT
# The progress bar: on a terminal only, and only when it takes long
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

command -v script >/dev/null || exit 77

seq 4000 >numbers
naru send --create --messages 2 jobs first

# The sender waits for each receive. Receive until the bar is there.
start script -q -e -f -c 'naru send --lines --file numbers jobs' typescript >/dev/null
naru receive jobs >/dev/null
for ((i = 1; i < 4000; i++)); do
	[ "$(naru receive jobs)" = $i ] || fail "message $i did not come"
	! grep -q 'sending \[[# ]*\]  *[0-9]*%' typescript || break
done
[ $i -lt 4000 ] || fail "no bar was shown"
run 0 naru receive --count $((4000 - i)) jobs
wait $! || fail "the sender failed"
tail -n 2 typescript | grep -q $'\r\033\[K' || fail "the bar was not wiped"

# What is said then has a line of its own.
start script -q -e -f -c 'naru send --lines --file numbers jobs' typescript >/dev/null
for ((k = 1; k < 4000; k++)); do
	[ "$(naru receive jobs)" = $k ] || fail "message $k did not come"
	! grep -q 'sending \[[# ]*\]  *[0-9]*%' typescript || break
done
naru rm jobs
! wait $! || fail "nothing was wrong"
grep -q $'\r\033\\[Knaru: queue "jobs" was removed' typescript || fail "the bar is in the way"
naru send --create --messages 2 jobs first
naru receive jobs >/dev/null

# No terminal, no bar, though it takes as long.
start naru send --lines --file numbers jobs 2>said
for ((k = 1; k < 2 * i && k < 4000; k++)); do
	[ "$(naru receive jobs)" = $k ] || fail "message $k did not come"
done
run 0 naru receive --count $((4001 - k)) jobs
wait $! || fail "the sender failed"
[ ! -s said ] || fail "a bar was shown"
