/* SPDX-License-Identifier: MIT */

/*
 * A peer with write access scribbles on the file of the System V identifiers, and on the
 * files of a queue, a set and a segment, while calls of every kind run. Errors are
 * allowed; bad accesses, hangs and endless loops are not. Meant for a build with
 * AddressSanitizer and UBSan.
 *
 *	hostile-sysv [SEED [ROUNDS]]
 *
 * Even rounds write between the calls, which repeats exactly; odd ones have another
 * process write during them.
 */

#include <layout/set.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/random.h>
#include <support/rounds.h>
#include <support/vandal.h>
#include <sysv/msg.h>
#include <sysv/sem.h>
#include <sysv/shm.h>

enum {
	CALLS_A_ROUND = 120,
	SEMAPHORES = 3,
	KEY = 7,
	/* So far the files are: .sysv has its keys and entries far apart. */
	PART = 32768,
};

struct letter {
	long type;
	char text[256];
};

struct round {
	struct room *room;
	uint64_t seed;
	struct vandal victim[10];
	size_t victims;
	struct nr_ids ids;
	struct nr_msg msg;
	struct nr_sem sem;
	int queue, set, segment;
};

static void strike(void *data)
{
	struct round *round = data;

	vandal_strike(&round->victim[random_below(&round->seed, round->victims)]);
}

static void aim(struct round *round, unsigned char *bytes, size_t size, size_t offset)
{
	struct vandal *victim = &round->victim[round->victims++];

	*victim = (struct vandal){
		.bytes = bytes + offset,
		.size = size - offset < PART ? size - offset : PART,
		.seed = round->seed + offset,
	};
}

static void aim_at(struct round *round, enum nr_sysv_kind kind, int id)
{
	char name[NR_IDS_NAME_MAX];
	unsigned char *bytes;
	size_t size;

	nr_ids_name(kind, id, name);
	bytes = room_map(round->room, name, &size);
	aim(round, bytes, size, 0);
	if (kind != NR_SYSV_SEM)
		return;
	aim(round, bytes, size, NR_SET_LOG);
	aim(round, bytes, size, nr_set_places(SEMAPHORES).sleepers);
	aim(round, bytes, size, nr_set_places(SEMAPHORES).rows);
}

static void aim_at_identifiers(struct round *round)
{
	size_t size;
	unsigned char *bytes = room_map(round->room, NR_SYSV_FILE, &size);

	/* Reserved are 32 entries of each kind. */
	aim(round, bytes, 4096, 0);
	for (size_t kind = 0; kind < NR_SYSV_KINDS; kind++)
		aim(round, bytes, NR_SYSV_TABLES + kind * NR_SYSV_TABLE_SIZE + 4096,
		    NR_SYSV_TABLES + kind * NR_SYSV_TABLE_SIZE);
}

static void use_queue(struct round *round)
{
	struct letter letter = {.type = 1 + (long)random_below(&round->seed, 5)};
	struct msqid_ds ds;

	switch (random_below(&round->seed, 6)) {
	case 0:
	case 1:
		nr_msg_send(&round->msg, round->queue, &letter,
			    random_below(&round->seed, sizeof(letter.text)), IPC_NOWAIT);
		break;
	case 2:
		nr_msg_receive(&round->msg, round->queue, &letter, sizeof(letter.text),
			       (long)random_below(&round->seed, 9) - 4,
			       IPC_NOWAIT | MSG_NOERROR);
		break;
	case 3:
		if (nr_msg_control(&round->msg, round->queue, IPC_STAT, &ds) == 0)
			nr_msg_control(&round->msg, round->queue, IPC_SET, &ds);
		break;
	case 4:
		nr_msg_control(&round->msg, 0, MSG_INFO, (void *)&letter);
		break;
	default:
		if (nr_msg_get(&round->msg, KEY + 1, IPC_CREAT | 0600) >= 0)
			nr_msg_control(&round->msg, round->queue, MSG_STAT, &ds);
	}
}

static void use_set(struct round *round)
{
	struct sembuf operation[8];
	size_t count = 1 + random_below(&round->seed, 8);
	unsigned short values[65536] = {0};
	const struct timespec soon = {0, 1000000};
	struct semid_ds ds;
	static const int commands[] = {GETVAL, GETPID, GETNCNT,	 GETZCNT, GETALL,
				       SETALL, SETVAL, SEM_INFO, IPC_STAT};
	union nr_sem_argument argument = {.array = values};
	int command = commands[random_below(&round->seed, 9)];

	if (random_below(&round->seed, 3) == 0) {
		if (command == SETVAL)
			argument.value = (int)random_below(&round->seed, 9);
		else if (command == IPC_STAT)
			argument.buffer = &ds;
		nr_sem_control(&round->sem, round->set,
			       (int)random_below(&round->seed, SEMAPHORES), command,
			       argument);
		return;
	}
	for (size_t i = 0; i < count; i++)
		operation[i] = (struct sembuf){
			(unsigned short)random_below(&round->seed, SEMAPHORES),
			(short)((int)random_below(&round->seed, 5) - 2),
			random_below(&round->seed, 2) ? SEM_UNDO : 0,
		};
	nr_sem_operate(&round->sem, round->set, operation, count, &soon);
}

static void use_segment(struct round *round)
{
	union {
		struct shmid_ds ds;
		struct shminfo limits;
		struct shm_info info;
	} any;
	void *bytes;

	switch (random_below(&round->seed, 3)) {
	case 0:
		if (nr_shm_attach(&round->ids, round->segment, NULL, 0, &bytes) == 0)
			nr_shm_detach(&round->ids, bytes);
		break;
	case 1:
		if (nr_shm_control(&round->ids, round->segment, IPC_STAT, &any.ds) == 0)
			nr_shm_control(&round->ids, round->segment, IPC_SET, &any.ds);
		break;
	default:
		nr_shm_control(&round->ids, 0, SHM_INFO, (void *)&any);
		nr_shm_get(&round->ids, KEY + 1, 5000, IPC_CREAT | 0600);
	}
}

static void call(void *data)
{
	struct round *round = data;
	switch (random_below(&round->seed, 3)) {
	case 0:
		use_queue(round);
		break;
	case 1:
		use_set(round);
		break;
	default:
		use_segment(round);
	}
}

static void open_all(struct round *round)
{
	must_be(nr_ids_open(round->room->space, &round->ids), 0);
	must_be(nr_msg_open(&round->ids, &round->msg), 0);
	must_be(nr_sem_open(&round->ids, &round->sem), 0);
	round->queue = nr_msg_get(&round->msg, KEY, IPC_CREAT | 0600);
	round->set = nr_sem_get(&round->sem, KEY, SEMAPHORES, IPC_CREAT | 0600);
	round->segment = nr_shm_get(&round->ids, KEY, 5000, IPC_CREAT | 0600);
	must(round->queue >= 0 && round->set >= 0 && round->segment >= 0);
	aim_at_identifiers(round);
	aim_at(round, NR_SYSV_MSG, round->queue);
	aim_at(round, NR_SYSV_SEM, round->set);
	aim_at(round, NR_SYSV_SHM, round->segment);
}

/* Somebody always waits for what does not come, in an entry and an array of its own. */
static int sleep_for_ever(void *data)
{
	const struct timespec soon = {0, 20 * 1000 * 1000};
	struct round *round = data;
	struct sembuf operation[8] = {{0, -3000, 0}};

	do
		nr_sem_operate(&round->sem, round->set, operation, 8, &soon);
	while (round->room);
	return 0;
}

static int play(struct room *room, uint64_t seed)
{
	struct round this = {.room = room, .seed = seed}, *round = &this;
	pid_t sleeper;

	rounds_limit_files();
	open_all(round);
	sleeper = child_start(sleep_for_ever, round);
	rounds_spoil(strike, call, round, CALLS_A_ROUND, &round->seed);
	kill(sleeper, SIGKILL);
	must_be(child_await(sleeper), 128 + SIGKILL);
	return 0;
}

int main(int argc, char **argv)
{
	return rounds_play(argc, argv, 300, play);
}
