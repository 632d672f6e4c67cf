#!/bin/bash
# SPDX-License-Identifier: MIT
# naru serve: what it says, its signals, and what a service manager hands over
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

# serve ARGUMENT...: in the background; comes back when it is ready. What it says is in told.
serve() {
	: >told
	start naru serve "$@" 2>told
	until grep -q serving told; do
		kill -0 $! 2>/dev/null || { cat told >&2; fail "not begun: serve $*"; }
	done
}

# get URL: the metrics, in the file got.
get() {
	local address=${1#tcp://}
	exec 9<>"/dev/tcp/${address%:*}/${address##*:}"
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&9
	cat <&9 >got
	exec 9>&-
}

run 2 naru serve
says 'naru serve: say where, by --listen URL*'
run 2 naru serve --listen tls://127.0.0.1:0
says 'naru serve: tls:// needs --certificate and --key*'
run 2 naru serve tcp://127.0.0.1:0
says 'naru serve: give URLs by --listen*'
run 1 naru serve --listen nonsense
says 'naru: cannot listen at nonsense: it is no URL: local://NAME, *'
run 1 naru serve --listen "unix://$dir/missing/socket"
says 'naru: cannot listen at *: there is no such directory'
run 1 naru serve --listen local://here --metrics local://there
says 'naru: no metrics at local://there: they can be had at tcp://HOST:PORT or unix:///PATH'
run 2 naru serve --listen local://here --connections 1000001
says 'naru serve: --connections and --connections-per-peer are at most 1000000; *'
run 1 naru serve --listen tcp://127.0.0.1:0 --frame 4096
says 'naru: a frame must be allowed at least *'
run 1 naru serve --listen tcp://127.0.0.1:0 --frame 1
says 'naru: a frame must be allowed at least *'
echo 'allow everyone all *' >access
run 1 naru serve --listen tcp://127.0.0.1:0 --access access
says 'naru: access, line 1: *not everyone'
run 1 naru serve --listen tcp://127.0.0.1:0 --access /
says 'naru: cannot read /: Is a directory'

# The real port; a signal ends it, and its socket is gone.
naru send --create jobs 'first'
serve --listen tcp://127.0.0.1:0 --listen "unix://$dir/socket" --metrics tcp://127.0.0.1:0
grep -q 'serving .*/space at tcp://127.0.0.1:[1-9]' told || fail "no port: $(cat told)"
grep -q "at unix://$dir/socket" told || fail "no socket: $(cat told)"
[ -S socket ] || fail "there is no socket"
until grep -q 'metrics at' told; do :; done
get "$(sed -n 's/.*metrics at //p' told)"
grep -q '^naru_queue_messages{queue="jobs"} 1$' got || fail "no metrics"
run 1 naru serve --listen "unix://$dir/socket"
says "naru: cannot listen at unix://$dir/socket: *"
kill -TERM $!
wait $! || fail "ended by SIGTERM: $?"
[ ! -e socket ] || fail "the socket is left"

# The file of access is read again at SIGHUP; a broken one is not taken.
echo 'allow anyone all *' >access
serve --listen "unix://$dir/socket" --access access
kill -HUP $!
until grep -q 'access is read again' told; do :; done
echo 'nonsense' >access
kill -HUP $!
until grep -q 'access, line 1: allow or deny is wanted.*what was read before holds' told; do :; done
kill -INT $!
wait $! || fail "ended by SIGINT: $?"

# The sockets of a service manager, which is told when it is ready.
cat >manager.py <<'END'
import os, socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind("notify")
listener = socket.socket(socket.AF_UNIX)
listener.bind("handed-over")
listener.listen()
pid = os.fork()
if pid == 0:
    os.dup2(listener.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()),
        NOTIFY_SOCKET=os.path.abspath("notify"))
    os.execvp("naru", ["naru", "serve"])
print(manager.recv(100).decode(), flush=True)
client = socket.socket(socket.AF_UNIX)
client.connect("handed-over")
client.send(b"GET / HTTP/1.0\r\n\r\n")
print(client.recv(4096)[6:8].hex(), flush=True)
os.kill(pid, 15)
print(manager.recv(100).decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
command -v python3 >/dev/null || exit 0
run 0 python3 manager.py
grep -q '^READY=1$' out || fail "not ready"
grep -q '^STOPPING=1 0$' out || fail "not stopped"
exit 0
