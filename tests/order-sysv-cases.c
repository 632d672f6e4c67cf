/* SPDX-License-Identifier: MIT */

/* order-sysv-cases.c - the pairs of calls, and what may come of each */

#include "order-sysv.h"

#include <errno.h>
#include <sysv/shm.h>

enum { KEY = 7, SIZE = 10000 };

static void *bytes;

/* Two make what has this key. */
static bool prepare_nothing(void *data)
{
	return order_open(data) &&
	       order_is("get", nr_shm_get(&order_ids, 99, 1, IPC_CREAT | 0600), 0);
}

static void make_first(void *data)
{
	(void)data;
	order->first = nr_shm_get(&order_ids, KEY, SIZE, IPC_CREAT | 0600);
}

static int make_second(void *data)
{
	if (!order_open(data))
		return 1;
	order->second = nr_shm_get(&order_ids, KEY, SIZE, IPC_CREAT | 0600);
	return 0;
}

static void verify_one(void *data)
{
	(void)data;
	order_is("made", order->first > 0, true);
	order_is("the same", order->second, order->first);
	order_is("found", nr_shm_get(&order_ids, KEY, 0, 0), order->first);
	order_verify(NR_SYSV_SHM, 2);
}

static void make_first_only(void *data)
{
	(void)data;
	order->first = nr_shm_get(&order_ids, KEY, SIZE, IPC_CREAT | IPC_EXCL | 0600);
}

static int make_second_only(void *data)
{
	if (!order_open(data))
		return 1;
	order->second = nr_shm_get(&order_ids, KEY, SIZE, IPC_CREAT | IPC_EXCL | 0600);
	return 0;
}

static void verify_one_only(void *data)
{
	(void)data;
	order_is("one of them", (order->first > 0) != (order->second > 0), true);
	order_is("the other", order->first > 0 ? order->second : order->first, -EEXIST);
	order_verify(NR_SYSV_SHM, 2);
}

/* A record is read, and changed as often as it has copies. */
static struct nr_ids_entry read_entry;

static bool prepare_queue(void *data)
{
	if (!order_open(data))
		return false;
	order->id = nr_msg_get(&order_msg, KEY, IPC_CREAT | 0600);
	return order->id >= 0;
}

static void find_first(void *data)
{
	(void)data;
	order->first = nr_ids_find(&order_ids, NR_SYSV_MSG, (int)order->id, &read_entry);
}

static int set_queue(unsigned mode, unsigned bytes_wanted)
{
	struct msqid_ds ds;
	int r = nr_msg_control(&order_msg, (int)order->id, IPC_STAT, &ds);

	ds.msg_perm.mode = (unsigned short)mode;
	ds.msg_qbytes = bytes_wanted;
	return r < 0 ? r : nr_msg_control(&order_msg, (int)order->id, IPC_SET, &ds);
}

static int set_twice(void *data)
{
	return order_open(data) && order_is("set", set_queue(0640, 4000), 0) &&
			       order_is("set", set_queue(0620, 2000), 0)
		       ? 0
		       : 1;
}

static void verify_entry(void *data)
{
	uint64_t size = read_entry.size;

	(void)data;
	order_is("found", order->first, 0);
	order_is("of the same moment", read_entry.mode,
		 size == 4000	? 0640
		 : size == 2000 ? 0620
				: 0600);
	order_verify(NR_SYSV_MSG, 1);
}

static void set_first(void *data)
{
	(void)data;
	order->first = set_queue(0660, 3000);
}

static int set_second(void *data)
{
	if (!order_open(data))
		return 1;
	order->second = set_queue(0640, 4000);
	return 0;
}

static void verify_set(void *data)
{
	struct nr_ids_entry entry = {.size = 0};

	(void)data;
	order_is("set", order->first, 0);
	order_is("set", order->second, 0);
	order_is("find", nr_ids_find(&order_ids, NR_SYSV_MSG, (int)order->id, &entry), 0);
	order_is("as one", entry.mode, entry.size == 4000 ? 0640 : 0660);
	order_verify(NR_SYSV_MSG, 1);
}

static bool prepare_segment(void *data)
{
	if (!order_open(data))
		return false;
	order->id = nr_shm_get(&order_ids, KEY, SIZE, IPC_CREAT | 0600);
	return order->id >= 0;
}

static bool prepare_left(void *data)
{
	return prepare_segment(data) &&
	       order_is("attach",
			nr_shm_attach(&order_ids, (int)order->id, NULL, 0, &bytes), 0) &&
	       order_is("remove",
			nr_shm_control(&order_ids, (int)order->id, IPC_RMID, NULL), 0);
}

static void attach_first(void *data)
{
	(void)data;
	order->first = nr_shm_attach(&order_ids, (int)order->id, NULL, 0, &bytes);
}

static int remove_segment(void *data)
{
	if (!order_open(data))
		return 1;
	order->second = nr_shm_control(&order_ids, (int)order->id, IPC_RMID, NULL);
	return 0;
}

/* Attached: then it is there until it is detached. Or it was gone. */
static void verify_attached(void *data)
{
	struct shmid_ds ds;

	(void)data;
	order_is("removed", order->second, 0);
	if (order->first < 0) {
		order_is("gone", order_is_gone(order->first), true);
	} else {
		((char *)bytes)[SIZE - 1] = 1;
		order_is("stat",
			 nr_shm_control(&order_ids, (int)order->id, IPC_STAT, &ds), 0);
		order_is("attached", (long)ds.shm_nattch, 1);
		order_is("detach", nr_shm_detach(&order_ids, bytes), 0);
	}
	order_verify(NR_SYSV_SHM, 0);
}

static void detach_first(void *data)
{
	(void)data;
	order->first = nr_shm_detach(&order_ids, bytes);
}

static int attach_second(void *data)
{
	if (!order_open(data))
		return 1;
	order->second = nr_shm_attach(&order_ids, (int)order->id, NULL, 0, &bytes);
	if (order->second == 0)
		order_is("detach", nr_shm_detach(&order_ids, bytes), 0);
	return 0;
}

static void verify_detached(void *data)
{
	(void)data;
	order_is("detached", order->first, 0);
	order_is("attached, or gone", order->second == 0 || order_is_gone(order->second),
		 true);
	order_verify(NR_SYSV_SHM, 0);
}

static void remove_first(void *data)
{
	(void)data;
	order->first = nr_shm_control(&order_ids, (int)order->id, IPC_RMID, NULL);
}

static void verify_removed(void *data)
{
	(void)data;
	order_is("one of them", (order->first == 0) != (order->second == 0), true);
	order_is("the other",
		 order_is_gone(order->first == 0 ? order->second : order->first), true);
	order_verify(NR_SYSV_SHM, 0);
}

/* Something else comes to where it was: that is left alone. */
static void send_first(void *data)
{
	const struct {
		long type;
		char text[8];
	} letter = {1, "first"};

	(void)data;
	order->first = nr_msg_send(&order_msg, (int)order->id, &letter,
				   sizeof(letter.text), IPC_NOWAIT);
}

static int replace_queue(void *data)
{
	if (!order_open(data))
		return 1;
	order->second = nr_msg_control(&order_msg, (int)order->id, IPC_RMID, NULL);
	order->next = nr_msg_get(&order_msg, KEY, IPC_CREAT | 0600);
	return order->next == order->id + (long)NR_SYSV_ENTRIES ? 0 : 1;
}

static void verify_replaced(void *data)
{
	struct msqid_ds ds;

	(void)data;
	order_is("removed", order->second, 0);
	order_is("done, or gone", order->first == 0 || order_is_gone(order->first), true);
	order_is("stat", nr_msg_control(&order_msg, (int)order->next, IPC_STAT, &ds), 0);
	order_is("messages", (long)ds.msg_qnum, 0);
	order_is("mode", ds.msg_perm.mode, 0600);
	order_verify(NR_SYSV_MSG, 1);
}

static bool prepare_used_queue(void *data)
{
	if (!prepare_queue(data))
		return false;
	send_first(data);
	return order_is("send", order->first, 0);
}

static bool prepare_set(void *data)
{
	if (!order_open(data))
		return false;
	order->id = nr_sem_get(&order_sem, KEY, 1, IPC_CREAT | 0600);
	return order->id >= 0;
}

static int up(long set)
{
	const struct sembuf operation = {.sem_op = 1, .sem_flg = SEM_UNDO};

	return nr_sem_operate(&order_sem, (int)set, &operation, 1, NULL);
}

static bool prepare_used_set(void *data)
{
	return prepare_set(data) && order_is("up", up(order->id), 0);
}

static void up_first(void *data)
{
	(void)data;
	order->first = up(order->id);
}

static int control_set(long set, int command)
{
	return nr_sem_control(&order_sem, (int)set, 0, command,
			      (union nr_sem_argument){0});
}

static int replace_set(void *data)
{
	if (!order_open(data))
		return 1;
	order->second = control_set(order->id, IPC_RMID);
	order->next = nr_sem_get(&order_sem, KEY, 1, IPC_CREAT | 0600);
	return order->next == order->id + (long)NR_SYSV_ENTRIES ? 0 : 1;
}

static void verify_replaced_set(void *data)
{
	(void)data;
	order_is("removed", order->second, 0);
	order_is("done, or gone", order->first == 0 || order_is_gone(order->first), true);
	order_is("value", control_set(order->next, GETVAL), 0);
	order_verify(NR_SYSV_SEM, 1);
}

const struct order_case order_cases[] = {
	{"shmget in shmget", prepare_nothing, make_first, make_second, verify_one},
	{"shmget IPC_EXCL in shmget IPC_EXCL", prepare_nothing, make_first_only,
	 make_second_only, verify_one_only},
	{"IPC_SET in a look at the record", prepare_queue, find_first, set_twice,
	 verify_entry},
	{"IPC_SET in IPC_SET", prepare_queue, set_first, set_second, verify_set},
	{"IPC_RMID in shmat", prepare_segment, attach_first, remove_segment,
	 verify_attached},
	{"shmat in the last shmdt", prepare_left, detach_first, attach_second,
	 verify_detached},
	{"IPC_RMID in IPC_RMID", prepare_segment, remove_first, remove_segment,
	 verify_removed},
	{"IPC_RMID, msgget in msgsnd", prepare_queue, send_first, replace_queue,
	 verify_replaced},
	{"IPC_RMID, msgget in a later msgsnd", prepare_used_queue, send_first,
	 replace_queue, verify_replaced},
	{"IPC_RMID, msgget in IPC_SET", prepare_queue, set_first, replace_queue,
	 verify_replaced},
	{"IPC_RMID, semget in semop", prepare_set, up_first, replace_set,
	 verify_replaced_set},
	{"IPC_RMID, semget in a later semop", prepare_used_set, up_first, replace_set,
	 verify_replaced_set},
};

const unsigned order_cases_count = sizeof(order_cases) / sizeof(order_cases[0]);
