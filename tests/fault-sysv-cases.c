/* SPDX-License-Identifier: MIT */

/* fault-sysv-cases.c - the System V calls, and how to undo them */

#include "fault-sysv.h"
#include "trace.h"

#include <string.h>
#include <sys/stat.h>
#include <sysv/msg.h>
#include <sysv/sem.h>
#include <sysv/shm.h>

enum { KEY = 7, SEMS = 5, FIRST_MESSAGES = 2048 };

char fault_path[200];

static struct naru_space *space;
struct nr_ids fault_ids;
static struct nr_msg msg, again;
static struct nr_sem sem;
static int id;

struct letter {
	long type;
	char text[8];
};

static long open_ids(void)
{
	return nr_ids_open(space, &fault_ids);
}

static void close_ids(void)
{
	nr_ids_close(&fault_ids);
	trace_clear(fault_path);
}

static bool prepare_space(void)
{
	return mkdir(fault_path, 0700) == 0 &&
	       naru_space_open(fault_path, NULL, &space) == 0;
}

bool fault_prepare_ids(void)
{
	return prepare_space() && open_ids() == 0 && nr_msg_open(&fault_ids, &msg) == 0 &&
	       nr_sem_open(&fault_ids, &sem) == 0;
}

static void nothing(void)
{
}

static long get_queue(void)
{
	id = nr_msg_get(&msg, KEY, IPC_CREAT | 0600);
	return id < 0 ? id : 0;
}

static long remove_queue(void)
{
	return nr_msg_control(&msg, id, IPC_RMID, NULL);
}

static void undo_queue(void)
{
	remove_queue();
}

static void queue_again(void)
{
	get_queue();
}

static long send_to(struct nr_msg *which, int queue)
{
	const struct letter letter = {.type = 1};

	return nr_msg_send(which, queue, &letter, sizeof(letter.text), IPC_NOWAIT);
}

static long receive(void)
{
	struct letter letter;

	return nr_msg_receive(&msg, id, &letter, sizeof(letter.text), 0, IPC_NOWAIT);
}

static long send_one(void)
{
	return send_to(&msg, id);
}

static void undo_send(void)
{
	receive();
}

static void undo_receive(void)
{
	send_one();
}

static bool prepare_queue(void)
{
	return fault_prepare_ids() && get_queue() >= 0 && send_one() == 0;
}

/* This process has not used it yet. */
static long send_first(void)
{
	long r = nr_msg_open(&fault_ids, &again);

	if (r < 0)
		return r;
	r = send_to(&again, id);
	nr_msg_close(&again);
	return r;
}

/* One more than it has memory for at first. */
static long send_growing(void)
{
	long r = nr_msg_open(&fault_ids, &again);
	int queue;

	if (r < 0)
		return r;
	queue = nr_msg_get(&again, IPC_PRIVATE, 0600);
	r = queue < 0 ? queue : 0;
	for (int i = 0; r == 0 && i <= FIRST_MESSAGES; i++)
		r = send_to(&again, queue);
	if (queue >= 0)
		nr_msg_control(&again, queue, IPC_RMID, NULL);
	nr_msg_close(&again);
	return r;
}

static long stat_queue(void)
{
	struct msqid_ds ds;
	int r = nr_msg_control(&msg, id, IPC_STAT, &ds);

	return r < 0 ? r : (long)ds.msg_qnum;
}

static long set_queue(void)
{
	struct msqid_ds ds = {.msg_qbytes = 1 << 20};

	ds.msg_perm.uid = (uid_t)nr_ids_shared(&fault_ids, NR_SYSV_MSG, 0)->record[0].uid;
	ds.msg_perm.gid = (gid_t)nr_ids_shared(&fault_ids, NR_SYSV_MSG, 0)->record[0].gid;
	ds.msg_perm.mode = 0640;
	return nr_msg_control(&msg, id, IPC_SET, &ds);
}

static long get_set(void)
{
	id = nr_sem_get(&sem, KEY, SEMS, IPC_CREAT | 0600);
	return id < 0 ? id : 0;
}

static long control_set(int number, int command, void *argument)
{
	return nr_sem_control(&sem, id, number, command,
			      (union nr_sem_argument){.info = argument});
}

static long remove_set(void)
{
	return control_set(0, IPC_RMID, NULL);
}

static void undo_set(void)
{
	remove_set();
}

static void set_again(void)
{
	get_set();
}

static bool prepare_set(void)
{
	return fault_prepare_ids() && get_set() >= 0;
}

static long operate(int add, int flags, const struct timespec *timeout)
{
	const struct sembuf operation = {.sem_op = (short)add, .sem_flg = (short)flags};

	return nr_sem_operate(&sem, id, &operation, 1, timeout);
}

static long add_one(void)
{
	return operate(1, 0, NULL);
}

static void undo_add(void)
{
	operate(-1, 0, NULL);
}

static long add_owing(void)
{
	return operate(1, SEM_UNDO, NULL);
}

static void undo_add_owing(void)
{
	operate(-1, SEM_UNDO, NULL);
}

static long take_waiting(void)
{
	static const struct timespec moment = {.tv_nsec = 15000000};

	return operate(-1, 0, &moment);
}

static long operate_first(void)
{
	struct nr_sem fresh;
	const struct sembuf operation = {.sem_op = 0};
	long r = nr_sem_open(&fault_ids, &fresh);

	if (r < 0)
		return r;
	r = nr_sem_operate(&fresh, id, &operation, 1, NULL);
	nr_sem_close(&fresh);
	return r;
}

static long set_all(void)
{
	unsigned short values[SEMS] = {0};
	long r = control_set(0, SETALL, values);

	return r < 0 ? r : control_set(0, GETALL, values);
}

static long count_sleepers(void)
{
	return control_set(0, GETNCNT, NULL);
}

static long set_set(void)
{
	struct semid_ds ds;
	long r = control_set(0, IPC_STAT, &ds);

	return r < 0 ? r : control_set(0, IPC_SET, &ds);
}

static void ignore(void *data, const struct naru_finding *finding)
{
	(void)data;
	(void)finding;
}

/* A file that could not be removed is so by who looks next, or by the doctor. */
void fault_sweep(const struct fault_case *of)
{
	if (!strstr(of->name, "RMID") && !strstr(of->name, "removed") &&
	    !strstr(of->name, "growing"))
		return;
	nr_shm_sweep(&fault_ids);
	naru_space_check(space, NARU_CHECK_REPAIR, ignore, NULL);
}

static const struct fault_case cases[] = {
	{"identifiers", prepare_space, open_ids, close_ids},
	{"msgget", fault_prepare_ids, get_queue, undo_queue},
	{"msgget, found", prepare_queue, get_queue, nothing},
	{"msgsnd", prepare_queue, send_one, undo_send},
	{"msgsnd, first", prepare_queue, send_first, undo_send},
	{"msgsnd, growing", fault_prepare_ids, send_growing, nothing},
	{"msgrcv", prepare_queue, receive, undo_receive},
	{"msgctl IPC_STAT", prepare_queue, stat_queue, nothing},
	{"msgctl IPC_SET", prepare_queue, set_queue, nothing},
	{"msgctl IPC_RMID", prepare_queue, remove_queue, queue_again},
	{"semget", fault_prepare_ids, get_set, undo_set},
	{"semop", prepare_set, add_one, undo_add},
	{"semop, first", prepare_set, operate_first, nothing},
	{"semop SEM_UNDO", prepare_set, add_owing, undo_add_owing},
	{"semtimedop, waiting", prepare_set, take_waiting, nothing},
	{"semctl SETALL", prepare_set, set_all, nothing},
	{"semctl GETNCNT", prepare_set, count_sleepers, nothing},
	{"semctl IPC_SET", prepare_set, set_set, nothing},
	{"semctl IPC_RMID", prepare_set, remove_set, set_again},
	{0},
};

const struct fault_case *const fault_lists[] = {cases, fault_shm_cases, NULL};
