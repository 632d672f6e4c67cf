#!/bin/bash
# SPDX-License-Identifier: MIT
# naru ls, stat, rm, doctor, and where the space is
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

# value EXPRESSION: of the JSON in out, as Python's "it".
value() {
	python3 -c "import json; it = json.load(open('out')); print($1)" || fail "no JSON"
}

run 0 naru ls
prints 'NAME  KIND  MESSAGES  BYTES  CAPACITY  USED  MODE  OWNER'
run 0 naru ls --json
[ "$(value 'it["objects"]')" = '[]' ] || fail "there are objects"

naru send --create --capacity 2K --mode 0640 zebra stripes
seq 1500 | naru send --create --lines ant
run 0 naru ls
[ "$(sed -n 2p out | awk '{print $1, $2, $3}')" = 'ant queue 1,500' ] || fail "no row of ant"
[ "$(sed -n 3p out | tr -s ' ')" = "zebra queue 1 7 B 2 KiB 0% 0640 $(id -un)" ] ||
	fail "no row of zebra"
run 0 naru ls --json
[ "$(value '[o["name"] for o in it["objects"]]')" = "['ant', 'zebra']" ] || fail "order"
[ "$(value 'it["objects"][1]["mode"]')" = 0640 ] || fail "mode"
[ "$(value 'it["space"]')" = "$NARU_SPACE" ] || fail "space"

run 0 naru receive zebra
run 0 naru stat zebra
grep -q "^messages *0 of 32\$" out || fail "messages are not shown"
grep -q "^bytes *0 B of 2 KiB\$" out || fail "bytes are not shown"
grep -q "^last receive *20.* by process [0-9]*\$" out || fail "the last receiver"
run 0 naru stat --json zebra
[ "$(value '[it["sent"], it["received"], it["capacity"]]')" = '[1, 1, 2048]' ] || fail "stat"
[ "$(value 'it["last_send"] <= it["last_receive"]')" = True ] || fail "times"
run 1 naru stat nothing
says 'naru: no queue "nothing" in *; create it with: naru send --create nothing ...'

# rm goes on after a failure.
run 1 naru rm ant nothing zebra
says 'naru: no queue "nothing" in *; see which there are with: naru ls'
[ "$(find "$NARU_SPACE" -name '[az]*')" = '' ] || fail "the queues are still there"

# Another space: by option, before or behind; by the environment; none.
mkdir other
run 0 naru --space other send --create here x
run 0 naru ls other
cp out other.out
run 0 naru ls --space=other
cmp out other.out || fail 'not the same list'
[ "$(sed -n 2p out | awk '{print $1}')" = here ] || fail "--space behind"
NARU_SPACE=$dir/other run 0 naru receive here
run 1 naru --space=other receive nothing
says 'naru: no queue "nothing" in *other*; create it with: naru --space other send *'
run 1 naru --space "$dir/missing" ls
says "naru: no directory $dir/missing; make the space with: mkdir -m 700 $dir/missing"
run 1 naru --space /proc ls
says 'naru: no files can be made in /proc, so it can be no space; *'
run 1 naru --space unix:///missing ls
says 'naru: nobody serves at unix:///missing; *'
run 1 naru --space "$dir/out" ls
says "naru: $dir/out is no directory;*"

# doctor: all is well; a damaged queue; a foreign file; nothing is deleted.
run 0 naru doctor
grep -q '^ok  *nothing is wrong$' out || fail "doctor finds something in a healthy space"
naru send --create broken x
head -c 4096 /dev/zero | tr '\0' '\377' |
	dd of="$NARU_SPACE/broken" bs=1024 seek=1 conv=notrunc 2>/dev/null
run 1 naru doctor
grep -q '^[a-z]* *broken: ' out || fail "doctor does not find the damage"
run 1 naru doctor --json
[ "$(value 'it["problems"] >= 1')" = True ] || fail "no problems in JSON"
[ "$(value '[f["object"] for f in it["findings"] if f["object"]]')" = "['broken']" ] ||
	fail "the damaged queue is not in JSON"
run 1 naru doctor --repair
[ -e "$NARU_SPACE/broken" ] || fail "doctor deleted a queue"
run 1 naru receive broken
says 'naru: "broken" in * is damaged or no queue; see: naru doctor'

# What is not naru's is listed, told of, and no matter.
rm "$NARU_SPACE/broken"
echo hello >"$NARU_SPACE/note.txt"
run 0 naru ls
[ "$(sed -n 2p out | awk '{print $1, $2, $3}')" = 'note.txt unknown -' ] || fail "not listed"
touch "$NARU_SPACE"/$'\e[31m'
run 0 naru ls
grep -q '^?\[31m' out || fail "a name is obeyed by the terminal"
rm "$NARU_SPACE"/$'\e[31m'
run 0 naru doctor
grep -q '^notice *note.txt: ' out || fail "doctor does not tell of a foreign file"
run 1 naru receive note.txt
says 'naru: "note.txt" in * is damaged or no queue; see: naru doctor'
