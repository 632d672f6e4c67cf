#!/bin/bash
# SPDX-License-Identifier: MIT
# The manual pages: they are valid, and each has what a page must have
# shellcheck source=tests/cli-lib.sh
. "$(dirname "$0")/cli-lib.sh"

command -v groff >/dev/null && command -v scdoc >/dev/null || exit 77

for page in "$source"/man/*.scd; do
	name=$(basename "$page" .scd)
	run 0 scdoc <"$page"
	cp out "$name"
	run 0 groff -t -man -Tascii -ww "$name"
	[ ! -s err ] || fail "$name has warnings"
	for section in NAME 'SEE ALSO'; do
		grep -q "^# $section\$" "$page" || fail "$name has no section $section"
	done
done
