#!/bin/bash
# SPDX-License-Identifier: MIT
# naru send: where messages come from, and what becomes of those that do not fit
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

# Each TEXT is a message; -- ends the options.
run 0 naru send --create jobs one 'two words' '' -- --three
run 0 naru receive --count 4 --print-type jobs
prints $'1\tone\n1\ttwo words\n1\t\n1\t--three'

# Standard input is one message, to the last byte.
run 0 naru send jobs < <(printf 'a\0b\n\n')
run 0 naru receive --raw jobs
printf 'a\0b\n\n' | cmp - out || fail "standard input was changed"
run 0 naru send jobs </dev/null
[ "$(field jobs messages)" = 1 ] || fail "no empty message"
run 0 naru receive --raw jobs
[ ! -s out ] || fail "the message is not empty"

# A line is a message, without its newline; the last may have none.
run 0 naru send --lines --type 7 jobs < <(printf 'x\n\ny\0y\nlast')
run 0 naru receive --count 4 --null --print-type jobs
printf '7\tx\0007\t\0007\ty\0y\0007\tlast\0' | cmp - out || fail "lines were changed"

# A line longer than any buffer, and a file.
head -c 900000 /dev/zero | tr '\0' z >long
run 0 naru send --lines jobs --file long
run 0 naru receive --raw jobs
cmp long out || fail "a long line was changed"
run 0 naru send jobs -f long
run 0 naru receive --raw jobs
cmp long out || fail "a file was changed"
run 1 naru send jobs --file missing
says 'naru: there is no file missing'
run 1 naru send jobs --file .
says 'naru: cannot read .: it is a directory'

# Many lines, in order, while they are received.
seq 200000 >numbers
start naru send --lines --file numbers jobs
run 0 naru receive --count 200000 jobs
cmp numbers out || fail "lines came in disorder"
wait $! || fail "the sender failed"

# A line is sent when it is there, not when the input ends.
mkfifo lines
start naru send --lines --file lines jobs
exec 3>lines
echo early >&3
run 0 naru receive jobs
prints early
exec 3>&-
wait $! || fail "the sender failed"

# What --create makes.
run 0 naru send --create --capacity 64K --messages 3 --mode 0640 small a b c
[ "$(field small capacity)" = 65536 ] || fail "another capacity"
[ "$(field small capacity_messages)" = 3 ] || fail "another number of messages"
[ "$(stat -c %a "$NARU_SPACE/small")" = 640 ] || fail "another mode"
run 0 naru send --create --capacity 1M big x
[ "$(field big capacity)" = 1048576 ] || fail "another capacity"

# A full queue: fails, or waits so long, or waits.
run 1 naru send --nonblock small d
says 'naru: queue "small" is full; receive from it*'
run 124 naru send --timeout 0.05 small d
says 'naru: queue "small" stayed full for 0.05 s;*'
run 124 naru send --timeout 0 small d
start naru send small d
await small waiting_senders 1
run 0 naru receive --count 4 small
prints $'a\nb\nc\nd'
wait $! || fail "the sender failed"

# When it fails on the way, the others are in, and it says how many.
run 1 naru send --lines --nonblock small < <(seq 5)
says 'naru: queue "small" is full (3 sent before it);*'
run 0 naru receive --count 3 small
prints $'1\n2\n3'
run 1 naru send small x "$(head -c 70000 long)"
[ "$(field small messages)" = 1 ] || fail "the first message is not there"
says 'naru: the message is larger than queue "small" can hold (1 sent before it);*'

# No queue, no name, no room.
run 1 naru send nothing x
says "naru: no queue \"nothing\" in $NARU_SPACE; create it with: naru send --create nothing ..."
run 1 naru send 'a b' x
says 'naru: "a b" is no name for a queue:*'
run 1 naru send --create "$(printf 'n%.0s' {1..201})" x
says 'naru: "nnn*" is no name for a queue:*'
run 1 naru send --create --capacity 100T huge x
says 'naru: queue "huge" cannot be so large;*'

# The limits of a shell: what to do is told, and it is not the doctor's business.
run 1 bash -c 'ulimit -n 4; exec naru send small x'
says 'naru: cannot use the space *: Too many open files; raise the limit with: ulimit -n'
run 1 bash -c 'ulimit -f 100; exec naru send --create --capacity 64M huge x'
says 'naru: queue "huge" in *: File too large; *ulimit -f'
