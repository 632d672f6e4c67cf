/* SPDX-License-Identifier: MIT */

/* System V queues: who waits, and for what; room that grows; pointers; slots. */

#include "asleep.h"

#include <sched.h>
#include <string.h>
#include <support/child.h>
#include <support/place.h>
#include <sys/mman.h>
#include <sysv/memory.h>
#include <sysv/msg.h>

struct letter {
	long type;
	char text[100];
};

static struct nr_ids ids;
static struct nr_msg msg;

static int open_msg(void **state)
{
	struct room *room;

	room_set_up(state);
	room = *state;
	must_be(nr_ids_open(room->space, &ids), 0);
	must_be(nr_msg_open(&ids, &msg), 0);
	return 0;
}

static int close_msg(void **state)
{
	nr_msg_close(&msg);
	nr_ids_close(&ids);
	return room_tear_down(state);
}

#define with_msg(test) cmocka_unit_test_setup_teardown(test, open_msg, close_msg)

static int make(void)
{
	int id = nr_msg_get(&msg, IPC_PRIVATE, 0600);

	must(id >= 0);
	return id;
}

static int send_one(int id, size_t size, int flags)
{
	struct letter letter = {.type = 1};

	return nr_msg_send(&msg, id, &letter, size, flags);
}

static ssize_t receive_one(int id, int flags)
{
	struct letter letter;

	return nr_msg_receive(&msg, id, &letter, sizeof(letter.text), 0, flags);
}

static int set_bytes(int id, size_t bytes)
{
	struct msqid_ds ds;

	must_be(nr_msg_control(&msg, id, IPC_STAT, &ds), 0);
	ds.msg_qbytes = bytes;
	return nr_msg_control(&msg, id, IPC_SET, &ds);
}

static void await_sleep(pid_t child)
{
	while (!asleep(child))
		sched_yield();
}

/* The exit status is how the call ended. */
static int be_receiver(void *data)
{
	return (int)-receive_one(*(int *)data, 0);
}

static int be_sender(void *data)
{
	return -send_one(*(int *)data, 100, 0);
}

static void test_who_waits_is_told_of_the_removal(void **state)
{
	int id = make();
	pid_t child = child_start(be_receiver, &id);

	await_sleep(child);
	assert_int_equal(nr_msg_control(&msg, id, IPC_RMID, NULL), 0);
	assert_int_equal(child_await(child), EIDRM);
	assert_int_equal(access(in(*state, "sysv-msg-0"), F_OK), -1);
	assert_int_equal(send_one(id, 1, 0), -EINVAL);
	assert_int_equal(receive_one(id, 0), -EINVAL);
}

/* What a remover leaves that dies between its two steps. */
static int free_it(void *data, const struct nr_ids_entry *entry)
{
	(void)data;
	(void)entry;
	return NR_SYSV_FREE;
}

static void test_the_remover_dies(void **state)
{
	int id = make();
	pid_t receiver = child_start(be_receiver, &id), sender;

	(void)state;
	await_sleep(receiver);
	assert_int_equal(nr_ids_remove(&ids, NR_SYSV_MSG, id, free_it, NULL), 0);
	assert_int_equal(child_await(receiver), EIDRM);

	id = make();
	assert_int_equal(set_bytes(id, 10), 0);
	sender = child_start(be_sender, &id);
	await_sleep(sender);
	assert_int_equal(nr_ids_remove(&ids, NR_SYSV_MSG, id, free_it, NULL), 0);
	assert_int_equal(child_await(sender), EIDRM);
}

/* The file of an identifier that comes again is somebody's who died making it. */
static void test_a_file_is_left_over(void **state)
{
	struct room *room = *state;
	int id = make();
	const char *path = in(room, "sysv-msg-32768");

	must(id == 0 && nr_msg_control(&msg, id, IPC_RMID, NULL) == 0);
	naru_queue_close(room_queue(room, "sysv-msg-32768", 0, 0));
	must(mode_of(path) == 0600);
	assert_int_equal(make(), 32768);
	assert_int_equal(receive_one(32768, IPC_NOWAIT), -ENOMSG);
}

static void test_it_holds_what_it_should(void **state)
{
	struct msqid_ds ds;
	int id = make();

	(void)state;
	assert_int_equal(set_bytes(id, 5000), 0);
	for (int i = 0; i < 5000; i++)
		must_be(send_one(id, 0, IPC_NOWAIT), 0);
	assert_int_equal(send_one(id, 0, IPC_NOWAIT), -EAGAIN);
	for (int i = 0; i < 5000; i++)
		must_be(receive_one(id, IPC_NOWAIT), 0);
	for (int i = 0; i < 50; i++)
		must_be(send_one(id, 100, IPC_NOWAIT), 0);
	assert_int_equal(send_one(id, 1, IPC_NOWAIT), -EAGAIN);
	assert_int_equal(nr_msg_control(&msg, id, IPC_STAT, &ds), 0);
	assert_int_equal(ds.msg_qnum, 50);
	assert_int_equal(ds.__msg_cbytes, 5000);
}

static void test_more_room_lets_a_sender_go_on(void **state)
{
	int id = make();
	pid_t child;

	(void)state;
	/* What can never fit, and what only does not fit now. */
	for (size_t bytes = 50; bytes <= 149; bytes += 99) {
		assert_int_equal(set_bytes(id, bytes), 0);
		assert_int_equal(send_one(id, 50, 0), 0);
		child = child_start(be_sender, &id);
		await_sleep(child);
		assert_int_equal(set_bytes(id, 1 << 20), 0);
		assert_int_equal(child_await(child), 0);
		assert_int_equal(receive_one(id, IPC_NOWAIT), 50);
		assert_int_equal(receive_one(id, IPC_NOWAIT), 100);
	}
}

static void test_arguments(void **state)
{
	struct letter letter = {.type = 0};
	int id = make();

	(void)state;
	assert_int_equal(nr_msg_send(&msg, id, &letter, 1, 0), -EINVAL);
	letter.type = 1;
	assert_int_equal(nr_msg_send(&msg, -1, &letter, 1, 0), -EINVAL);
	assert_int_equal(nr_msg_send(&msg, id, &letter, SIZE_MAX, 0), -EINVAL);
	assert_int_equal(nr_msg_send(&msg, id, &letter, (1 << 20) + 1, 0), -EINVAL);
	assert_int_equal(nr_msg_receive(&msg, id, &letter, SIZE_MAX, 0, 0), -EINVAL);
	assert_int_equal(nr_msg_receive(&msg, id, &letter, 1, 0, MSG_COPY), -EINVAL);
	assert_int_equal(send_one(id, 10, 0), 0);
	assert_int_equal(nr_msg_receive(&msg, id, &letter, 9, 0, 0), -E2BIG);
	assert_int_equal(nr_msg_receive(&msg, id, &letter, 9, 0, MSG_NOERROR), 9);
	assert_int_equal(nr_msg_control(&msg, id, -1, NULL), -EINVAL);
	assert_int_equal(nr_msg_control(&msg, id, 77, NULL), -EINVAL);
}

/* The longest there may be; and one that is longer than any may be by now. */
static void test_longest(void **state)
{
	enum { LONGEST = 8000, SHORTER = 100 };
	static struct {
		long type;
		char text[LONGEST + 1];
	} letter = {1, ""};
	int id = make();

	(void)state;
	must_be(nr_ids_set_limit(&ids, NR_SYSV_MSGMAX, LONGEST), 0);
	assert_int_equal(nr_msg_send(&msg, id, &letter, LONGEST + 1, 0), -EINVAL);
	assert_int_equal(nr_msg_send(&msg, id, &letter, LONGEST, 0), 0);
	must_be(nr_ids_set_limit(&ids, NR_SYSV_MSGMAX, SHORTER), 0);
	assert_int_equal(nr_msg_send(&msg, id, &letter, SHORTER + 1, 0), -EINVAL);
	assert_int_equal(nr_msg_receive(&msg, id, &letter, LONGEST + 1, 0, 0), LONGEST);
}

static int count_mapped(const char *what)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[400];
	int count = 0;

	must(maps);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, what) != NULL;
	fclose(maps);
	return count;
}

/* However the calls on them ended. */
static void test_removed_ones_are_unmapped(void **state)
{
	int few = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		int id = make();
		struct letter letter = {.type = 1};

		must_be(set_bytes(id, 10), 0);
		must_be(send_one(id, 9, 0), 0);
		must_be(send_one(id, 9, IPC_NOWAIT), -EAGAIN);
		must_be(nr_msg_receive(&msg, id, &letter, 1, 0, 0), -E2BIG);
		must_be(receive_one(id, 0), 9);
		must_be(receive_one(id, IPC_NOWAIT), -ENOMSG);
		must_be(nr_msg_control(&msg, id, IPC_RMID, NULL), 0);
		must_be(receive_one(id, 0), -EINVAL);
		if (i == 0)
			few = count_mapped("/sysv-msg-");
	}
	must(few > 0);
	assert_int_equal(count_mapped("/sysv-msg-"), few);
}

static void test_pages(void **state)
{
	const size_t page = 4096;
	char *pages = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *middle = pages + page;

	(void)state;
	must(pages != MAP_FAILED);
	memset(pages, 'x', 4 * page);
	must(mprotect(pages, page, PROT_NONE) == 0);
	must(mprotect(pages + 2 * page, page, PROT_READ) == 0);
	must(munmap(pages + 3 * page, page) == 0);
	assert_int_equal(nr_memory_readable(middle, 2 * page), 0);
	assert_int_equal(nr_memory_readable(middle, 2 * page + 1), -EFAULT);
	assert_int_equal(nr_memory_readable(middle - 1, 1), -EFAULT);
	assert_int_equal(nr_memory_readable(middle - 1, 0), 0);
	assert_int_equal(nr_memory_writable(middle, page), 0);
	assert_int_equal(nr_memory_writable(middle, page + 1), -EFAULT);
	assert_int_equal(nr_memory_readable(NULL, 1), -EFAULT);
	assert_int_equal(nr_memory_readable((void *)UINTPTR_MAX, 1), -EFAULT);
	assert_int_equal(nr_memory_readable(middle, SIZE_MAX), -EFAULT);
	for (size_t i = 0; i < page; i++)
		must(middle[i] == 'x');
	munmap(pages, 3 * page);
}

/* A child of fork uses the parent's, and is nobody's hindrance. */
static int use_and_remove(void *data)
{
	int id = *(int *)data;

	must_be(send_one(id, 1, 0), 0);
	must_be(receive_one(id, 0), 1);
	must_be(nr_msg_control(&msg, id, IPC_RMID, NULL), 0);
	must(nr_msg_get(&msg, IPC_PRIVATE, 0600) == id + (int)NR_SYSV_ENTRIES);
	return 0;
}

static void test_fork(void **state)
{
	int id = make(), next = id + (int)NR_SYSV_ENTRIES;

	(void)state;
	assert_int_equal(send_one(id, 1, 0), 0);
	assert_int_equal(receive_one(id, 0), 1);
	assert_int_equal(child_run(use_and_remove, &id), 0);
	assert_int_equal(send_one(id, 1, 0), -EINVAL);
	assert_int_equal(send_one(next, 1, 0), 0);
	assert_int_equal(receive_one(next, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_msg(test_who_waits_is_told_of_the_removal),
		with_msg(test_the_remover_dies),
		with_msg(test_a_file_is_left_over),
		with_msg(test_it_holds_what_it_should),
		with_msg(test_more_room_lets_a_sender_go_on),
		with_msg(test_arguments),
		with_msg(test_longest),
		with_msg(test_removed_ones_are_unmapped),
		with_msg(test_pages),
		with_msg(test_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
