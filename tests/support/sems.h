/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SEMS_H
#define SUPPORT_SEMS_H

/* support/sems.h - a set of semaphores in a room, as semget(2) makes it */

#include <stdlib.h>
#include <support/must.h>
#include <support/unit.h>
#include <sysv/sem.h>

enum { SEMS = 3 };

struct sems {
	struct room *room;
	struct nr_ids ids;
	struct nr_sem sem;
	int id;
};

static inline int sems_set_up(void **state)
{
	struct sems *sems = calloc(1, sizeof(*sems));
	void *room;

	must(sems && room_set_up(&room) == 0);
	sems->room = room;
	must_be(nr_ids_open(sems->room->space, &sems->ids), 0);
	must_be(nr_sem_open(&sems->ids, &sems->sem), 0);
	sems->id = nr_sem_get(&sems->sem, IPC_PRIVATE, SEMS, 0600);
	must(sems->id >= 0);
	*state = sems;
	return 0;
}

static inline int sems_tear_down(void **state)
{
	struct sems *sems = *state;
	void *room = sems->room;

	nr_sem_close(&sems->sem);
	nr_ids_close(&sems->ids);
	free(sems);
	return room_tear_down(&room);
}

#define with_sems(test) cmocka_unit_test_setup_teardown(test, sems_set_up, sems_tear_down)

static inline int sems_operate(struct sems *sems, int number, int add, int flags)
{
	const struct sembuf operation = {
		.sem_num = (unsigned short)number,
		.sem_op = (short)add,
		.sem_flg = (short)flags,
	};

	return nr_sem_operate(&sems->sem, sems->id, &operation, 1, NULL);
}

static inline int sems_control(struct sems *sems, int number, int command, int value)
{
	return nr_sem_control(&sems->sem, sems->id, number, command,
			      (union nr_sem_argument){.value = value});
}

#endif /* SUPPORT_SEMS_H */
