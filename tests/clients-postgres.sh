#!/bin/bash
# SPDX-License-Identifier: MIT
#
# PostgreSQL with all of its shared memory in System V segments: load, crash of a backend,
# death of the postmaster (a new one must not start while an old backend is attached).

. "$(dirname "$0")/clients-lib.sh"
need setpriv
. "$(dirname "$0")/clients-postgres-lib.sh"
[ -n "$postgres" ] || skip "there is no PostgreSQL"

make_cluster
start
as_user "$postgres/pgbench" -qi -s 2 2>/dev/null
as_user "$postgres/pgbench" -c 4 -j 2 -T 3 2>/dev/null | grep -E 'processed|tps'
as_user "$postgres/pgbench" -n -S -c 4 -j 2 -T 3 2>/dev/null | grep -E 'processed|tps'
[ "$(query 'select sum(abalance) = (select sum(delta) from pgbench_history) from pgbench_accounts')" = t ] ||
	fail "the accounts do not add up: $(query 'select sum(abalance) from pgbench_accounts union all select sum(delta) from pgbench_history')"
# Parallel workers share dynamic segments.
[ "$(query 'set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;
	select count(*) from pgbench_accounts')" = 200000 ] || fail "a parallel count is wrong"

# A backend is killed: all others start anew.
as_user "$postgres/psql" -Xqc 'select pg_sleep(60)' >/dev/null 2>&1 &
session=$!
sleeper() { query "select pid from pg_stat_activity where query like 'select pg_sleep%'" | head -1; }
while backend=$(sleeper); [ -z "$backend" ]; do :; done
kill -KILL "$backend"
wait $session || true
await query 'select 1' >/dev/null 2>&1
[ "$(query 'select count(*) from pgbench_branches')" = 2 ] || fail "lost after a crash"

# The postmaster is killed, a backend goes on: it is attached, and a new one must not start.
as_user "$postgres/psql" -Xqc 'select pg_sleep(600)' >/dev/null 2>&1 &
session=$!
while backend=$(sleeper); [ -z "$backend" ]; do :; done
master=$(postmaster)
kill -STOP "$backend"
kill -KILL "$master"
while kill -0 "$master" 2>/dev/null && ! grep -q ' Z ' "/proc/$master/stat"; do :; done
# Only the segment is left to tell of the first one.
rm -f "$data/postmaster.pid" "$scratch"/.s.PGSQL.*
! serve "$postgres/pg_ctl" -D "$data" -l "$scratch/log2" -w -t 20 start >/dev/null 2>&1 ||
	fail "a second postmaster started while a backend of the first was attached"
grep -q 'pre-existing shared memory block' "$scratch/log2" || { cat "$scratch/log2" >&2; fail "it says why not"; }
kill -KILL "$backend"
wait $session || true
while [ -e "/proc/$backend" ] && ! grep -q ' Z ' "/proc/$backend/stat" 2>/dev/null; do :; done
backend=
rm -f "$data/postmaster.pid" "$scratch"/.s.PGSQL.*
start
[ "$(query 'select count(*) from pgbench_accounts')" = 200000 ] || fail "lost after the second crash"
check_kernel
stop
