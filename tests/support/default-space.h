/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_DEFAULT_SPACE_H
#define SUPPORT_DEFAULT_SPACE_H

/*
 * support/default-space.h - a default space of the test's own
 *
 * For tests that give NULL for the space: nothing is to be left in the user's. Call it
 * first of all; it is removed when the process that called it exits.
 */

void default_space_of_our_own(void);

#endif /* SUPPORT_DEFAULT_SPACE_H */
