#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/install.sh BUILD - install into an empty directory, look what is there, and
# compile a seven-line program against it: as C and as C++, shared and static.
set -eu

build=$(realpath "$1")
scratch=$(mktemp -d)
export NARU_SPACE=$scratch/space
mkdir -m 700 "$NARU_SPACE"
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail() {
	echo "install: $*" >&2
	exit 1
}

if ! meson install -C "$build" --no-rebuild --destdir "$scratch/root" >log 2>&1; then
	cat log >&2
	fail "meson install failed"
fi

find_one() {
	local found
	found=$(find root -path "*/$1" | head -1)
	[ -n "$found" ] || fail "$1 is missing"
	echo "$found"
}

for header in base.h space.h queue.h segment.h stream.h sysv.h; do
	find_one "include/naru/$header" >/dev/null
done
library=$(find_one 'lib*/libnaru.so.0')
readelf -d "$library" | grep -q 'SONAME.*\[libnaru.so.0\]' || fail "soname is not libnaru.so.0"
[ -L "$(find_one 'lib*/libnaru.so')" ] || fail "libnaru.so is not a link"
find_one 'lib*/libnaru.a' >/dev/null
if ls "$build"/src/libnaru-tls.so >/dev/null 2>&1; then
	readelf -d "$(find_one 'lib*/libnaru-tls.so.0')" | grep -q 'NEEDED.*libssl' ||
		fail "libnaru-tls.so is not the one with OpenSSL"
fi
for page in man1/naru.1 man3/naru_queue.3 man3/naru_segment.3 man3/naru_stream.3 man7/naru.7 \
	man7/naru-sysv.7; do
	find_one "share/man/$page*" >/dev/null
done
find_one 'bash-completion/completions/naru' >/dev/null
find_one 'lib/systemd/system/naru-serve.socket' >/dev/null
grep -q "^ExecStart=.*/bin/naru " "$(find_one 'lib/systemd/system/naru-serve.service')" ||
	fail "the service does not start naru"
find_one 'share/doc/naru/access.example' >/dev/null
command=$(find_one bin/naru)
LD_LIBRARY_PATH=$(dirname "$library") "$command" --version | grep -q 0.1.0 ||
	fail "naru --version does not say 0.1.0"

PKG_CONFIG_PATH=$scratch/$(dirname "$(find_one 'pkgconfig/naru.pc')")
PKG_CONFIG_SYSROOT_DIR=$scratch/root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
[ "$(pkg-config --modversion naru)" = 0.1.0 ] || fail "naru.pc says another version"

cat >seven.c <<'END'
#include <naru/queue.h>
int main(void) {
	struct naru_queue *queue; char text[8];
	if (naru_queue_create(NULL, "seven", NULL, &queue) < 0) return 1;
	if (naru_queue_send(queue, 7, "seven", 5, -1) < 0) return 2;
	return naru_queue_receive(queue, 0, 0, text, 8, -1, NULL) == 5 ? 0 : 3;
}
END

# A program that uses a sanitized library would have to be sanitized itself.
if readelf -Ws "$library" | grep -q '__[a-z]*san_'; then
	echo "the program is not compiled: this build has a sanitizer"
	exit 0
fi

try() {
	local compiler=$1 language=$2 flags=$3
	# shellcheck disable=SC2086
	$compiler -Wall -Wextra -Werror -x $language seven.c -x none $flags -o seven ||
		fail "$compiler $language $flags"
	LD_LIBRARY_PATH=$(dirname "$library") ./seven || fail "$compiler: it returned $?"
	rm -f seven "$NARU_SPACE"/seven
}

shared=$(pkg-config --cflags --libs naru)
static="$(pkg-config --cflags naru) $(dirname "$library")/libnaru.a -pthread"
for flags in "$shared" "$static"; do
	try gcc c "$flags"
	try g++ c++ "$flags"
done
static=$(pkg-config --static --cflags --libs naru)
try gcc c "-static $static"
try g++ c++ "-static $static"

# The drop-in, linked and preloaded.
cat >attach.c <<'END'
#include <stdio.h>
#include <sys/shm.h>
int main(void)
{
	int id = shmget(7, 100, IPC_CREAT | 0600);
	void *bytes = shmat(id, NULL, 0);

	if (id < 0 || bytes == (void *)-1) return 1;
	return shmctl(id, IPC_RMID, NULL) != 0 || shmdt(bytes) != 0;
}
END
# shellcheck disable=SC2046
gcc attach.c $(pkg-config --libs naru-sysv) -o attach || fail "-lnaru-sysv"
LD_LIBRARY_PATH=$(dirname "$library") ./attach || fail "attach: it returned $?"
[ -e "$NARU_SPACE/.sysv" ] || fail "attach used the kernel's segments"
rm "$NARU_SPACE/.sysv"
gcc attach.c -o attach
"$command" run ./attach || fail "naru run attach: it returned $?"
[ -e "$NARU_SPACE/.sysv" ] || fail "naru run: attach used the kernel's segments"

echo "installed: $(find root -type f | wc -l) files"
