#!/bin/bash
# SPDX-License-Identifier: MIT
#
# stress-ng's own checks of all three.

. "$(dirname "$0")/clients-lib.sh"
need stress-ng

run stress-ng --msg 2 --shm-sysv 1 --sem-sysv 2 --verify --timeout 5s --temp-path "$scratch" \
	--metrics-brief >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail "stress-ng failed"; }
grep -E 'msg|sem-sysv|shm-sysv' "$scratch/log"
! grep -E 'fail:|error:' "$scratch/log" || fail "stress-ng complained"
check_kernel
