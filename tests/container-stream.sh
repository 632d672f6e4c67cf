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

# A slow line that loses packets: by netem, or else by a third host that carries frames.
slow=10.99.0.1
lost() {
	on $two tc -s qdisc show dev two | grep -q 'dropped [1-9]'
}
if ! on $two tc qdisc add dev two root netem delay 5ms loss 1% 2>/dev/null; then
	slow=10.97.0.1
	lost() {
		grep -q lost lost
	}
	ip netns add $three
	ip link add five netns $one type veth peer name left netns $three
	ip link add six netns $two type veth peer name right netns $three
	on $one ip addr add 10.97.0.1/24 dev five
	on $two ip addr add 10.97.0.2/24 dev six
	on $one ip link set five up
	on $two ip link set six up
	on $three ip link set left up
	on $three ip link set right up
	on $one "$source/tests/delay-line.py" plain five || fail "no plain frames"
	on $two "$source/tests/delay-line.py" plain six || fail "no plain frames"
	mkfifo carries
	ip netns exec $three "$source/tests/delay-line.py" carry left right 5 10 >carries 2>lost &
	started+=($!)
	read -r ready <carries && [ "$ready" = ready ] || fail "nobody carries frames"
fi
transfer 'tcp://*:7001' tcp://$slow:7001
transfer 'tls://*:7002' tls://$slow:7002 --authority "$keys/authority.pem" --host server.example
lost || fail "nothing was lost"
on $two tc qdisc del dev two root 2>/dev/null

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
