# SPDX-License-Identifier: MIT
#
# clients-lib.sh - for the tests of real programs under `naru run`
#
#	clients-<program>.sh NARU
#
# The programs share a space of their own. The kernel must not see any of it: they run in
# an IPC namespace in which it has no room for a single object, and has none at the end.
# CLIENTS_KERNEL=1 runs the programs on the kernel's System V IPC instead, to see whether
# a test is right.

set -eu

if [ -z "${CLIENTS_UNSHARED-}" ] && unshare --ipc true 2>/dev/null; then
	CLIENTS_UNSHARED=1 exec unshare --ipc bash "$0" "$@"
fi
# set_kernel SHMMNI MSGMNI SEM... - the limits of the namespace, if it is our own
set_kernel() {
	[ -n "${CLIENTS_UNSHARED-}" ] || return 0
	echo "$1" >/proc/sys/kernel/shmmni
	echo "$2" >/proc/sys/kernel/msgmni
	echo "${@:3}" >/proc/sys/kernel/sem
}
[ "${CLIENTS_KERNEL-0}" = 1 ] || set_kernel 0 0 0 0 0 0

naru=$(realpath "$1")
scratch=$(mktemp -d /dev/shm/naru-clients-XXXXXX)
chmod 755 "$scratch"
export NARU_SPACE=$scratch/space

kernel_objects() {
	cat /proc/sysvipc/msg /proc/sysvipc/sem /proc/sysvipc/shm 2>/dev/null | grep -vc key || true
}
finish() {
	local status=$?
	trap - EXIT
	! type clean_up >/dev/null 2>&1 || clean_up
	rm -rf "$scratch"
	exit $status
}
trap finish EXIT

fail() {
	echo "clients: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

# need COMMAND... - all of them, or the test is skipped
need() {
	local command
	for command in "$@"; do
		command -v "$command" >/dev/null || skip "there is no $command"
	done
}

# The words that come before a command; those of setpriv(1) before them, if any.
under=("$naru" run --)
[ "${CLIENTS_KERNEL-0}" = 0 ] || under=()

# In the background without it, so that $! is the program and not a shell around it.
run() {
	"${under[@]}" "$@"
}

# What the kernel knows of us: nothing.
check_kernel() {
	[ "${CLIENTS_KERNEL-0}" = 1 ] || [ -z "${CLIENTS_UNSHARED-}" ] ||
		[ "$(kernel_objects)" = 0 ] || fail "the kernel has System V objects of ours"
}

# await COMMAND... - until it succeeds, for at most a minute
await() {
	local end=$((SECONDS + 60))
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "waited for a minute: $*"
		sleep 0.05
	done
}
