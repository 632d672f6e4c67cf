/* SPDX-License-Identifier: MIT */

/* crash-sysv-cases.c - what is prepared, what is cut short, and what is found then */

#include "crash-sysv.h"
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysv/apply.h>
#include <sysv/msg.h>
#include <sysv/shm.h>

enum { KEY = 7, FIRST = 2048, MANY = FIRST + 500 };

struct letter {
	long type;
	char text[64];
};

const char *sysv_space_path;
static struct naru_space *space;
struct nr_ids sysv_ids;
static struct nr_msg msg;
static int id;

bool sysv_is(const char *what, long value, long expected)
{
	if (value != expected)
		trace_complain("%s: %ld, not %ld", what, value, expected);
	return value == expected;
}

bool sysv_open(void *data)
{
	(void)data;
	return sysv_is("space", naru_space_open(sysv_space_path, NULL, &space), 0) &&
	       sysv_is("ids", nr_ids_open(space, &sysv_ids), 0) &&
	       sysv_is("msg", nr_msg_open(&sysv_ids, &msg), 0);
}

bool sysv_prepare_nothing(void *data)
{
	/* The file of identifiers is made, and there is a place in it. */
	return sysv_open(data) &&
	       sysv_is("get", nr_msg_get(&msg, 99, IPC_CREAT | 0600), 0) &&
	       sysv_is("get", nr_shm_get(&sysv_ids, 99, 1, IPC_CREAT | 0600), 0);
}

static int send_letter(const char *text)
{
	struct letter letter = {.type = text[0]};

	strcpy(letter.text, text);
	return nr_msg_send(&msg, id, &letter, strlen(text) + 1, IPC_NOWAIT);
}

static bool prepare_queue(void *data)
{
	(void)data;
	if (!sysv_prepare_nothing(data))
		return false;
	id = nr_msg_get(&msg, KEY, IPC_CREAT | 0600);
	return id > 0 && sysv_is("send", send_letter("a"), 0);
}

static bool prepare_full(void *data)
{
	if (!prepare_queue(data))
		return false;
	/* As many as it has memory for at first. */
	for (int i = 1; i < FIRST; i++)
		if (!sysv_is("send", send_letter("f"), 0))
			return false;
	return true;
}

static void make_queue(void *data)
{
	(void)data;
	nr_msg_get(&msg, KEY, IPC_CREAT | 0600);
}

static void send_one(void *data)
{
	(void)data;
	send_letter("b");
}

static void receive_one(void *data)
{
	struct letter letter;

	(void)data;
	nr_msg_receive(&msg, id, &letter, sizeof(letter.text), 0, IPC_NOWAIT);
}

static void set_queue(void *data)
{
	struct msqid_ds ds;

	(void)data;
	nr_msg_control(&msg, id, IPC_STAT, &ds);
	ds.msg_qbytes = 4000;
	ds.msg_perm.mode = 0640;
	nr_msg_control(&msg, id, IPC_SET, &ds);
}

static void remove_queue(void *data)
{
	(void)data;
	nr_msg_control(&msg, id, IPC_RMID, NULL);
}

static void complain_of(void *data, const struct naru_finding *finding)
{
	(void)data;
	/* The sleeper may just have ended. */
	if (finding->object)
		trace_complain("%s: %s", finding->object, finding->text);
}

/* Whatever was left is seen to by now, and a second look finds nothing. */
bool sysv_is_clean(void)
{
	int r = naru_space_check(space, NARU_CHECK_REPAIR, NULL, NULL);

	return sysv_is("check", r, 0) &&
	       sysv_is("check", naru_space_check(space, 0, complain_of, NULL), 0) &&
	       !trace_page->text[0];
}

/* It is in the first place that is free, since the one in front is used. */
bool sysv_is_lowest(int object)
{
	return sysv_is("get", object > 0, true) &&
	       sysv_is("place", object % (int)NR_SYSV_ENTRIES, 1);
}

/* The queue works: what is in it, in order, then as much as it may hold, and out again.
 */
static bool queue_works(const char *expected, int letters)
{
	struct letter letter;
	struct msqid_ds ds;

	id = nr_msg_get(&msg, KEY, IPC_CREAT | 0600);
	if (!sysv_is_lowest(id) ||
	    !sysv_is("stat", nr_msg_control(&msg, id, IPC_STAT, &ds), 0) ||
	    !sysv_is("messages", (long)ds.msg_qnum, letters))
		return false;
	for (int i = 0; i < letters; i++) {
		ssize_t n = nr_msg_receive(&msg, id, &letter, sizeof(letter.text), 0,
					   IPC_NOWAIT);

		if (!sysv_is("receive", n, 2))
			return false;
		if (i < 2 && expected[i] &&
		    !sysv_is("which", letter.text[0], expected[i]))
			return false;
	}
	for (int i = 0; i < MANY; i++)
		if (!sysv_is("send", send_letter("c"), 0))
			return false;
	for (int i = 0; i < MANY; i++)
		receive_one(NULL);
	return sysv_is("empty", nr_msg_receive(&msg, id, &letter, 64, 0, IPC_NOWAIT),
		       -ENOMSG) &&
	       sysv_is("remove", nr_msg_control(&msg, id, IPC_RMID, NULL), 0);
}

bool sysv_usage_is_right(enum nr_sysv_kind kind)
{
	struct nr_ids_usage usage;

	return sysv_is("usage", nr_ids_usage(&sysv_ids, kind, &usage), 0) &&
	       sysv_is("last", usage.last, 0) && sysv_is("used", usage.used, 1) &&
	       sysv_is("total", (long)usage.total, kind == NR_SYSV_MSG ? 0 : 1);
}

static int find_queue(void *data)
{
	bool done;

	if (!sysv_open(data))
		return SURVIVOR_FAILED;
	done = nr_msg_get(&msg, KEY, 0) >= 0;
	return queue_works("", 0) && sysv_usage_is_right(NR_SYSV_MSG) && sysv_is_clean()
		       ? done
		       : SURVIVOR_FAILED;
}

static int messages_in(void)
{
	struct msqid_ds ds;

	id = nr_msg_get(&msg, KEY, 0);
	return nr_msg_control(&msg, id, IPC_STAT, &ds) < 0 ? -1 : (int)ds.msg_qnum;
}

static int find_sent(void *data)
{
	int n = sysv_open(data) ? messages_in() : -1;

	/* Who slept may have taken the first. */
	return (n == 1 || n == 2) && queue_works("ab", n) && sysv_is_clean()
		       ? n - 1
		       : SURVIVOR_FAILED;
}

static int find_many(void *data)
{
	int n = sysv_open(data) ? messages_in() : -1;

	return (n == FIRST || n == FIRST + 1) && queue_works("af", n) && sysv_is_clean()
		       ? n - FIRST
		       : SURVIVOR_FAILED;
}

static int find_received(void *data)
{
	int n = sysv_open(data) ? messages_in() : -1;

	return (n == 1 || n == 0) && queue_works("a", n) && sysv_is_clean()
		       ? 1 - n
		       : SURVIVOR_FAILED;
}

/* The file, and the record: of whichever mode the one is the other is. */
bool sysv_is_settled(enum nr_sysv_kind kind, int object)
{
	char name[NR_IDS_NAME_MAX], path[300];
	struct nr_ids_entry entry;
	struct stat stat;

	nr_ids_name(kind, object, name);
	snprintf(path, sizeof(path), "%s/%s", sysv_space_path, name);
	return sysv_is("find", nr_ids_find(&sysv_ids, kind, object, &entry), 0) &&
	       sysv_is("file", lstat(path, &stat), 0) &&
	       sysv_is("mode", entry.mode == 0640 || entry.mode == 0600, true) &&
	       sysv_is("its mode", (long)stat.st_mode & 0777,
		       (long)nr_apply_mode(kind, entry.mode));
}

/* Every other time the doctor is the first one to come by. */
bool sysv_doctor_settles(enum nr_sysv_kind kind, int object)
{
	return sysv_turn % 2 == 0 || (sysv_is_clean() && sysv_is_settled(kind, object));
}

static int find_set(void *data)
{
	struct nr_ids_entry entry;
	bool done;

	if (!sysv_open(data) ||
	    !sysv_doctor_settles(NR_SYSV_MSG, nr_msg_get(&msg, KEY, 0)) ||
	    messages_in() != 1 ||
	    !sysv_is("find", nr_ids_find(&sysv_ids, NR_SYSV_MSG, id, &entry), 0))
		return SURVIVOR_FAILED;
	done = entry.mode == 0640;
	if (!sysv_is("bytes", (long)entry.size, done ? 4000 : 1 << 20) ||
	    !sysv_is_settled(NR_SYSV_MSG, id))
		return SURVIVOR_FAILED;
	set_queue(NULL);
	if (!sysv_is("find", nr_ids_find(&sysv_ids, NR_SYSV_MSG, id, &entry), 0) ||
	    !sysv_is("mode", (long)entry.mode, 0640) ||
	    !sysv_is("remove", nr_msg_control(&msg, id, IPC_RMID, NULL), 0))
		return SURVIVOR_FAILED;
	return sysv_is_clean() ? done : SURVIVOR_FAILED;
}

/* Who sleeps is told within a second. */
static int find_removed(void *data)
{
	bool done;

	if (!sysv_open(data))
		return SURVIVOR_FAILED;
	done = nr_msg_get(&msg, KEY, 0) == -ENOENT;
	if (!done) {
		id = nr_msg_get(&msg, KEY, 0);
		if (!sysv_is("remove", nr_msg_control(&msg, id, IPC_RMID, NULL), 0))
			return SURVIVOR_FAILED;
	}
	return sysv_usage_is_right(NR_SYSV_MSG) && queue_works("", 0) && sysv_is_clean()
		       ? done
		       : SURVIVOR_FAILED;
}

static int sleep_at_queue(void *data)
{
	struct letter letter;

	if (!sysv_open(data))
		return 1;
	id = nr_msg_get(&msg, KEY, 0);
	return sysv_is("sleeper", nr_msg_receive(&msg, id, &letter, 64, 1, 0), -EIDRM)
		       ? 0
		       : 1;
}

const struct sysv_case sysv_cases[] = {
	{"msgget", sysv_prepare_nothing, make_queue, find_queue, NULL},
	{"msgsnd", prepare_queue, send_one, find_sent, NULL},
	{"msgsnd, growing", prepare_full, send_one, find_many, NULL},
	{"msgrcv", prepare_queue, receive_one, find_received, NULL},
	{"msgctl IPC_SET", prepare_queue, set_queue, find_set, NULL},
	{"msgctl IPC_RMID", prepare_queue, remove_queue, find_removed, sleep_at_queue},
	{"shmget", sysv_prepare_nothing, sysv_make_segment, sysv_find_segment, NULL},
	{"shmat", sysv_prepare_segment, sysv_attach, sysv_find_segment, NULL},
	{"shmdt", sysv_prepare_attached, sysv_detach, sysv_find_segment, NULL},
	{"shmctl IPC_SET", sysv_prepare_segment, sysv_set_segment, sysv_find_segment_set,
	 NULL},
	{"shmctl IPC_RMID", sysv_prepare_segment, sysv_remove_segment, sysv_find_segment,
	 NULL},
	{"shmctl IPC_RMID, attached", sysv_prepare_attached, sysv_remove_segment,
	 sysv_find_segment, NULL},
	{"shmdt, removed", sysv_prepare_left, sysv_detach, sysv_find_segment, NULL},
	{"semget", sysv_prepare_set_to_be, sysv_make_set, sysv_find_set_made, NULL},
	{"semctl IPC_SET", sysv_prepare_set, sysv_set_set, sysv_find_set_set, NULL},
	{"semctl IPC_RMID", sysv_prepare_set, sysv_remove_set, sysv_find_set_gone,
	 sysv_sleep_at_set},
};

const unsigned sysv_cases_count = sizeof(sysv_cases) / sizeof(sysv_cases[0]);
