#!/bin/bash
# SPDX-License-Identifier: MIT
#
# util-linux: ipcmk, ipcs, lsipc, ipcrm.

. "$(dirname "$0")/clients-lib.sh"
need ipcmk ipcs ipcrm lsipc

id_of() { sed -n 's/.*id: *//p'; }
queue=$(run ipcmk -Q -p 0640 | id_of)
memory=$(run ipcmk -M 12345 -p 0600 | id_of)
set=$(run ipcmk -S 3 | id_of)
[ -n "$queue" ] && [ -n "$memory" ] && [ -n "$set" ] || fail "ipcmk gave no id"

has() { grep -Eq "$2" <<<"$1" || fail "no '$2' in: $1"; }
has "$(run ipcs -q)" "^0x[0-9a-f]{8} +$queue +root +640 +0 +0"
has "$(run ipcs -m)" "^0x[0-9a-f]{8} +$memory +root +600 +12345 +0"
has "$(run ipcs -s)" "^0x[0-9a-f]{8} +$set +root +644 +3"
has "$(run ipcs -m -i "$memory")" 'bytes=12345.*'
has "$(run ipcs -s -i "$set")" 'nsems = 3'
has "$(run ipcs -q -i "$queue")" 'qnum=0'
has "$(run ipcs -p)" "^$memory +root"
has "$(run ipcs -t)" "^$queue +root"
has "$(run ipcs -c)" "^$set +640|^$set +644"
has "$(run ipcs -l)" 'max number of segments'
has "$(run ipcs -u)" 'used headers|allocated queues'
has "$(run lsipc -q)" "$queue"
has "$(run lsipc -m)" "$memory"
has "$(run lsipc -s)" "$set"
has "$(run lsipc)" 'MSGMNI'
run ipcrm -q "$queue" -m "$memory" -s "$set"
[ -z "$(run ipcs | grep ^0x || true)" ] || [ "${CLIENTS_KERNEL-0}" = 1 ] || fail "something is left"
! run ipcrm -q "$queue" 2>/dev/null || fail "removed twice"
check_kernel
