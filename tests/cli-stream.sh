#!/bin/bash
# SPDX-License-Identifier: MIT
# naru listen and naru connect: bytes between shells
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

keys=$source/tests/certificates

# connects STATUS ARGUMENT...: as run, but it tries until somebody listens.
connects() {
	local wanted=$1 status
	shift
	while :; do
		timeout -s KILL 60 naru connect "$@" >out 2>err <in
		status=$?
		grep -q 'nobody listens' err || break
	done
	[ $status -eq "$wanted" ] || fail "status $status, not $wanted, of: connect $*"
}

# Both ways at once, over everything.
seq 100000 >forth
seq 100000 -1 1 >back
urls=(local://line "unix://$dir/socket" tcp://127.0.0.1:0 tls://127.0.0.1:0)
for url in "${urls[@]}"; do
	for plain in "" --plain; do
		tls=() own=()
		if [[ $url == tls:* ]]; then
			tls=(--authority "$keys/authority.pem")
			own=(--certificate "$keys/server.pem" --key "$keys/server.key")
		fi
		: >told
		naru listen "${own[@]}" "$url" <back >came 2>told &
		started+=($!)
		real=$url
		if [[ $url == *:0 ]]; then
			until grep -q listening told; do :; done
			real=$(sed 's/.* //' told)
		fi
		cp forth in
		# shellcheck disable=SC2086
		connects 0 $plain "${tls[@]}" "$real"
		wait $! || fail "$url: the listener failed"
		cmp out back || fail "$url: back"
		cmp came forth || fail "$url: forth"
	done
done
[ ! -e socket ] || fail "the socket is left"

# A command for each connection, in the shell's words or its own.
naru listen --exec 'tr a-z A-Z; echo done' local://shout 2>told &
started+=($!)
echo quiet >in
for _ in 1 2 3; do
	connects 0 local://shout
	prints $'QUIET\ndone'
done
run 1 naru listen local://shout
says 'naru: cannot listen at local://shout: somebody listens there already'
kill -TERM "${started[-1]}"
wait "${started[-1]}"
[ $? -eq 130 ] || fail "not interrupted"
[ ! -e "$NARU_SPACE/.shout.sock" ] || fail "the socket is left"

naru listen --once local://once -- sh -c 'read -r a; echo "got $a"; exit 7' &
started+=($!)
connects 0 local://once
prints 'got quiet'
wait "${started[-1]}"
[ $? -eq 7 ] || fail "not the status of the command"

# A file.
naru listen local://file </dev/null >came &
started+=($!)
connects 0 --file forth local://file
wait "${started[-1]}"
cmp came forth || fail "the file was changed"

# Where it was built it finds the part for TLS by itself.
run 124 env -u NARU_MODULES naru listen --timeout 0.01 --certificate "$keys/server.pem" \
	--key "$keys/server.key" tls://127.0.0.1:0

# A directory is no file; and what cannot be written is no success.
naru listen --exec 'seq 100000' local://much 2>told &
started+=($!)
while :; do
	timeout -s KILL 60 naru connect --file / local://much >out 2>err
	[ $? -eq 1 ] || fail "a directory was read"
	grep -q 'nobody listens' err || break
done
says 'naru: cannot read /: it is a directory'
timeout -s KILL 60 naru connect local://much </dev/null >/dev/full 2>err
[ $? -eq 1 ] || fail "a full disk was no matter"
says 'naru: cannot write standard output: its file system is full; *'

# What goes wrong is told.
run 1 naru connect local://nobody
says 'naru: nobody listens at local://nobody; start: naru listen local://nobody'
run 1 naru connect what
says 'naru: "what" is no URL: *'
run 1 naru connect "unix://$dir/nobody"
says "naru: nobody listens at unix://$dir/nobody; start: *"
run 1 naru listen what
says 'naru: cannot listen at what: it is no URL: *'
run 1 naru listen "unix://$dir/missing/socket"
says 'naru: cannot listen at *: there is no such directory'
run 1 naru listen "unix://$dir/forth"
says 'naru: cannot listen at *: there is a file of that name that is no socket'
run 1 naru listen tcp://192.0.2.1:0
says 'naru: cannot listen at *: its host is no address of this machine'
run 124 naru listen --timeout 0.01 local://nobody
says 'naru: local://nobody does not answer in the time given'
run 1 naru listen --certificate "$keys/server.pem" --key "$keys/client.key" tls://127.0.0.1:0
grep -q 'does not belong to the certificate' err || fail "the reason is not told"
naru listen --certificate "$keys/expired.pem" --key "$keys/expired.key" tls://127.0.0.1:0 \
	2>told </dev/null &
started+=($!)
until grep -q listening told; do :; done
run 1 naru connect --authority "$keys/authority.pem" "$(sed 's/.* //;q' told)"
grep -q 'has expired: it was good until 2020-02-01' err || fail "the reason is not told"
