/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_UNIT_H
#define SUPPORT_UNIT_H

/* support/unit.h - cmocka, and what most unit tests need beside it */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <support/away.h>
#include <support/child.h>
#include <support/room.h>
#include <support/words.h>

/* An entry of cmocka's table: each test gets a room of its own as its state. */
#define in_a_room(test) cmocka_unit_test_setup_teardown(test, room_set_up, room_tear_down)

/* @body must end well in a child. It may be skipped: then @why tells what is missing. */
static inline void assert_child(int (*body)(void *data), void *data, const char *why)
{
	int status = child_run(body, data);

	if (status == CHILD_SKIPPED) {
		print_message("%s here\n", why);
		skip();
	}
	assert_int_equal(status, 0);
}

#endif /* SUPPORT_UNIT_H */
