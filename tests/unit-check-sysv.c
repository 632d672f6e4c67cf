/* SPDX-License-Identifier: MIT */

/* What the doctor finds of System V objects, and puts right: what deaths left half done.
 */

#include <signal.h>
#include <string.h>
#include <support/child.h>
#include <support/place.h>
#include <sys/wait.h>
#include <sysv/msg.h>
#include <sysv/sem.h>
#include <sysv/shm.h>
#include <unistd.h>

enum { KEY = 7, SIZE = 10000, FEW_BYTES = 4096 };

static struct nr_ids ids;
static struct nr_msg msg;
static struct nr_sem sem;

static int open_all(void **state)
{
	struct room *room;

	room_set_up(state);
	room = *state;
	must_be(nr_ids_open(room->space, &ids), 0);
	must_be(nr_msg_open(&ids, &msg), 0);
	must_be(nr_sem_open(&ids, &sem), 0);
	return 0;
}

static int close_all(void **state)
{
	nr_sem_close(&sem);
	nr_msg_close(&msg);
	nr_ids_close(&ids);
	return room_tear_down(state);
}

#define with_all(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)

/* What was found of objects, last. */
struct found {
	int count;
	char object[64], text[300];
	bool repaired;
};

static void keep_finding(void *data, const struct naru_finding *finding)
{
	struct found *found = data;

	if (!finding->object)
		return;
	must_be((long)finding->severity, (long)NARU_SEVERITY_NOTICE);
	found->count++;
	found->repaired = finding->repaired;
	snprintf(found->object, sizeof(found->object), "%s", finding->object);
	snprintf(found->text, sizeof(found->text), "%s", finding->text);
}

static struct found check(struct room *room, int flags)
{
	struct found found = {0};

	assert_int_equal(naru_space_check(room->space, flags, keep_finding, &found), 0);
	return found;
}

/* It is told once, then put right, and then there is nothing to be told. */
static void assert_mended(struct room *room, const char *object, const char *text)
{
	for (int flags = 0; flags <= NARU_CHECK_REPAIR; flags += NARU_CHECK_REPAIR) {
		struct found found = check(room, flags);

		assert_int_equal(found.count, 1);
		assert_string_equal(found.object, object);
		if (!strstr(found.text, text))
			fail_msg("\"%s\" is not in \"%s\"", text, found.text);
		assert_int_equal(found.repaired, flags == NARU_CHECK_REPAIR);
	}
	assert_int_equal(check(room, 0).count, 0);
}

static int get(enum nr_sysv_kind kind)
{
	const int flags = IPC_CREAT | 0600;

	return kind == NR_SYSV_SHM   ? nr_shm_get(&ids, KEY, SIZE, flags)
	       : kind == NR_SYSV_MSG ? nr_msg_get(&msg, KEY, flags)
				     : nr_sem_get(&sem, KEY, 3, flags);
}

/* Of the record only. */
static int change(void *data, struct nr_ids_entry *entry)
{
	const enum nr_sysv_kind *kind = data;

	entry->mode = 0666;
	if (*kind == NR_SYSV_MSG)
		entry->size = FEW_BYTES;
	return 0;
}

static uint64_t capacity_of(struct room *room, const char *name)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	struct naru_queue *queue;

	must_be(naru_queue_open(room->space, name, NULL, &queue), 0);
	must_be(naru_queue_stat(queue, &stat), 0);
	naru_queue_close(queue);
	return stat.capacity;
}

/* The record has been changed, and the file not, when a process dies. */
static void test_change_is_cut_short(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < NR_SYSV_KINDS; i++) {
		enum nr_sysv_kind kind = (enum nr_sysv_kind)i;
		char name[NR_IDS_NAME_MAX];
		int id = get(kind);

		nr_ids_name(kind, id, name);
		assert_int_equal(check(room, 0).count, 0);
		assert_int_equal(nr_ids_change(&ids, kind, id, change, &kind), 0);
		nr_ids_unsettle(&ids, kind, id);
		assert_int_equal(mode_of(in(room, name)), 0600);
		assert_mended(room, name, "an IPC_SET was cut short");
		assert_int_equal(mode_of(in(room, name)), 0666);
	}
	assert_int_equal(capacity_of(room, "sysv-msg-0"), FEW_BYTES);
}

static int stat_and_set(enum nr_sysv_kind kind, int id, bool set)
{
	int command = set ? IPC_SET : IPC_STAT;
	static struct shmid_ds shmid;
	static struct msqid_ds msqid;
	static struct semid_ds semid;

	return kind == NR_SYSV_SHM ? nr_shm_control(&ids, id, command, &shmid)
	       : kind == NR_SYSV_MSG
		       ? nr_msg_control(&msg, id, command, &msqid)
		       : nr_sem_control(&sem, id, 0, command,
					(union nr_sem_argument){.buffer = &semid});
}

/* Whoever asks for its state puts it right; a change that went through leaves nothing. */
static void test_settled(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < NR_SYSV_KINDS; i++) {
		enum nr_sysv_kind kind = (enum nr_sysv_kind)i;
		int id = get(kind);

		nr_ids_unsettle(&ids, kind, id);
		assert_int_equal(check(room, 0).count, 1);
		assert_int_equal(stat_and_set(kind, id, false), 0);
		assert_int_equal(check(room, 0).count, 0);
		assert_int_equal(stat_and_set(kind, id, true), 0);
		assert_int_equal(check(room, 0).count, 0);
		/* Nor does what comes in the place of one that was not settled. */
		nr_ids_unsettle(&ids, kind, id);
		if (kind == NR_SYSV_SHM)
			must_be(nr_shm_control(&ids, id, IPC_RMID, NULL), 0);
		else if (kind == NR_SYSV_MSG)
			must_be(nr_msg_control(&msg, id, IPC_RMID, NULL), 0);
		else
			must_be(nr_sem_control(&sem, id, 0, IPC_RMID,
					       (union nr_sem_argument){0}),
				0);
		assert_int_equal(get(kind), id + (int)NR_SYSV_ENTRIES);
		assert_int_equal(check(room, 0).count, 0);
	}
}

static int use(enum nr_sysv_kind kind, int id)
{
	const struct {
		long type;
		char text[8];
	} letter = {1, ""};
	const struct sembuf up = {.sem_op = 1};
	void *bytes;
	int r;

	if (kind == NR_SYSV_MSG)
		return nr_msg_send(&msg, id, &letter, sizeof(letter.text), 0);
	if (kind == NR_SYSV_SEM)
		return nr_sem_operate(&sem, id, &up, 1, NULL);
	r = nr_shm_attach(&ids, id, NULL, 0, &bytes);
	return r < 0 ? r : nr_shm_detach(&ids, bytes);
}

/* So does whoever is the first to use it. */
static void test_used(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < NR_SYSV_KINDS; i++) {
		enum nr_sysv_kind kind = (enum nr_sysv_kind)i;
		int id = get(kind);

		nr_ids_unsettle(&ids, kind, id);
		assert_int_equal(use(kind, id), 0);
		assert_int_equal(check(room, 0).count, 0);
	}
}

static int forget(void *data, const struct nr_ids_entry *entry)
{
	(void)data;
	(void)entry;
	return NR_SYSV_FREE;
}

static void test_nobodys(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < NR_SYSV_KINDS; i++) {
		enum nr_sysv_kind kind = (enum nr_sysv_kind)i;
		char name[NR_IDS_NAME_MAX];
		int id = get(kind);

		nr_ids_name(kind, id, name);
		must_be(nr_ids_remove(&ids, kind, id, forget, NULL), NR_SYSV_FREE);
		assert_mended(room, name, "identifier that is not there");
		assert_int_equal(access(in(room, name), F_OK), -1);
	}
}

static int attach_and_wait(void *data)
{
	void *bytes;

	must_be(nr_shm_attach(&ids, *(int *)data, NULL, 0, &bytes), 0);
	raise(SIGSTOP);
	return 1;
}

/* A removed segment, whose last user was killed. */
static void test_left(void **state)
{
	struct room *room = *state;
	struct nr_ids_usage usage;
	int id = get(NR_SYSV_SHM);
	pid_t child = child_start(attach_and_wait, &id);

	must(waitpid(child, NULL, WUNTRACED) == child);
	must_be(nr_shm_control(&ids, id, IPC_RMID, NULL), 0);
	assert_int_equal(check(room, NARU_CHECK_REPAIR).count, 0);
	child_kill(child);
	assert_mended(room, "sysv-shm-0", "gives its memory back");
	assert_int_equal(access(in(room, "sysv-shm-0"), F_OK), -1);
	must_be(nr_ids_usage(&ids, NR_SYSV_SHM, &usage), 0);
	assert_int_equal(usage.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_all(test_change_is_cut_short),
		with_all(test_settled),
		with_all(test_used),
		with_all(test_nobodys),
		with_all(test_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
