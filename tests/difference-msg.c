/* SPDX-License-Identifier: MIT */

/*
 * Random programs of msgget, msgsnd, msgrcv and msgctl, by several processes and users,
 * run on the kernel and on naru side by side: every result, byte, error and statistic is
 * the same.
 *
 *	difference-msg [SEED [PROGRAMS]]
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/place.h>
#include <support/random.h>
#include <support/room.h>
#include <support/twins.h>
#include <support/workers.h>
#include <sys/syscall.h>
#include <sysv/msg.h>

enum { WORKERS = 5, KEYS = 3, STEPS = 1500, LARGEST = 8192 };

struct buffer {
	long type;
	char text[LARGEST];
};

static struct nr_ids ids;
static struct nr_msg msg;
static key_t first_key;
static struct buffer kernels, narus;

static int random_mode(uint64_t *random)
{
	static const int modes[] = {0600, 0666, 0640, 0620, 0400, 0604, 0, 0777, 0060};

	return modes[random_below(random, sizeof(modes) / sizeof(modes[0]))];
}

static void get(uint64_t *random)
{
	key_t key = first_key + (key_t)random_below(random, KEYS);
	int flags = random_mode(random);
	struct twin *place, got;

	if (random_below(random, 2))
		flags |= IPC_CREAT;
	if (random_below(random, 4) == 0)
		flags |= IPC_EXCL;
	if (random_below(random, 8) == 0)
		key = IPC_PRIVATE;
	place = &twins->twin[key == IPC_PRIVATE ? TWINS - 1 : key - first_key];
	if (key == IPC_PRIVATE && place->kernel >= 0)
		return;
	got.kernel = (int)kernel(syscall(SYS_msgget, key, flags));
	got.naru = nr_msg_get(&msg, key, flags);
	same("get", got.kernel < 0 ? got.kernel : 0, got.naru < 0 ? got.naru : 0);
	if (got.kernel >= 0)
		*place = got;
}

static size_t random_size(uint64_t *random)
{
	switch (random_below(random, 8)) {
	case 0:
		return 0;
	case 1:
		return random_below(random, LARGEST + 1);
	case 2:
		return LARGEST + 1;
	case 3:
		return (size_t)random_next(random);
	default:
		return random_below(random, 100);
	}
}

static long random_type(uint64_t *random)
{
	switch (random_below(random, 16)) {
	case 0:
		return 0;
	case 1:
		return -(long)random_below(random, 10);
	case 2:
		return INT64_MAX - (long)random_below(random, 2);
	default:
		return (long)random_below(random, 6) + 1;
	}
}

static void send_one(uint64_t *random, const struct twin *twin)
{
	size_t size = random_size(random);

	kernels.type = random_type(random);
	memset(kernels.text, (int)random_next(random), LARGEST);
	same("send",
	     kernel(syscall(SYS_msgsnd, twin->kernel, &kernels, size, IPC_NOWAIT)),
	     nr_msg_send(&msg, twin->naru, &kernels, size, IPC_NOWAIT));
}

static void receive_one(uint64_t *random, const struct twin *twin)
{
	static const int flags[] = {0,
				    0,
				    0,
				    MSG_NOERROR,
				    MSG_EXCEPT,
				    MSG_NOERROR | MSG_EXCEPT,
				    MSG_COPY,
				    MSG_COPY | MSG_EXCEPT,
				    MSG_COPY | MSG_NOERROR};
	int flag = IPC_NOWAIT | flags[random_below(random, 9)];
	size_t size = random_below(random, 4) ? LARGEST : random_size(random);
	long type = random_below(random, 3) ? 0 : random_type(random);
	long of_kernel, of_naru;

	if (random_below(random, 3) == 0)
		type = -type;
	of_kernel = kernel(syscall(SYS_msgrcv, twin->kernel, &kernels, size, type, flag));
	if (of_kernel == -ENOSYS)
		return;
	of_naru = nr_msg_receive(&msg, twin->naru, &narus, size, type, flag);
	same("receive", of_kernel, of_naru);
	if (of_kernel < 0)
		return;
	same("type", kernels.type, narus.type);
	same("bytes", 0, memcmp(kernels.text, narus.text, (size_t)of_kernel));
}

static void stat_one(const struct twin *twin)
{
	struct msqid_ds of_kernel, of_naru;
	long r = kernel(syscall(SYS_msgctl, twin->kernel, IPC_STAT, &of_kernel));

	same("stat", r, nr_msg_control(&msg, twin->naru, IPC_STAT, &of_naru));
	if (r < 0)
		return;
	same("key", of_kernel.msg_perm.__key, of_naru.msg_perm.__key);
	same("uid", of_kernel.msg_perm.uid, of_naru.msg_perm.uid);
	same("gid", of_kernel.msg_perm.gid, of_naru.msg_perm.gid);
	same("cuid", of_kernel.msg_perm.cuid, of_naru.msg_perm.cuid);
	same("cgid", of_kernel.msg_perm.cgid, of_naru.msg_perm.cgid);
	same("mode", of_kernel.msg_perm.mode, of_naru.msg_perm.mode);
	same("qnum", (long)of_kernel.msg_qnum, (long)of_naru.msg_qnum);
	same("cbytes", (long)of_kernel.__msg_cbytes, (long)of_naru.__msg_cbytes);
	same("qbytes", (long)of_kernel.msg_qbytes, (long)of_naru.msg_qbytes);
	same("lspid", of_kernel.msg_lspid, of_naru.msg_lspid);
	same("lrpid", of_kernel.msg_lrpid, of_naru.msg_lrpid);
	same_time("stime", of_kernel.msg_stime, of_naru.msg_stime);
	same_time("rtime", of_kernel.msg_rtime, of_naru.msg_rtime);
	same_time("ctime", of_kernel.msg_ctime, of_naru.msg_ctime);
}

static void set_one(uint64_t *random, const struct twin *twin)
{
	struct msqid_ds ds;

	/* What MSG_STAT_ANY would tell: who may not read it may yet own it. */
	if (syscall(SYS_msgctl, twin->kernel, IPC_STAT, &ds) < 0)
		return;
	ds.msg_perm.mode = (unsigned short)random_mode(random);
	ds.msg_qbytes = random_below(random, 16384) + 1;
	if (random_below(random, 4) == 0)
		ds.msg_qbytes = random_below(random, 10);
	/* A file has no second owner: what a creator gives away it cannot use any more.
	 */
	if (geteuid() == 0 && ds.msg_perm.cuid == 0)
		ds.msg_perm.uid = ds.msg_perm.gid = random_below(random, 2) ? ALICE : BOB;
	same("set", kernel(syscall(SYS_msgctl, twin->kernel, IPC_SET, &ds)),
	     nr_msg_control(&msg, twin->naru, IPC_SET, &ds));
}

static void remove_one(struct twin *twin)
{
	long r = kernel(syscall(SYS_msgctl, twin->kernel, IPC_RMID, NULL));

	same("remove", r, nr_msg_control(&msg, twin->naru, IPC_RMID, NULL));
}

/* Pointers, commands and identifiers that are none. */
static void misuse(uint64_t *random, const struct twin *twin)
{
	void *pointer = (void *)(uintptr_t)(random_below(random, 2) * 4096);
	int id = random_below(random, 2) ? -1 : INT32_MAX;

	switch (random_below(random, 7)) {
	case 0:
		same("bad send",
		     kernel(syscall(SYS_msgsnd, twin->kernel, pointer, 1, IPC_NOWAIT)),
		     nr_msg_send(&msg, twin->naru, pointer, 1, IPC_NOWAIT));
		break;
	case 1:
		same("bad stat",
		     kernel(syscall(SYS_msgctl, twin->kernel, IPC_STAT, pointer)),
		     nr_msg_control(&msg, twin->naru, IPC_STAT, pointer));
		break;
	case 2:
		same("bad set",
		     kernel(syscall(SYS_msgctl, twin->kernel, IPC_SET, pointer)),
		     nr_msg_control(&msg, twin->naru, IPC_SET, pointer));
		break;
	case 3:
		same("bad command",
		     kernel(syscall(SYS_msgctl, twin->kernel, 99, pointer)),
		     nr_msg_control(&msg, twin->naru, 99, pointer));
		break;
	case 4:
		same("bad receive",
		     kernel(syscall(SYS_msgrcv, twin->kernel, pointer, 9, 0, IPC_NOWAIT)),
		     nr_msg_receive(&msg, twin->naru, pointer, 9, 0, IPC_NOWAIT));
		break;
	case 5:
		same("bad id", kernel(syscall(SYS_msgctl, id, IPC_RMID, NULL)),
		     nr_msg_control(&msg, id, IPC_RMID, NULL));
		break;
	case 6:
		kernels.type = 1;
		same("bad id", kernel(syscall(SYS_msgsnd, id, &kernels, 1, IPC_NOWAIT)),
		     nr_msg_send(&msg, id, &kernels, 1, IPC_NOWAIT));
		break;
	}
}

static void step(void *data, int worker, uint64_t seed)
{
	uint64_t random = seed;
	struct twin *twin = &twins->twin[random_below(&random, TWINS)];
	uint64_t kind = random_below(&random, 100);

	(void)data;
	(void)worker;
	if (kind < 8 || twin->kernel < 0)
		get(&random);
	else if (kind < 45)
		send_one(&random, twin);
	else if (kind < 80)
		receive_one(&random, twin);
	else if (kind < 90)
		stat_one(twin);
	else if (kind < 94)
		set_one(&random, twin);
	else if (kind < 96)
		remove_one(twin);
	else
		misuse(&random, twin);
}

static void remove_kernels(void)
{
	for (int i = 0; twins && i < TWINS; i++)
		if (twins->twin[i].kernel >= 0)
			syscall(SYS_msgctl, twins->twin[i].kernel, IPC_RMID, NULL);
}

static void copy_limits(void)
{
	struct msginfo info;

	must(syscall(SYS_msgctl, 0, IPC_INFO, &info) >= 0);
	must_be(nr_ids_set_limit(&ids, NR_SYSV_MSGMAX, (uint64_t)info.msgmax), 0);
	must_be(nr_ids_set_limit(&ids, NR_SYSV_MSGMNB, (uint64_t)info.msgmnb), 0);
}

static void run_program(uint64_t seed, uint64_t number)
{
	struct room *room = room_open_for(01777);
	struct workers *workers;
	uint64_t random = seed + number;

	twins->program = number;
	must_be(nr_ids_open(room->space, &ids), 0);
	must_be(nr_msg_open(&ids, &msg), 0);
	copy_limits();
	for (int i = 0; i < TWINS; i++)
		twins->twin[i] = (struct twin){-1, -1};
	workers = workers_start(WORKERS, 1, step, NULL);
	for (twins->step = 0; twins->step < STEPS; twins->step++) {
		int worker = (int)random_below(&random, WORKERS);

		if (random_below(&random, 500) == 0)
			workers_replace(workers, worker);
		workers_step(workers, worker, random_next(&random));
	}
	workers_stop(workers);
	remove_kernels();
	nr_msg_close(&msg);
	nr_ids_close(&ids);
	room_close(room);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint64_t programs = argc > 2 ? strtoull(argv[2], NULL, 0) : 20;

	if (syscall(SYS_msgctl, 0, IPC_INFO, &narus) < 0) {
		perror("skipped: no System V queues here");
		return CHILD_SKIPPED;
	}
	first_key = (key_t)(getpid() * 16 | 1 << 30);
	twins_open();
	must(atexit(remove_kernels) == 0);
	for (uint64_t i = 0; i < programs; i++)
		run_program(seed, i);
	printf("the same: %lu things\n", twins->compared);
	return 0;
}
