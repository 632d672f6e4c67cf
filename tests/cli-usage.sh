#!/bin/bash
# SPDX-License-Identifier: MIT
# How the command is called, and that its help, manual and completion know all of it
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

run 0 naru --version
[[ $(cat out) == naru\ [0-9]*.[0-9]*.[0-9]* ]] || fail "no version"
run 0 naru --help
cp out help
run 0 naru help
cmp out help || fail "help and --help differ"

# Bad usage is told in one line, with status 2, and before anything is done.
refused() {
	local pattern=$1
	shift
	run 2 "$@"
	says "$pattern"
	[ ! -s out ] || fail "it printed something: $*"
}
refused 'naru: give a command; see: naru help' naru
refused 'naru: there is no command walk; see: naru help' naru walk
refused 'naru: unknown option --walk; see: naru help' naru --walk
refused 'naru: --space needs a value: DIR; see: naru help' naru --space
refused 'naru help: there is no command "walk"; *' naru help walk
refused 'naru send: say to which queue; see: naru help send' naru send
refused 'naru send: unknown or ambiguous option --walk *' naru send q --walk
refused 'naru send: unknown option -y *' naru send q -y
refused 'naru send: --type needs a value: N; *' naru send q --type
refused 'naru send: --type must be a whole number from 1 up, not "0"; *' naru send q --type 0
refused 'naru send: --type must be *, not "9223372036854775808"; *' \
	naru send q --type 9223372036854775808
refused 'naru send: --lines takes no value; *' naru send q --lines=4
refused 'naru send: --capacity must be a number of bytes, *' naru send -c q --capacity 1X x
refused 'naru send: --capacity must be *' naru send -c q --capacity -1 x
refused 'naru send: --mode must be *, not "888"; *' naru send -c q --mode 888 x
refused 'naru send: --timeout must be *, not "soon"; *' naru send q --timeout soon x
refused 'naru send: --timeout must be *, not "-1"; *' naru send q --timeout -1 x
refused 'naru send: *need --create; *' naru send q --capacity 1M x
refused 'naru send: give either TEXT, *' naru send q --lines x
refused 'naru send: give either --nonblock or --timeout; *' naru send q -n -w 1 x
refused 'naru receive: say from which queue; *' naru receive
refused 'naru receive: it receives from one queue; *' naru receive a b
refused 'naru receive: --count must be a whole number from 1 up, not "0"; *' \
	naru receive q --count 0
refused 'naru receive: --type must be *, not "0"; *' naru receive q --type 0
refused 'naru receive: --except needs --type *' naru receive q --except
refused 'naru receive: --except needs --type *' naru receive q --except --type -4
refused 'naru receive: give either --follow or --count; *' naru receive q -f -c 2
refused 'naru receive: give either --null or --raw; *' naru receive q -0 -r
refused 'naru ls: it lists one space at a time; *' naru ls x y
refused 'naru ls: give either --json or --sysv; *' naru ls --json --sysv
refused 'naru stat: it takes the name of one queue; *' naru stat
refused 'naru rm: say which queue; *' naru rm
refused 'naru doctor: it takes one program, *' naru doctor x y
refused 'naru demo: at most 16 *' naru demo --senders 17
refused 'naru bench: it takes no arguments; *' naru bench x
[ "$(ls -A "$NARU_SPACE")" = '' ] || fail "bad usage made something"

# What cannot be printed is told.
naru help >/dev/full 2>err && fail "wrote to a full device"
says 'naru: cannot write to standard output: *'

# Every command and option is in the help, the manual and the completion.
complete_to() {
	COMP_WORDS=(naru "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_naru
	printf '%s\n' "${COMPREPLY[@]}"
}
. "$source/tools/naru.bash-completion"

commands=$(sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' help)
[ "$(wc -w <<<"$commands")" -eq 15 ] || fail "not fifteen commands in the help"
for command in $commands; do
	run 0 naru help "$command"
	cp out of-help
	run 0 naru "$command" --help
	cmp out of-help || fail "help $command and $command --help differ"
	grep -q "^## $command\$" "$source/man/naru.1.scd" || fail "no $command in the manual"
	grep -q "^\*naru $command\*" "$source/man/naru.1.scd" || fail "no $command in the manual"
	complete_to "${command:0:2}" | grep -qx -- "$command" || fail "$command is not completed"
	sed -n "/^## $command\$/,\$p" "$source/man/naru.1.scd" | sed '1d;/^#/,$d' >section
	while read -r option; do
		complete_to "$command" "${option:0:4}" | grep -qx -- "$option" ||
			fail "$command $option is not completed"
		case $option in --help | --space) continue ;; esac
		grep -q "^\*.*$option\*" section || fail "$command $option is not in the manual"
	done < <(sed -n 's/^ .*\(--[a-z-]*\) .*/\1/p' of-help)
done
naru send --create jobs x
naru send --create journal x
[ "$(complete_to receive jo | tr '\n' ' ')" = 'jobs journal ' ] || fail "queues"
[ "$(complete_to rm job)" = jobs ] || fail "queues"
naru segment create --size 1 journey
[ "$(complete_to receive jo | tr '\n' ' ')" = 'jobs journal ' ] || fail "a segment is no queue"
[ "$(complete_to segment read jo)" = journey ] || fail "segments"
[ "$(complete_to segment cr)" = create ] || fail "what segment does"
[ "$(complete_to rm jo | tr '\n' ' ')" = 'jobs journal journey ' ] || fail "objects"
mkdir empty
[ "$(complete_to --space empty stat jo)" = '' ] || fail "queues of another space"

# Every function is in the manual.
while read -r name; do
	grep -q "\*$name\*(" "$source"/man/naru_*.3.scd || fail "$name is not in the manual"
done < <(sed -n 's/^\t\(naru_[a-z_]*\);$/\1/p' "$source/src/naru.map")
