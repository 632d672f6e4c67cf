/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ATTACHED_H
#define TESTS_ATTACHED_H

/* attached.h - a System V segment that is attached, and pieces of it */

enum { PAGE = 4096, PAGES = 8, LENGTH = PAGES * PAGE };

extern int attached_id;
extern char *attached_bytes;

/* cmocka's set-up and tear-down: it is there, and attached once. */
int attached_make(void **state);
int attached_unmake(void **state);
#define with_one(test)                                                                   \
	cmocka_unit_test_setup_teardown(test, attached_make, attached_unmake)

/* How many times it is attached; a hole in it, or something else over it, by pages. */
int attached_count(void);
void attached_cut(int page, int pages);
void attached_cover(int page, int pages);
void assert_detached(void);
/* Where there is room for it. */
char *attached_elsewhere(void);

#endif /* TESTS_ATTACHED_H */
