#!/bin/bash
# SPDX-License-Identifier: MIT
# naru segment, and segments in naru ls, rm and doctor
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

# value EXPRESSION: of the JSON in out, as Python's "it".
value() {
	python3 -c "import json; it = json.load(open('out')); print($1)" || fail "no JSON"
}

# Create, write, read.
run 0 naru segment create --size 10K --mode 0640 frame
prints ''
run 1 naru segment create --size 10K frame
says 'naru: there is a "frame" in * already; take another name, or *: naru rm frame'
echo world >input
run 0 naru segment write frame < <(echo hello)
run 0 naru segment write --offset 16 --file input frame
run 0 naru segment read --length 6 frame
prints hello
run 0 naru segment read --offset 16 -n 5 frame
prints world
run 0 naru segment read frame
[ "$(stat -c %s out)" = 10240 ] || fail "not all of it was read"
run 0 naru segment read --hex frame
prints '00000000  68 65 6c 6c 6f 0a 00 00  00 00 00 00 00 00 00 00  |hello...........|
00000010  77 6f 72 6c 64 0a 00 00  00 00 00 00 00 00 00 00  |world...........|
00000020  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
00002800'
run 0 naru segment read --hex --offset 1 --length 4 frame
prints '00000001  65 6c 6c 6f                                       |ello|
00000005'

# A whole file, and back; one that is too large; no room behind the end.
head -c 10240 /dev/urandom >random
run 0 naru segment write frame -f random
run 0 naru segment read frame
cmp out random || fail "it is not what was written"
echo x >>random
run 1 naru segment write frame -f random
says 'naru: the input is larger than the room in segment "frame": 10240 bytes *'
run 0 naru segment write --offset 10K frame </dev/null
run 1 naru segment write --offset 10K frame <input
says 'naru: the input is larger *: 0 bytes *'
run 1 naru segment read --offset 10241 frame
says 'naru: segment "frame" has 10240 bytes, so there are none at 10241'
run 1 naru segment write --file nothing frame
says 'naru: there is no file nothing'

# It grows, and does not shrink.
run 0 naru segment resize --size 20000 frame
run 0 naru segment read --offset 10K frame
[ "$(stat -c %s out)" = 9760 ] || fail "it did not grow"
tr -d '\0' <out >rest
[ ! -s rest ] || fail "what it grew by is not zero"
run 1 naru segment resize --size 100 frame
says 'naru: segment "frame" is larger than that; it can only grow'
run 1 naru segment resize --size 8000000T frame
says 'naru: segment "frame" cannot be so large; lower --size'

# All there is to know.
run 0 naru segment stat frame
grep -q '^size  *19.5 KiB$' out || fail "no size"
grep -q '^attached  *0 times$' out || fail "no attachments"
grep -q '^lock  *free$' out || fail "no lock"
grep -q '^created  *20.* by process [0-9]*$' out || fail "the creator"
grep -q '^permissions  *0640, user' out || fail "no permissions"
run 0 naru segment stat --json frame
[ "$(value '[it["length"], it["attachments"], it["mode"]]')" = "[20000, 0, '0640']" ] ||
	fail "stat in JSON"

# ls shows it beside queues.
naru send --create jobs x
run 0 naru ls
[ "$(sed -n 2p out | tr -s ' ')" = "frame segment - 19.5 KiB - 0 attached 0640 $(id -un)" ] ||
	fail "no row of frame"
run 0 naru ls --json
[ "$(value '[(o["name"], o["kind"]) for o in it["objects"]]')" = \
	"[('frame', 'segment'), ('jobs', 'queue')]" ] || fail "ls in JSON"
[ "$(value 'it["objects"][0]["length"]')" = 20000 ] || fail "length in JSON"

# Of one kind and of the other.
run 1 naru segment stat jobs
says 'naru: "jobs" in * is a queue, and no segment; see: naru stat jobs'
run 1 naru segment rm jobs
says 'naru: "jobs" in * is a queue, and no segment; see: naru stat jobs'
run 1 naru receive frame
says 'naru: "frame" in * is a segment, and no queue; see: naru segment stat frame'
run 0 naru segment rm frame
run 1 naru segment rm frame
says 'naru: no segment "frame" in *; see which there are with: naru ls'
run 1 naru segment read frame
says 'naru: no segment "frame" in *; create it with: naru segment create --size SIZE frame'
run 0 naru segment create --size 1 frame
run 0 naru rm frame jobs
[ -z "$(naru ls | sed 1d)" ] || fail "rm left something"

# doctor: a damaged one, and one whose owner died in the middle of growing.
run 0 naru segment create --size 1 whole
run 0 naru segment create --size 1 broken
printf '\377\377\377\377' | dd of="$NARU_SPACE/broken" bs=1 seek=18 conv=notrunc 2>/dev/null
run 1 naru doctor
grep -q '^error *broken: it is damaged' out || fail "doctor does not find the damage"
run 1 naru segment read broken
says 'naru: "broken" in * is damaged or no segment; see: naru doctor'
run 0 naru segment rm broken
fallocate -n -o 8K -l 64K "$NARU_SPACE/whole"
run 0 naru doctor
grep -q '^notice *whole: more memory is reserved' out || fail "doctor does not find the memory"
run 0 naru doctor --repair
grep -q '^repaired *whole: more memory is reserved' out || fail "doctor does not mend it"
run 0 naru doctor
grep -q 'more memory is reserved' out && fail "doctor has not mended it"
grep -q '^ok  *nothing is wrong$' out || fail "it was not mended"

# Usage.
run 2 naru segment
says 'naru segment: say what: create, write, read, stat, resize or rm; see: naru help segment'
run 2 naru segment walk whole
says 'naru segment: say what: *'
run 2 naru segment create whole
says 'naru segment: create needs --size SIZE; *'
run 2 naru segment read --size 4 whole
says 'naru segment: read takes no --size; *'
run 2 naru segment read
says 'naru segment: read takes the name of one segment; *'
run 2 naru segment read --offset x whole
says 'naru segment: --offset must be a number of bytes, *'
run 1 naru segment create --size 1 .dot
says 'naru: ".dot" is no name for a segment: *'
run 1 naru segment create --size 8000000T huge
says 'naru: segment "huge" cannot be so large; lower --size'
