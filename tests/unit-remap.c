/* SPDX-License-Identifier: MIT */

/*
 * mremap(2) of attachments: how many there are then.
 *
 *	unit-remap		on naru
 *	unit-remap-kernel	on the kernel, which must say the same
 */

#include "attached.h"

#include <errno.h>
#include <support/border.h>
#include <support/must.h>
#include <sys/mman.h>
#include <sys/shm.h>

/* Something else is moved over it. */
static void test_move_over(void **state)
{
	char *other = mmap(NULL, LENGTH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	must(other != MAP_FAILED);
	assert_ptr_equal(mremap(other, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED,
				attached_bytes),
			 attached_bytes);
	assert_detached();
	munmap(attached_bytes, LENGTH);
}

/* It becomes longer where it is: all of it is the attachment. */
static void test_grow(void **state)
{
	char *to = attached_elsewhere();

	(void)state;
	assert_int_equal(shmdt(attached_bytes), 0);
	attached_bytes = shmat(attached_id, to, 0);
	assert_ptr_equal(mremap(attached_bytes, LENGTH, LENGTH + 2 * PAGE, 0),
			 attached_bytes);
	assert_int_equal(attached_count(), 1);
	attached_cut(0, PAGES);
	assert_int_equal(attached_count(), 1);
	attached_cut(PAGES, 2);
	assert_detached();
}

/* A copy of it, and it stays itself. */
static void test_copy_and_stay(void **state)
{
	char *copy =
		mremap(attached_bytes, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);

	(void)state;
	if (copy != MAP_FAILED) {
		assert_int_equal(attached_count(), 2);
		assert_int_equal(munmap(copy, LENGTH), 0);
	}
	assert_int_equal(attached_count(), 1);
	attached_cut(0, PAGES);
	assert_detached();
}

static void test_move(void **state)
{
	char *to = attached_elsewhere();

	(void)state;
	assert_ptr_equal(
		mremap(attached_bytes, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, to),
		to);
	assert_int_equal(attached_count(), 1);
	assert_int_equal(shmdt(attached_bytes), -1);
	assert_int_equal(attached_count(), 1);
	assert_int_equal(shmdt(to), 0);
	assert_int_equal(attached_count(), 0);
}

static void test_move_half(void **state)
{
	char *to = attached_elsewhere();

	(void)state;
	assert_ptr_equal(mremap(attached_bytes + LENGTH / 2, LENGTH / 2, LENGTH / 2,
				MREMAP_MAYMOVE | MREMAP_FIXED, to),
			 to);
	assert_int_equal(attached_count(), 2);
	assert_int_equal(shmdt(to), -1);
	assert_int_equal(shmdt(to - LENGTH / 2), 0);
	assert_int_equal(attached_count(), 1);
	assert_int_equal(shmdt(attached_bytes), 0);
	assert_int_equal(attached_count(), 0);
}

static void test_shrink_and_copy(void **state)
{
	char *copy;

	(void)state;
	assert_ptr_equal(mremap(attached_bytes, LENGTH, LENGTH / 2, 0), attached_bytes);
	assert_int_equal(attached_count(), 1);
	copy = mremap(attached_bytes, 0, LENGTH, MREMAP_MAYMOVE);
	assert_ptr_not_equal(copy, MAP_FAILED);
	assert_int_equal(attached_count(), 2);
	assert_int_equal(shmdt(copy), 0);
	assert_int_equal(attached_count(), 1);
	assert_int_equal(munmap(attached_bytes, LENGTH / 2), 0);
	assert_int_equal(attached_count(), 0);
}

static void test_remap(void **state)
{
	char *place =
		mmap(NULL, 2 * LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *over;

	(void)state;
	assert_int_equal(shmdt(attached_bytes), 0);
	attached_bytes = shmat(attached_id, place, SHM_REMAP);
	assert_ptr_equal(attached_bytes, place);
	over = shmat(attached_id, attached_bytes + LENGTH / 2, SHM_REMAP);
	assert_ptr_equal(over, attached_bytes + LENGTH / 2);
	assert_int_equal(attached_count(), 2);
	assert_int_equal(shmdt(attached_bytes), 0);
	assert_int_equal(attached_count(), 1);
	over[0] = 1;
	assert_int_equal(munmap(over, LENGTH), 0);
	assert_int_equal(attached_count(), 0);
	munmap(place, 2 * LENGTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_one(test_move_over),     with_one(test_grow),
		with_one(test_copy_and_stay), with_one(test_move),
		with_one(test_move_half),     with_one(test_shrink_and_copy),
		with_one(test_remap),
	};

	return border_main(tests, sizeof(tests) / sizeof(tests[0]));
}
