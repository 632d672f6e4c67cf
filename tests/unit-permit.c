/* SPDX-License-Identifier: MIT */

/* Who may do what with an identifier: the owner, the creator, their groups, the others.
 */

#include <support/child.h>
#include <support/place.h>
#include <sysv/ids.h>

enum { STAFF = 54330, CLUB = 54331, NOBODYS = 54332 };

/* Made by Alice and the staff, given to Bob and the club. */
static const struct nr_ids_entry given = {
	.cuid = ALICE, .cgid = STAFF, .uid = BOB, .gid = CLUB, .mode = 0640};

struct user {
	uid_t user;
	gid_t group;
	gid_t others; /* one more group, or 0 */
	int reads, writes, owns;
};

static int be_user(void *data)
{
	const struct user *user = data;

	must(setgroups(user->others ? 1 : 0, &user->others) == 0);
	must(setresgid(user->group, user->group, user->group) == 0);
	must(setresuid(user->user, user->user, user->user) == 0);
	must_be(nr_ids_permit(&given, 0400), user->reads);
	must_be(nr_ids_permit(&given, 0444), user->reads);
	must_be(nr_ids_permit(&given, 0200), user->writes);
	must_be(nr_ids_permit(&given, 0600), user->writes);
	must_be(nr_ids_permit(&given, 0), 0);
	must_be(nr_ids_own(&given), user->owns);
	return 0;
}

static void test_users(void **state)
{
	static const struct user users[] = {
		{BOB, NOBODYS, 0, 0, 0, 0},
		{ALICE, NOBODYS, 0, 0, 0, 0},
		{NOBODYS, CLUB, 0, 0, -EACCES, -EPERM},
		{NOBODYS, STAFF, 0, 0, -EACCES, -EPERM},
		{NOBODYS, NOBODYS, CLUB, 0, -EACCES, -EPERM},
		{NOBODYS, NOBODYS, STAFF, 0, -EACCES, -EPERM},
		{NOBODYS, NOBODYS, 0, -EACCES, -EACCES, -EPERM},
	};

	(void)state;
	need_root();
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		struct user user = users[i];

		assert_int_equal(child_run(be_user, &user), 0);
	}
}

/* The owner's bits are the owner's, even if all others have more. */
static int be_bob(void *data)
{
	const struct nr_ids_entry entry = {.uid = BOB, .cuid = BOB, .mode = 0066};

	(void)data;
	become(BOB);
	must_be(nr_ids_permit(&entry, 0400), -EACCES);
	must_be(nr_ids_own(&entry), 0);
	return 0;
}

static void test_owner_has_less(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(child_run(be_bob, NULL), 0);
}

static void test_root(void **state)
{
	const struct nr_ids_entry entry = {.uid = BOB, .cuid = BOB, .mode = 0};

	(void)state;
	need_root();
	assert_int_equal(nr_ids_permit(&entry, 0600), 0);
	assert_int_equal(nr_ids_own(&entry), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_owner_has_less),
		cmocka_unit_test(test_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
