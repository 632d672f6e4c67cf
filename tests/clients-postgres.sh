#!/bin/bash
# SPDX-License-Identifier: MIT
#
# PostgreSQL with all of its shared memory in System V segments: load, crash of a backend,
# death of the postmaster (a new one must not start while an old backend is attached).

. "$(dirname "$0")/clients-lib.sh"
need setpriv
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || skip "there is no PostgreSQL"
chmod 777 "$scratch"
data=$scratch/data
export NARU_SPACE=$scratch/space-of-postgres PGHOST=$scratch PGUSER=postgres PGDATABASE=postgres

as_user() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }
serve() { setpriv --reuid nobody --regid nogroup --clear-groups "${under[@]}" "$@"; }
postmaster() { head -1 "$data/postmaster.pid" 2>/dev/null; }
query() { as_user "$bin/psql" -XqAtc "$1"; }

clean_up() {
	local pid
	pid=$(postmaster) || true
	[ -z "$pid" ] || kill -QUIT "$pid" 2>/dev/null || true
	[ -z "${backend-}" ] || kill -KILL "$backend" 2>/dev/null || true
}

start() {
	serve "$bin/pg_ctl" -D "$data" -l "$scratch/log" -w -t 60 start >/dev/null ||
		{ cat "$scratch/log" >&2; fail "PostgreSQL does not start"; }
}

# The segment that tells a second postmaster of the first, and the main one.
serve "$bin/initdb" -D "$data" -U postgres -A trust --no-sync --no-instructions >"$scratch/initdb" 2>&1 ||
	{ cat "$scratch/initdb" >&2; fail "initdb failed"; }
cat >>"$data/postgresql.conf" <<END
shared_memory_type = sysv
dynamic_shared_memory_type = sysv
shared_buffers = 32MB
listen_addresses = ''
unix_socket_directories = '$scratch'
fsync = off
max_parallel_workers_per_gather = 2
END
start
as_user "$bin/pgbench" -qi -s 2 2>/dev/null
as_user "$bin/pgbench" -c 4 -j 2 -T 3 2>/dev/null | grep -E 'processed|tps'
as_user "$bin/pgbench" -n -S -c 4 -j 2 -T 3 2>/dev/null | grep -E 'processed|tps'
[ "$(query 'select sum(abalance) = (select sum(delta) from pgbench_history) from pgbench_accounts')" = t ] ||
	fail "the accounts do not add up: $(query 'select sum(abalance) from pgbench_accounts union all select sum(delta) from pgbench_history')"
# Parallel workers share dynamic segments.
[ "$(query 'set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;
	select count(*) from pgbench_accounts')" = 200000 ] || fail "a parallel count is wrong"

# A backend is killed: all others start anew.
as_user "$bin/psql" -Xqc 'select pg_sleep(60)' >/dev/null 2>&1 &
session=$!
sleeper() { query "select pid from pg_stat_activity where query like 'select pg_sleep%'" | head -1; }
await test -n "$(sleeper)" 2>/dev/null || true
while backend=$(sleeper); [ -z "$backend" ]; do :; done
kill -KILL "$backend"
wait $session || true
await query 'select 1' >/dev/null 2>&1
[ "$(query 'select count(*) from pgbench_branches')" = 2 ] || fail "lost after a crash"

# The postmaster is killed, a backend goes on: it is attached, and a new one must not start.
as_user "$bin/psql" -Xqc 'select pg_sleep(600)' >/dev/null 2>&1 &
session=$!
while backend=$(sleeper); [ -z "$backend" ]; do :; done
master=$(postmaster)
kill -STOP "$backend"
kill -KILL "$master"
while kill -0 "$master" 2>/dev/null && ! grep -q ' Z ' "/proc/$master/stat"; do :; done
# Only the segment is left to tell of the first one.
rm -f "$data/postmaster.pid" "$scratch"/.s.PGSQL.*
! serve "$bin/pg_ctl" -D "$data" -l "$scratch/log2" -w -t 20 start >/dev/null 2>&1 ||
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
serve "$bin/pg_ctl" -D "$data" -m fast -w stop >/dev/null
