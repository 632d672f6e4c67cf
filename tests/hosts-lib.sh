# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# tests/hosts-lib.sh - two hosts on this machine, 10.99.0.1 and 10.99.0.2: network
# namespaces with a line between them; and the name of a third one. Source it after cli-lib.sh. They go with the test.

one=naru-$$-1 two=naru-$$-2 three=naru-$$-3

skip() {
	echo "skipped: $*"
	exit 77
}

clean_hosts() {
	ip netns del $one
	ip netns del $two
	ip netns del $three
} 2>/dev/null

# on HOST COMMAND...
on() {
	local host=$1
	shift
	ip netns exec "$host" "$@"
}

# Packets that the two had to send again, so far.
again() {
	local host
	for host in $one $two; do
		ip netns exec $host awk '/^Tcp: [0-9]/ { print $13 }' /proc/net/snmp
	done | awk '{ sum += $1 } END { print sum }'
}

[ "$(id -u)" = 0 ] && command -v ip >/dev/null || skip "no permission, or no ip(8)"
ip netns add $one 2>/dev/null || skip "no network namespaces"
trap 'clean_up; clean_hosts' EXIT
ip netns add $two
ip link add one netns $one type veth peer name two netns $two 2>/dev/null || skip "no veth"
on $one ip addr add 10.99.0.1/24 dev one
on $two ip addr add 10.99.0.2/24 dev two
on $one ip link set one up
on $two ip link set two up
on $one ip link set lo up
on $two ip link set lo up
