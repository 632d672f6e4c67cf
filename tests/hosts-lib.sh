# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# tests/hosts-lib.sh - two hosts on this machine, 10.99.0.1 and 10.99.0.2: network
# namespaces with a line between them. Source it after cli-lib.sh. They go with the test.

one=naru-$$-1 two=naru-$$-2

skip() {
	echo "skipped: $*"
	exit 77
}

clean_hosts() {
	ip netns del $one
	ip netns del $two
} 2>/dev/null

# on HOST COMMAND...
on() {
	local host=$1
	shift
	ip netns exec "$host" "$@"
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
