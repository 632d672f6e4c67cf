#!/bin/bash
# SPDX-License-Identifier: MIT
# The commands with URLs for queues, and for the space
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

: >told
start naru serve --listen tcp://127.0.0.1:0 --listen "unix://$dir/socket" 2>told
until [ "$(grep -c serving told)" = 2 ]; do
	kill -0 $! 2>/dev/null || fail "not begun: $(cat told)"
done
server=$!
url=$(sed -n 's/.*serving .* at \(tcp:.*\)/\1/p' told)

# A queue by its URL.
run 0 naru send --create "$url/jobs" 'one' 'two'
run 0 naru stat "$url/jobs"
grep -q '^messages       2 of' out || fail "not two messages"
run 0 naru receive "unix://$dir/socket#jobs"
prints one
run 0 naru receive jobs
prints two
run 124 naru receive --timeout 0.1 "$url/jobs"
says 'naru: no message came to queue *'
seq 5000 >lines
run 0 naru send --lines "$url/jobs" --file lines
run 0 naru receive --count 5000 "$url/jobs"
cmp -s out lines || fail "other lines came"
run 0 naru rm "$url/jobs"
run 1 naru rm "$url/jobs"
says "naru: no queue \"$url/jobs\"*"
run 1 naru send "$url/jobs" x
says "naru: no queue \"$url/jobs\" at $url; create it with: naru send --create $url/jobs ..."
run 1 naru send "unix://$dir/socket#jobs" x
says "naru: no queue \"unix://$dir/socket#jobs\" at unix://$dir/socket; create it with: *"
run 1 naru --space "$url" send jobs x
says "naru: no queue \"jobs\" at $url; create it with: naru --space $url send --create jobs ..."
run 1 naru send "$url/no/jobs" x
says 'naru: * is no URL of a queue: *'

# The space that a server has.
run 0 naru --space "$url" send --create jobs 'three'
run 0 naru ls --space "$url"
grep -q '^jobs  *queue  *1 ' out || fail "not listed"
run 0 env NARU_SPACE="$url" naru receive jobs
prints three
run 1 naru --space "$url" segment create --size 4K board
says "naru: $url is a server: *"
for of in "ls --sysv" doctor demo; do
	# shellcheck disable=SC2086
	run 1 naru --space "$url" $of
	says "naru: $url is a server: *"
	prints ''
done
run 1 naru --space "$url" send --create --capacity 100T vast x
says "naru: queue \"vast\" at $url cannot be so large; lower --capacity or --messages"
run 1 naru --space "$url" limits
says "naru: $url is a server: *"
run 1 naru --space "$url" run -- true
says "naru: $url is a server: *"
run 1 naru --space "$url" serve --listen local://again
says "naru: $url is a server: *"
run 0 naru --space "$url" rm jobs
run 1 naru --space "http://127.0.0.1:1" ls
says 'naru: "http://127.0.0.1:1" is no URL of a server: *'

# Nobody there.
kill -TERM $server
wait $server || fail "ended by SIGTERM: $?"
run 1 naru send "$url/jobs" x
says "naru: nobody serves at $url; *"
run 1 naru ls --space "$url"
says "naru: nobody serves at $url; *"
run 1 naru send "unix://$dir/socket#jobs" x
says "naru: nobody serves at unix://$dir/socket; *"

exit 0
