#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fakeroot over message queues: a small tree with owners and a device, and its archive.

. "$(dirname "$0")/clients-lib.sh"
need fakeroot-sysv tar setpriv
chmod 777 "$scratch"

cat >"$scratch/build" <<'END'
#!/bin/bash
set -eu
cd "$1"
mkdir -p tree/usr/bin tree/dev
for i in $(seq 50); do echo "file $i" >tree/usr/bin/$i; done
chown -R 0:0 tree
chown 12:34 tree/usr/bin/7
chmod 4755 tree/usr/bin/7
mknod tree/dev/null c 1 3
ln tree/usr/bin/8 tree/usr/bin/linked
rm tree/usr/bin/9
[ "$(id -u)" = 0 ]
[ "$(stat -c %u:%g tree/usr/bin/7)" = 12:34 ]
tar --numeric-owner -cf tree.tar tree
END
chmod 755 "$scratch/build"

# Somebody who may not do any of this.
export NARU_SPACE=$scratch/space-of-nobody
as_nobody() {
	setpriv --reuid 54321 --regid 54321 --clear-groups "${under[@]}" "$@"
}
as_nobody fakeroot-sysv "$scratch/build" "$scratch"
list=$(tar --numeric-owner -tvf "$scratch/tree.tar")
grep -q -- '-rwsr-xr-x 12/34 .* tree/usr/bin/7$' <<<"$list" || fail "no owner: $list"
grep -q -- '^crw.* 0/0 .* 1,3 .* tree/dev/null$' <<<"$list" || fail "no device"
[ "$(grep -c ' 0/0 ' <<<"$list")" = 54 ] || fail "$(grep -c ' 0/0 ' <<<"$list") are root's, not 54"
check_kernel
