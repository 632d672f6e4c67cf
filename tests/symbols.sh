#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/symbols.sh LIBRARY SYMBOLS - the library exports just what SYMBOLS prints,
# the headers declare just that, and the library needs nothing but the C library: of
# that only what makes no system calls of ours (src/sys/call.h).
set -eu

library=$1
symbols=$2
headers=$(dirname "$0")/../include/naru
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$symbols" | sort >"$scratch/named"
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
	sort >"$scratch/exported"
grep -hoE '\bnaru_[a-z_]+\(' <(find "$headers" -name '*.h' ! -name sysv.h \
	-exec grep -hE -A1 '^NARU_API' {} +) | tr -d '(' |
	sort -u >"$scratch/declared"
# The dynamic linker is a part of the C library.
readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sed '/^ld-linux/d' \
	>"$scratch/needed"
echo libc.so.6 >"$scratch/libc"

failed=0
compare() {
	diff -u "$scratch/$1" "$scratch/$2" || failed=1
}
compare named exported
compare named declared
if readelf -Ws "$library" | grep -q '__[a-z]*san_'; then
	echo "what it needs is not compared: this build has a sanitizer"
else
	compare libc needed
	nm -D --undefined-only "$library" | awk '{ sub(/@.*/, "", $2); print $2 }' |
		sort >"$scratch/imported"
	grep -vxE '_ITM_.*|__gmon_start__|__cxa_finalize|__assert_fail|__stack_chk_fail' \
		"$scratch/imported" |
		grep -vxE '(__)?(mem|str|v?snprintf)[a-z_]*|bcmp|qsort|secure_getenv' |
		grep -vxE 'malloc|calloc|realloc|aligned_alloc|free|pthread_[a-z_]*|__register_atfork' |
		grep -vxE 'clock_gettime|time|sched_getcpu|sysconf|__errno_location|__libc_current_sigrtmin|dl(open|sym|error)|(get|free)addrinfo|__rseq_[a-z]*|__tls_get_addr' \
			>"$scratch/foreign" || true
	: >"$scratch/none"
	compare none foreign
fi
exit $failed
