/* SPDX-License-Identifier: MIT */

/* The objects that a process has open: used while they are there, closed once, and late.
 */

#include <support/child.h>
#include <support/place.h>
#include <sys/ipc.h>
#include <sysv/slots.h>

enum { MOST = 64 };

static struct nr_ids ids;
static struct nr_slots slots;

/* An object that is opened knows its identifier; and how often it was closed. */
static struct object {
	int id;
	int closed;
} objects[MOST];
static int opened;

static int open_object(struct nr_ids *of, int id, void **ret_object)
{
	must(of == &ids && opened < MOST);
	objects[opened] = (struct object){.id = id};
	*ret_object = &objects[opened++];
	return 0;
}

static void close_object(void *data)
{
	struct object *object = data;

	must_be(object->closed++, 0);
}

static int count_open(void)
{
	int count = opened;

	for (int i = 0; i < opened; i++)
		count -= objects[i].closed;
	return count;
}

static int open_slots(void **state)
{
	struct room *room;

	room_set_up(state);
	room = *state;
	must_be(nr_ids_open(room->space, &ids), 0);
	opened = 0;
	slots = (struct nr_slots){
		.kind = NR_SYSV_MSG,
		.ids = &ids,
		.open = open_object,
		.close = close_object,
	};
	must_be(nr_slots_init(&slots), 0);
	return 0;
}

/* Whatever was open is closed by now. */
static int close_slots(void **state)
{
	nr_slots_close(&slots);
	must_be(count_open(), 0);
	nr_ids_close(&ids);
	return room_tear_down(state);
}

#define with_slots(test) cmocka_unit_test_setup_teardown(test, open_slots, close_slots)

static int make_nothing(struct nr_ids *of, const struct nr_ids_entry *entry, void *data)
{
	(void)of;
	(void)entry;
	(void)data;
	return 0;
}

static int make(void)
{
	const struct nr_ids_get get = {
		.key = IPC_PRIVATE, .flags = 0600, .make = make_nothing};
	int id = nr_ids_get(&ids, NR_SYSV_MSG, &get);

	must(id >= 0);
	return id;
}

static int allow(void *data, const struct nr_ids_entry *entry)
{
	(void)data;
	(void)entry;
	return NR_SYSV_FREE;
}

static void remove_id(int id)
{
	must_be(nr_ids_remove(&ids, NR_SYSV_MSG, id, allow, NULL), NR_SYSV_FREE);
}

static struct nr_visit enter(int id)
{
	struct nr_visit visit;
	const struct object *object;

	must_be(nr_slot_enter(&slots, id, NR_SLOT_WRITE, &visit), 0);
	object = visit.object;
	must_be(object->id, id);
	must_be(object->closed, 0);
	return visit;
}

static void use(int id)
{
	struct nr_visit visit = enter(id);

	nr_slot_leave(&visit);
}

static void test_opened_once(void **state)
{
	int id = make();

	(void)state;
	use(id);
	use(id);
	assert_int_equal(opened, 1);
	assert_int_equal(count_open(), 1);
	remove_id(id);
	assert_int_equal(nr_slot_enter(&slots, id, NR_SLOT_WRITE, &(struct nr_visit){0}),
			 -EINVAL);
}

/* The next one in the same place closes it. */
static void test_replaced(void **state)
{
	int id = make();

	(void)state;
	use(id);
	remove_id(id);
	use(make());
	assert_int_equal(objects[0].closed, 1);
	assert_int_equal(count_open(), 1);
}

/* Whoever opens another one closes those that have been removed. */
static void test_swept(void **state)
{
	int id[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		use(id[i] = make());
	for (int i = 0; i < 8; i++)
		remove_id(id[i]);
	make();
	for (int i = 0; i < 4; i++)
		use(make());
	assert_int_equal(count_open(), 4);
}

/* As long as a call is in there it stays open, though the place is another's by now. */
static void test_retired(void **state)
{
	int id = make(), next;
	struct nr_visit visit = enter(id);

	(void)state;
	remove_id(id);
	next = make();
	assert_int_equal(next % (int)NR_SYSV_ENTRIES, id % (int)NR_SYSV_ENTRIES);
	use(next);
	use(make());
	assert_int_equal(objects[0].closed, 0);
	nr_slot_leave(&visit);
	use(make());
	assert_int_equal(objects[0].closed, 1);
	assert_int_equal(count_open(), 3);
}

/* What is in a call in the parent is in none in the child; it leaves it all the same. */
static int leave_in_child(void *data)
{
	const struct nr_visit *visit = data;
	int id = ((const struct object *)visit->object)->id;

	nr_slot_leave(visit);
	use(id);
	must_be(opened, 1);
	remove_id(id);
	use(make());
	must_be(objects[0].closed, 1);
	return 0;
}

static void test_fork(void **state)
{
	int id = make();
	struct nr_visit visit = enter(id);

	(void)state;
	assert_int_equal(child_run(leave_in_child, &visit), 0);
	nr_slot_leave(&visit);
}

static uint32_t mode;

static int set_mode(void *data, struct nr_ids_entry *entry)
{
	(void)data;
	entry->mode = mode;
	return 0;
}

static int enter_as(int id, int access)
{
	struct nr_visit visit;
	int r = nr_slot_enter(&slots, id, access, &visit);

	if (r == 0)
		nr_slot_leave(&visit);
	return r;
}

/* What was permitted is so until something changes. */
static int be_alice(void *data)
{
	int id = *(int *)data;

	must_be(enter_as(id, NR_SLOT_READ), 0);
	become(ALICE);
	nr_epoch_end(&nr_epochs.identity);
	must_be(enter_as(id, NR_SLOT_READ), 0);
	must_be(enter_as(id, NR_SLOT_WRITE), -EACCES);
	return 0;
}

static void test_permission(void **state)
{
	int id = make();

	(void)state;
	need_root();
	mode = 0604;
	must_be(nr_ids_change(&ids, NR_SYSV_MSG, id, set_mode, NULL), 0);
	assert_int_equal(enter_as(id, NR_SLOT_WRITE), 0);
	assert_int_equal(child_run(be_alice, &id), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_slots(test_opened_once), with_slots(test_replaced),
		with_slots(test_swept),	      with_slots(test_retired),
		with_slots(test_fork),	      with_slots(test_permission),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
