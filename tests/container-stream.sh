#!/bin/bash
# SPDX-License-Identifier: MIT
# Two hosts, as network namespaces: delay, loss, a cut that heals, one that does not, and
# no short way between them although both see the same space.
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

# shellcheck source=tests/hosts-lib.sh
. "$source/tests/hosts-lib.sh"

# A second line, which is cut for good. It takes 25 s to be noticed; see the end.
ip link add three netns $one type veth peer name four netns $two
on $one ip addr add 10.98.0.1/24 dev three
on $two ip addr add 10.98.0.2/24 dev four
on $one ip link set three up
on $two ip link set four up
mkfifo hold
exec 9<>hold
# vanish NAME PORT INPUT: a listener that only reads, and who sends INPUT to it.
vanish() {
	local name=$1 port=$2 input=$3
	ip netns exec $one naru listen "tcp://*:$port" <hold >/dev/null 2>"$name.listener" &
	started+=($!)
	until on $one grep -q "$(printf ':%04X .* 0A ' "$port")" /proc/net/tcp6; do :; done
	ip netns exec $two naru connect "tcp://10.98.0.1:$port" <"$input" >/dev/null \
		2>"$name.sender" &
	started+=($!)
	until on $one grep -q "$(printf ':%04X .* 01 ' "$port")" /proc/net/tcp6; do :; done
}
vanish silent 7005 hold
vanish busy 7006 /dev/zero
vanished=("${started[@]}")
on $two ip link set four down

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

# lose: one packet in a hundred, by chance, which a filter sends where they are dropped.
lose() {
	on $two ip link set two gso_max_segs 1 &&
		on $two tc qdisc add dev two root handle 1: htb default 1 &&
		on $two tc class add dev two parent 1: classid 1:1 htb rate 1gbit &&
		on $two tc class add dev two parent 1: classid 1:2 htb rate 1gbit &&
		on $two tc qdisc add dev two parent 1:2 handle 2: blackhole &&
		on $two tc filter add dev two parent 1: protocol all bpf bytecode "$chance" flowid 1:2
} 2>/dev/null
# A random word; below a hundredth of all: this is one of them.
chance='4,32 0 0 4294963256,53 1 0 42949672,6 0 0 4294967295,6 0 0 0'
if on $two tc qdisc add dev two root netem delay 5ms loss 1% 2>/dev/null; then
	bad=netem
elif lose; then
	bad=filter
	echo "this kernel has no netem: loss is a filter's doing, and there is no delay"
else
	bad=
	echo "this kernel has no netem, and no filter in its place: no loss, no delay"
fi
if [ $bad ]; then
	transfer 'tcp://*:7001' tcp://10.99.0.1:7001
	transfer 'tls://*:7002' tls://10.99.0.1:7002 --authority "$keys/authority.pem" \
		--host server.example
	dropped=$(on $two tc -s qdisc show dev two | sed -n 's/.*(dropped \([0-9]*\),.*/\1/p' | sort -n | tail -n 1)
	[ "$dropped" -gt 0 ] || fail "nothing was lost"
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

# Who was cut off knows it by now, or soon, whether it has something to say or not.
for pid in "${vanished[@]}"; do
	wait "$pid" && fail "a stream to a host that has vanished ended well"
done
for said in silent.listener silent.sender busy.listener busy.sender; do
	grep -q 'broken off' $said || fail "$said: $(cat $said)"
done
