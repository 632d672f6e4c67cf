# SPDX-License-Identifier: MIT
#
# clients-postgres-lib.sh - a PostgreSQL with all of its shared memory in System V segments
#
# Sourced after clients-lib.sh. PostgreSQL refuses to run as root.

postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
chmod 777 "$scratch"
data=$scratch/data
export NARU_SPACE=$scratch/space-of-postgres PGHOST=$scratch PGUSER=postgres PGDATABASE=postgres

as_user() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }
serve() { setpriv --reuid nobody --regid nogroup --clear-groups "${under[@]}" "$@"; }
postmaster() { head -1 "$data/postmaster.pid" 2>/dev/null; }
query() { as_user "$postgres/psql" -XqAtc "$1"; }

clean_up() {
	local pid
	pid=$(postmaster) || true
	[ -z "$pid" ] || kill -QUIT "$pid" 2>/dev/null || true
	[ -z "${backend-}" ] || kill -KILL "$backend" 2>/dev/null || true
}

# The segment that tells a second postmaster of the first, and the main one.
make_cluster() {
	serve "$postgres/initdb" -D "$data" -U postgres -A trust --no-sync --no-instructions \
		>"$scratch/initdb" 2>&1 || { cat "$scratch/initdb" >&2; fail "initdb failed"; }
	cat >>"$data/postgresql.conf" <<-END
		shared_memory_type = sysv
		dynamic_shared_memory_type = sysv
		shared_buffers = 32MB
		listen_addresses = ''
		unix_socket_directories = '$scratch'
		fsync = off
		max_parallel_workers_per_gather = 2
	END
}

start() {
	serve "$postgres/pg_ctl" -D "$data" -l "$scratch/log" -w -t 60 start >/dev/null ||
		{ cat "$scratch/log" >&2; fail "PostgreSQL does not start"; }
}

stop() {
	serve "$postgres/pg_ctl" -D "$data" -m fast -w stop >/dev/null
}
