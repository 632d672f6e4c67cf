#!/bin/bash
# SPDX-License-Identifier: MIT
# naru run: programs for System V IPC, which know nothing of naru
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"
program=$2

run 2 naru run
says 'naru run: say which program; see: naru help run'
run 127 naru run no-such-program
run 126 naru run /etc/passwd
run 3 naru run sh -c 'exit 3'
run 0 naru run -- echo --space=x -h
prints '--space=x -h'

# Under a filter that kills at each System V call of the kernel's.
run 0 naru run "$program"
prints 'all is well'
run 0 naru run sh -c "exec '$program'"
prints 'all is well'
run 0 naru run naru run "$program"
prints 'all is well'

# Nothing is left of it.
run 0 naru ls --sysv
[ "$(grep -c 0x out)" -eq 0 ] || fail "objects are left"
run 0 naru doctor
find "$NARU_SPACE" -name 'sysv-*' | grep -q . && fail "files are left"

# util-linux's own
if command -v ipcmk lsipc >/dev/null; then
	run 0 naru run ipcmk -Q -p 0640
	run 0 naru run ipcmk -M 5000
	run 0 naru run ipcmk -S 3
	run 0 naru run ipcs
	cp out ipcs
	run 0 naru ls --sysv
	cmp out ipcs || fail "naru ls --sysv is not what ipcs prints"
	[ "$(grep -c 0x out)" -eq 3 ] || fail "not three objects"
	for what in -m -q -s; do
		run 0 naru run lsipc --noheadings $what
		[ "$(grep -c 0x out)" -eq 1 ] || fail "lsipc $what"
	done
	run 0 naru run ipcrm -a
	run 0 naru ls --sysv
	[ "$(grep -c 0x out)" -eq 0 ] || fail "objects are left"
fi

# Limits
run 0 naru limits msgmni=1 shmmax=64K
run 0 naru limits
grep -q '^shmmax *65536 ' out || fail "shmmax"
run 0 naru run ipcmk -Q
run 1 naru run ipcmk -Q
run 1 naru run ipcmk -M 65537
run 2 naru limits walk=1
run 1 naru limits msgmni=32769
run 0 naru run ipcrm -a

# In a mount, PID and IPC namespace of its own: the same objects.
if unshare --mount --pid --ipc --fork true 2>/dev/null; then
	run 0 naru run ipcmk -Q
	run 0 unshare --mount --pid --ipc --fork naru run ipcs -q
	[ "$(grep -c 0x out)" -eq 1 ] || fail "another container has other objects"
fi

# Which programs can be run
run 0 naru doctor -- sh
run 1 naru doctor no-such-program
