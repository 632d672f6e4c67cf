#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Squid and its diskd: a process for each cache directory, which is told by messages and a
# segment of shared memory what to read and to write. In a network of their own.

if [ -z "${CLIENTS_NETWORK-}" ] && unshare --net true 2>/dev/null; then
	CLIENTS_NETWORK=1 exec unshare --net bash "$0" "$@"
fi
. "$(dirname "$0")/clients-lib.sh"
need squid python3 setpriv ip
[ -x /usr/lib/squid/diskd ] || skip "there is no diskd"
[ -n "${CLIENTS_NETWORK-}" ] || skip "no network of our own can be had"
id proxy >/dev/null 2>&1 || skip "there is no user proxy"
ip link set lo up
[ "${CLIENTS_KERNEL-0}" = 1 ] || under=(setpriv --reuid=proxy --regid=proxy --clear-groups "${under[@]}")
[ "${CLIENTS_KERNEL-0}" = 0 ] || under=(setpriv --reuid=proxy --regid=proxy --clear-groups)

mkdir "$scratch/site" "$scratch/cache" "$scratch/logs"
[ "${CLIENTS_KERNEL-0}" = 1 ] || mkdir "$NARU_SPACE"
head -c 300000 /dev/urandom >"$scratch/site/page"
chown -R proxy:proxy "$scratch"
cat >"$scratch/squid.conf" <<-END
	http_port 127.0.0.1:3128
	http_access allow all
	cache_dir diskd $scratch/cache 20 4 4
	cache_mem 8 KB
	maximum_object_size_in_memory 0 KB
	access_log stdio:$scratch/logs/access
	cache_log $scratch/logs/cache
	pid_filename none
	pinger_enable off
	netdb_filename none
	visible_hostname localhost
	shutdown_lifetime 0 seconds
	coredump_dir $scratch
END

# Of its own in /dev/shm, which it removes when it ends in peace.
name=naru$$
started=()
clean_up() {
	local pid children
	# diskd would notice after some seconds that squid is gone.
	children=$(pgrep -P "${started[-1]}") || true
	for pid in $children "${started[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -f "/dev/shm/$name"-*
}

# What it serves may be kept for an hour.
cat >"$scratch/server.py" <<-'END'
	import http.server, sys
	class Handler(http.server.SimpleHTTPRequestHandler):
	    def end_headers(self):
	        self.send_header("Cache-Control", "max-age=3600")
	        super().end_headers()
	http.server.HTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
END
(cd "$scratch/site" && exec python3 "$scratch/server.py") >"$scratch/logs/server" 2>&1 &
started+=($!)

explain() {
	tail -n 30 "$scratch/logs/cache" "$scratch/logs/access" "$scratch/logs/server" >&2
	fail "$@"
}

run squid -n "$name" -N -z -f "$scratch/squid.conf" >"$scratch/logs/make" 2>&1 ||
	{ cat "$scratch/logs/make" >&2; fail "no cache was made"; }
"${under[@]}" squid -n "$name" -N -f "$scratch/squid.conf" >"$scratch/logs/squid" 2>&1 &
started+=($!)

# fetch - the page, through squid
fetch() {
	python3 - "$scratch/got" <<-'END'
		import sys, urllib.request
		proxy = urllib.request.ProxyHandler({"http": "http://127.0.0.1:3128"})
		opener = urllib.request.build_opener(proxy)
		with opener.open("http://127.0.0.1:8000/page", timeout=20) as page:
		    open(sys.argv[1], "wb").write(page.read())
	END
}
# Once more each time that it says that it is a miss: writing takes its time.
hit() {
	fetch 2>"$scratch/logs/fetch" && cmp "$scratch/got" "$scratch/site/page" &&
		grep -q 'TCP_HIT/200' "$scratch/logs/access"
}
await hit
[ "$(grep -c 'GET /page' "$scratch/logs/server")" = 1 ] || explain "it was fetched more than once"
grep -q 'TCP_MISS/200' "$scratch/logs/access" || explain "the first was a hit"
if [ "${CLIENTS_KERNEL-0}" = 0 ]; then
	run "$naru" ls --sysv >"$scratch/list"
	[ "$(grep -c 0x "$scratch/list")" = 3 ] || explain "not two queues and a segment: $(cat "$scratch/list")"
else
	[ "$(kernel_objects)" = 3 ] || explain "not two queues and a segment"
fi
check_kernel
