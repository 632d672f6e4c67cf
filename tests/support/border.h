/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_BORDER_H
#define SUPPORT_BORDER_H

/* support/border.h - tests that make the twelve calls by libc's names */

#include <support/unit.h>

/* What main() returns: the tests were run, on naru in a space of their own. */
int border_main(const struct CMUnitTest *tests, size_t count);

#endif /* SUPPORT_BORDER_H */
