#!/bin/bash
# SPDX-License-Identifier: MIT
#
# An X server and a client of its that draws through MIT-SHM.

. "$(dirname "$0")/clients-lib.sh"
need Xvfb x11perf

server=
clean_up() {
	[ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; }
}

display=$scratch/display
"${under[@]}" Xvfb -displayfd 3 -screen 0 1024x768x24 -nolisten tcp 3>"$display" >"$scratch/server.log" 2>&1 &
server=$!
await test -s "$display"
DISPLAY=:$(cat "$display")
export DISPLAY
run x11perf -shmput100 -repeat 1 -time 1 >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail "x11perf failed"; }
grep -q 'reps.*ShmPutImage 100x100' "$scratch/log" || { cat "$scratch/log" >&2; fail "nothing was drawn"; }
grep 'reps' "$scratch/log"
check_kernel
