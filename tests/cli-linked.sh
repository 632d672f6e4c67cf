#!/bin/bash
# SPDX-License-Identifier: MIT
# A program for System V IPC that is linked with -lnaru-sysv
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"
program=$2

# Under a filter that kills at each System V call of the kernel's.
run 0 "$program"
prints 'all is well'
run 0 naru doctor
find "$NARU_SPACE" -name 'sysv-*' | grep -q . && fail "files are left"
exit 0
