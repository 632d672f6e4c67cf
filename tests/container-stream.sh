#!/bin/bash
# SPDX-License-Identifier: MIT
# Two hosts, as network namespaces: delay, loss, a cut that heals, and no short way
# between them although both see the same space.
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

one=naru-$$-1 two=naru-$$-2
skip() {
	echo "skipped: $*"
	exit 77
}
[ "$(id -u)" = 0 ] && command -v ip >/dev/null || skip "no permission, or no ip(8)"
ip netns add $one 2>/dev/null || skip "no network namespaces"
clean_hosts() {
	ip netns del $one
	ip netns del $two
} 2>/dev/null
trap 'clean_up; clean_hosts' EXIT
ip netns add $two
ip link add one netns $one type veth peer name two netns $two 2>/dev/null || skip "no veth"
on() {
	local host=$1
	shift
	ip netns exec "$host" "$@"
}
on $one ip addr add 10.99.0.1/24 dev one
on $two ip addr add 10.99.0.2/24 dev two
on $one ip link set one up
on $two ip link set two up
on $one ip link set lo up
on $two ip link set lo up


keys=$source/tests/certificates
head -c 3000000 /dev/urandom >file

# transfer URL-OF-LISTENER URL [OPTION...]: the file goes from two to one, and back.
transfer() {
	local there=$1 url=$2
	shift 2
	own=()
	[[ $url == tcp:* ]] || own=(--certificate "$keys/server.pem" --key "$keys/server.key")
	ip netns exec $one naru listen "${own[@]}" --exec cat "$there" 2>told &
	started+=($!)
	until on $two naru connect "$@" "$url" <file >copy 2>err; do
		grep -q 'nobody listens' err || fail "$url: it failed"
	done
	cmp file copy || fail "$url: it was changed"
	kill "${started[-1]}"
	wait "${started[-1]}"
}

transfer 'tcp://*:7000' tcp://10.99.0.1:7000
if on $two tc qdisc add dev two root netem delay 5ms loss 1% 2>/dev/null; then
	transfer 'tcp://*:7001' tcp://10.99.0.1:7001
	transfer 'tls://*:7002' tls://10.99.0.1:7002 --authority "$keys/authority.pem" \
		--host server.example
	on $two tc qdisc del dev two root
fi

# The same address, and the same space, but another host.
ip netns exec $one naru listen tcp://127.0.0.1:7003 </dev/null >came &
started+=($!)
until on $one naru connect tcp://127.0.0.1:7003 </dev/null >/dev/null 2>err; do
	grep -q 'nobody listens' err || fail "it failed"
done
wait "${started[-1]}"
ip netns exec $one naru listen tcp://127.0.0.1:7003 </dev/null >came &
started+=($!)
until ls "$NARU_SPACE"/.tcp-*-7003-* >/dev/null 2>&1; do :; done
run 1 ip netns exec $two naru connect tcp://127.0.0.1:7003
says 'naru: nobody listens at tcp://127.0.0.1:7003;*'

# Cut while bytes are under way; they go on when the line is there again.
head -c 60000000 /dev/zero >large
ip netns exec $one naru listen 'tcp://*:7004' </dev/null >came &
started+=($!)
until on $one grep -q ':1B5C' /proc/net/tcp6; do :; done
on $two tc qdisc add dev two root tbf rate 100mbit burst 32k latency 50ms 2>/dev/null
ip netns exec $two naru connect tcp://10.99.0.1:7004 <large &
sender=$!
until [ "$(stat -c %s came)" -gt 1000000 ]; do :; done
on $two ip link set two down
before=$(stat -c %s came)
on $two ip link set two up
wait $sender || fail "it broke"
wait "${started[-1]}" || fail "it broke"
[ "$(stat -c %s came)" -ge "$before" ] && cmp large came || fail "it was changed"
