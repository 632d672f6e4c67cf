#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/symbols-sysv.sh LIBRARY - libnaru-sysv.so exports just what src/sysv/sysv.map
# says, and needs nothing but the C library: of that, next to what libnaru.so needs, only
# what it takes over and passes on.
set -eu

library=$1
source=$(dirname "$0")/..
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
	sort >"$scratch/exported"
sed -n '/global:/,/local:/s/^\t\([a-z_0-9]*\);$/\1/p' "$source/src/sysv/sysv.map" |
	sort >"$scratch/mapped"
diff -u "$scratch/mapped" "$scratch/exported"
if readelf -Ws "$library" | grep -q '__[a-z]*san_'; then
	exit 0
fi
readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sed '/^ld-linux/d' \
	>"$scratch/needed"
echo libc.so.6 | diff -u - "$scratch/needed"
nm -D --undefined-only "$library" | awk '{ sub(/@.*/, "", $2); print $2 }' |
	grep -vxE '_ITM_.*|__gmon_start__|__cxa_finalize|__assert_fail|__stack_chk_fail' |
	grep -vxE '(__)?(mem|str|v?snprintf)[a-z_]*|bcmp|qsort|secure_getenv' |
	grep -vxE 'malloc|calloc|aligned_alloc|free|pthread_[a-z_]*|__register_atfork' |
	grep -vxE 'clock_gettime|time|__libc_single_threaded|sched_getcpu|sysconf|__errno_location|__rseq_[a-z]*|__tls_get_addr' |
	grep -vxE 'dlvsym|fdopen|atexit|__cxa_atexit|__vsnprintf_chk' >"$scratch/foreign" || true
: | diff -u - "$scratch/foreign"
