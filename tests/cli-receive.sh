#!/bin/bash
# SPDX-License-Identifier: MIT
# naru receive: what is selected, how it is printed, and that nothing is lost
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

fill() {
	naru send --create jobs --type 5 five-1 five-2 || fail "cannot send"
	naru send jobs --type 3 three || fail "cannot send"
	naru send jobs --type 9 nine || fail "cannot send"
}

# Selection.
fill
run 0 naru receive jobs
prints five-1
run 0 naru receive --type 9 jobs
prints nine
run 0 naru receive --type -8 jobs
prints three
run 0 naru receive --type=-8 --print-type jobs
prints $'5\tfive-2'
fill
run 0 naru receive --type 5 --except --count 2 jobs
prints $'three\nnine'
run 1 naru receive --nonblock --type 5 --except jobs
says 'naru: no message of that type in queue "jobs";*'
run 0 naru receive --count 2 --null jobs
printf 'five-1\0five-2\0' | cmp - out || fail "not ended by NUL bytes"

# An empty queue.
run 1 naru receive --nonblock jobs
says 'naru: no message in queue "jobs"; wait for one*'
run 124 naru receive --timeout 0.05 jobs
says 'naru: no message came to queue "jobs" in 0.05 s'
run 124 naru receive --timeout 0 jobs
naru send jobs only
run 1 naru receive --nonblock --count 3 jobs
prints only
says 'naru: no message in queue "jobs" after 1;*'
run 124 naru receive --follow --timeout 0.05 jobs
run 1 naru receive nothing
says "naru: no queue \"nothing\" in $NARU_SPACE; create it with: naru send --create nothing ..."

# Waits for a message; ends when the queue is removed.
start naru receive jobs >waited
await jobs waiting_receivers 1
naru send jobs late
wait $! || fail "the receiver failed"
[ "$(cat waited)" = late ] || fail "another message came"
start naru receive jobs 2>err
await jobs waiting_receivers 1
naru rm jobs
wait $! && fail "it received from a removed queue"
says 'naru: queue "jobs" was removed while it was in use'

# What cannot be written goes back to its place.
fill
naru receive --count 4 jobs >/dev/full 2>err && fail "wrote to a full device"
says 'naru: cannot write to standard output: No space left on device; back in queue "jobs": 4'
[ "$(field jobs held_messages)" = 0 ] || fail "messages are still held"
run 0 naru receive --count 4 jobs
prints $'five-1\nfive-2\nthree\nnine'

# So does all that a reader has not read when it goes, though it fits in the pipe.
seq 1000 | naru send --lines jobs
naru receive --follow --timeout 30 jobs 2>err | head -n 3 >out
prints $'1\n2\n3'
says 'naru: the reader of standard output went away; back in queue "jobs": 1'
run 0 naru receive --count 997 jobs
seq 4 1000 | cmp - out || fail "messages were lost, or came in disorder"

# A reader that reads slowly gets all, and it leaves the queue when it is read.
mkfifo pipe
seq 3 | naru send --lines jobs
start bash -c 'exec naru receive --follow jobs >pipe'
exec 3<pipe
read -r line <&3
[ "$line" = 1 ] || fail "read $line"
await jobs held_messages 1
[ "$(field jobs messages)" = 1 ] || fail "more than one message is under way"
read -r line <&3
read -r line <&3
[ "$line" = 3 ] || fail "read $line"
await jobs waiting_receivers 1
[ "$(field jobs messages)$(field jobs held_messages)" = 00 ] || fail "it did not leave"

# What it has in hand when it is killed goes back.
naru send jobs in-hand
await jobs held_messages 1
kill -KILL $!
wait $! 2>/dev/null
exec 3<&-
run 0 naru receive --timeout 10 jobs
prints in-hand

# Large and many.
head -c 900000 /dev/urandom >large
naru send jobs <large
run 0 naru receive --raw jobs
cmp large out || fail "a large message was changed"
