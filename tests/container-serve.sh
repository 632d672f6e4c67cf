#!/bin/bash
# SPDX-License-Identifier: MIT
# A queue of one host, used from another one: while the line is cut and heals, and while
# the server is killed and started again, each message arrives once and in order.
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"
# shellcheck source=tests/hosts-lib.sh
. "$(dirname "$0")/hosts-lib.sh"

url=tcp://10.99.0.1:7413
echo 'allow address 10.99.0.2 send,receive,look,create jobs*' >access

serve() {
	ip netns exec $one naru serve --listen 'tcp://*:7413' --access access 2>served &
	server=$!
	started+=("$server")
	until grep -q '^naru: serving' served; do
		kill -0 $server 2>/dev/null || fail "the server ended: $(cat served)"
	done
}

cut() {
	on $two ip link set two down
}

heal() {
	on $two ip link set two up
}

# behind NUMBER: come back when so many have been received.
behind() {
	until [ "$(wc -l <came)" -ge "$1" ]; do :; done
}

serve
run 0 on $two naru send --create $url/jobs first
run 0 on $two naru receive $url/jobs
prints first
# What is not allowed is said, and why.
run 1 on $two naru send $url/other x
grep -q 'access' err || fail "not said why"
run 1 on $two naru rm $url/jobs
grep -q 'access' err || fail "not said why"

# Both ends go on when the line does. (A cut is noticed by what is sent meanwhile.)
seq 4000 >wanted
ip netns exec $two naru receive --count 4000 $url/jobs >came &
receiver=$!
started+=($receiver)
ip netns exec $two naru send --lines $url/jobs <wanted &
sender=$!
started+=($sender)
for at in 100 700 1500; do
	behind $at
	cut
	heal
done
behind 2000

# The server dies at any moment, and another one goes on with the same queue.
for _ in 1 2 3; do
	kill -KILL $server
	wait $server 2>/dev/null
	before=$(wc -l <came)
	serve
	behind $((before < 3900 ? before + 50 : before))
done
wait $sender || fail "the sender failed"
wait $receiver || fail "the receiver failed"
cmp wanted came || fail "lost, doubled, or out of order"
[ "$(field jobs messages)" = 0 ] || fail "some are left"

# Who is gone for good gives back what he held: at once if he says so, else after a while.
run 0 on $two naru send $url/jobs back
