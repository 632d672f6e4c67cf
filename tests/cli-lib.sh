# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# tests/cli-lib.sh - for the tests of the command: bash tests/cli-NAME.sh PATH-OF-NARU
#
# A test gets a space of its own, which is removed at the end, and whatever it
# started is ended. What "run" ran left its output in the files out and err.

set -u
mapfile -t arguments < <(realpath "$@")
set -- "${arguments[@]}"
source=$(realpath "$(dirname "$0")/..")
export source

parent=/dev/shm
[ -w "$parent" ] || parent=${TMPDIR:-/tmp}
dir=$(mktemp -d "$parent/naru-cli-XXXXXX")
mkdir "$dir/space" "$dir/bin"
ln -s "$1" "$dir/bin/naru"
export PATH=$dir/bin:$PATH NARU_SPACE=$dir/space LC_ALL=C
started=()
cd "$dir" || exit 1

clean_up() {
	local pid
	for pid in "${started[@]}"; do
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	cd / && rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

fail() {
	echo "FAILED: $*" >&2
	echo "in line ${BASH_LINENO[*]}" >&2
	[ ! -s out ] || { echo "out:" && head -n 20 out; } >&2
	[ ! -s err ] || { echo "err:" && head -n 20 err; } >&2
	exit 1
}

# run STATUS COMMAND...: it must end with that status, and not hang.
run() {
	local wanted=$1 status
	shift
	timeout -s KILL 60 "$@" >out 2>err
	status=$?
	[ $status -eq "$wanted" ] || fail "status $status, not $wanted, of: $*"
}

# prints TEXT: run printed just that, but for newlines at the end.
prints() {
	[ "$(cat out)" = "$1" ] || fail "not printed: $1"
}

# says PATTERN: run said one line of that pattern on standard error.
says() {
	[ "$(wc -l <err)" -eq 1 ] || fail "not one line on standard error"
	# shellcheck disable=SC2053
	[[ $(cat err) == $1 ]] || fail "not said: $1"
}

# start COMMAND...: in the background; its pid is in $!.
start() {
	"$@" &
	started+=($!)
}

# field QUEUE NAME: one number of naru stat.
field() {
	naru stat --json "$1" | sed -n "s/^ *\"$2\": *\([0-9]*\),*$/\1/p"
}

# await QUEUE FIELD NUMBER: come back when that is so; Meson's timeout ends it.
await() {
	until [ "$(field "$1" "$2")" = "$3" ]; do :; done
}
