#!/bin/bash
# SPDX-License-Identifier: MIT
# A queue of one host, used from another one: while the line is cut and heals, and while
# the server is killed and started again, each message arrives once and in order.
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"
# shellcheck source=tests/hosts-lib.sh
. "$source/tests/hosts-lib.sh"

url=tcp://10.99.0.1:7413
echo 'allow address 10.99.0.2 send,receive,look,create jobs*' >access

serve() {
	: >served
	ip netns exec "$one" naru serve --listen 'tcp://*:7413' --access access 2>served &
	server=$!
	started+=("$server")
	until grep -q '^naru: serving' served; do
		kill -0 $server 2>/dev/null || fail "the server ended: $(cat served)"
	done
}

# Both send to somebody who is not there, until that has been noticed.
cut_and_heal() {
	local before
	before=$(again)
	on $two ip neigh replace 10.99.0.1 lladdr 02:00:00:00:00:99 dev two nud permanent
	on $one ip neigh replace 10.99.0.2 lladdr 02:00:00:00:00:99 dev one nud permanent
	until [ "$(again)" -gt "$before" ]; do :; done
	on $two ip neigh del 10.99.0.1 dev two
	on $one ip neigh del 10.99.0.2 dev one
}

serve
run 0 ip netns exec "$two" naru send --create $url/jobs first
run 0 ip netns exec "$two" naru receive $url/jobs
prints first
# What is not allowed is said, and why.
run 0 naru send --create other mine
run 1 ip netns exec "$two" naru send $url/other x
grep -q 'access' err || fail "not said why"
run 1 ip netns exec "$two" naru rm $url/jobs
grep -q 'access' err || fail "not said why"

# Both ends go on when the line does.
seq 400000 >wanted
ip netns exec "$two" naru receive --count 400000 $url/jobs >came &
receiver=$!
ip netns exec "$two" naru send --lines $url/jobs <wanted &
sender=$!
started+=($receiver $sender)
for at in 1000 60000 120000; do
	until [ "$(wc -l <came)" -ge $at ]; do :; done
	cut_and_heal
done
wait $sender || fail "the sender failed"
wait $receiver || fail "the receiver failed"
cmp wanted came || fail "lost, doubled, or out of order"

# The server dies at any moment, and another one goes on with the same queue.
naru send --create --capacity 64M jobs-2 </dev/null --lines
ip netns exec "$two" naru send --lines $url/jobs-2 <wanted &
sender=$!
started+=($sender)
for at in 1000 60000 120000; do
	until [ "$(field jobs-2 messages)" -ge $at ]; do :; done
	kill -KILL $server
	wait $server 2>/dev/null
	serve
done
wait $sender || fail "the sender failed"
naru receive --count 400000 jobs-2 >came
cmp wanted came || fail "lost, doubled, or out of order"
[ "$(field jobs-2 messages)" = 0 ] || fail "some are left"
