/* SPDX-License-Identifier: MIT */

#include <support/border.h>

#include <stdlib.h>

int border_main(const struct CMUnitTest *tests, size_t count)
{
	struct room *room = room_open();
	int failed;

	setenv("NARU_SPACE", room->path, 1);
	failed = _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
	room_close(room);
	return failed;
}
