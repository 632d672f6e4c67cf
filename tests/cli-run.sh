#!/bin/bash
# SPDX-License-Identifier: MIT
# naru run: programs for System V IPC, which know nothing of naru
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"
program=$2 raw=$3 static=$4 deep=$5

run 2 naru run
says 'naru run: say which program; see: naru help run'
run 127 naru run no-such-program
run 126 naru run /etc/passwd
run 3 naru run sh -c 'exit 3'
run 0 naru run -- echo --space=x -h
prints '--space=x -h'

# Under a filter that kills at each System V call of the kernel's.
run 0 naru run "$program" "$deep"
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

# Files that may not grow are memory that is not there.
for what in $(command -v ipcmk >/dev/null && echo -Q -M1 -S1); do
	run 0 env LC_ALL=C naru run sh -c "
		ulimit -f 0; ipcmk $what 2>&1 | grep -q 'Cannot allocate memory'"
done

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
	run 0 naru run ipcrm -a
fi

# Two of these talk by all three: a question by message, the answer in shared memory.
apart=(unshare --mount --pid --ipc --fork naru run perl -e)
if unshare --mount --pid --ipc --fork perl -e 1 2>/dev/null; then
	objects='$q = msgget(77, 01600); $m = shmget(78, 4096, 01600); $s = semget(79, 1, 01600);'
	start "${apart[@]}" "$objects"'
		msgrcv($q, $text, 100, 1, 0) or die;
		shmwrite($m, "answer to " . unpack("x8 a*", $text), 0, 30) or die;
		semop($s, pack("s3", 0, 1, 0)) or die;'
	run 0 "${apart[@]}" "$objects"'
		msgsnd($q, pack("l! a*", 1, "question"), 0) or die;
		semop($s, pack("s3", 0, -1, 0)) or die;
		shmread($m, $text, 0, 30) or die;
		print unpack("Z*", $text);'
	prints 'answer to question'
	run 0 naru run ipcrm -a
fi

# Which programs can be run
run 0 naru doctor -- sh
prints "ok        $(command -v sh): naru run can run it"
run 1 naru doctor no-such-program
prints 'error     no-such-program: there is no such program'
run 1 naru doctor -- "$static"
prints "error     $static: it is linked statically, and loads no library: link it again\
 with -lnaru-sysv"
cp "$program" privileged
chmod u+s privileged
run 1 naru doctor -- ./privileged
prints "error     ./privileged: it gets a user, a group or capabilities when it starts, and\
 then nothing is preloaded: link it with -lnaru-sysv, or start it as that user"
chmod u-s,g+s privileged
run 1 naru doctor -- ./privileged
chmod g-s privileged
run 0 naru doctor -- ./privileged
if [ "$(uname -m)" = x86_64 ]; then
	run 1 naru doctor -- "$raw"
	prints "warning   $raw: it seems to make System V calls by an instruction of its own,\
 which cannot be taken over"
	# The kernel's own answer, and none of ours.
	run 0 naru run "$raw"
fi
printf '#!%s\n' "$static" >script
chmod +x script
run 1 naru doctor -- ./script
grep -q "^error     $static: it is linked statically" out || fail "whose script it is"
run 1 naru doctor -- /etc/passwd
grep -q 'another machine, word size or C library' out || fail "no program"
