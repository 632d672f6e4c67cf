/* SPDX-License-Identifier: MIT */

/*
 * Random programs of shmget, shmat, shmdt and shmctl, by several processes and users that
 * fork and are killed, run on the kernel and on naru side by side: every result, byte,
 * error and statistic is the same.
 *
 *	difference-shm [SEED [PROGRAMS]]
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
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sysv/shm.h>

enum { WORKERS = 5, KEYS = 3, STEPS = 1500, ATTACHED = 6, PAGE = 4096 };

/* Of this process. */
struct attached {
	unsigned char *kernel;
	unsigned char *naru;
	size_t size;
	bool writable;
};

static struct nr_ids ids;
static key_t first_key;
static struct attached attached[ATTACHED];

/* Who may not open its file cannot see that nobody is attached any more. */
static void same_for(const char *what, long of_kernel, long of_naru)
{
	if (geteuid() == 0 || of_kernel != -EINVAL ||
	    (of_naru != -EACCES && of_naru != -EPERM))
		same(what, of_kernel, of_naru);
}

static int random_mode(uint64_t *random)
{
	static const int modes[] = {0600, 0666, 0640, 0660, 0400, 0604, 0, 0777, 0060};

	return modes[random_below(random, sizeof(modes) / sizeof(modes[0]))];
}

static size_t random_size(uint64_t *random)
{
	static const size_t sizes[] = {1, 100, 4096, 4097, 10000, 65536, 3 << 20};

	if (random_below(random, 12) == 0)
		return random_below(random, 2) ? 0 : SIZE_MAX;
	return sizes[random_below(random, sizeof(sizes) / sizeof(sizes[0]))];
}

static void get(uint64_t *random)
{
	key_t key = first_key + (key_t)random_below(random, KEYS);
	int flags = random_mode(random);
	size_t size = random_size(random);
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
	got.kernel = (int)kernel(syscall(SYS_shmget, key, size, flags));
	got.naru = nr_shm_get(&ids, key, size, flags);
	same("get", got.kernel < 0 ? got.kernel : 0, got.naru < 0 ? got.naru : 0);
	if (got.kernel >= 0)
		*place = got;
}

static struct attached *find_place(bool used, uint64_t *random)
{
	int start = (int)random_below(random, ATTACHED);

	for (int i = 0; i < ATTACHED; i++) {
		struct attached *place = &attached[(start + i) % ATTACHED];

		if ((place->kernel != NULL) == used)
			return place;
	}
	return NULL;
}

static void attach_one(uint64_t *random, const struct twin *twin)
{
	struct attached *place = find_place(false, random);
	int flags = random_below(random, 2) ? SHM_RDONLY : 0;
	struct shmid_ds ds = {0};
	void *of_kernel, *of_naru = NULL;
	long r;

	if (!place)
		return;
	of_kernel = (void *)syscall(SYS_shmat, twin->kernel, NULL, flags);
	r = nr_shm_attach(&ids, twin->naru, NULL, flags, &of_naru);
	same_for("attach", of_kernel == (void *)-1 ? -errno : 0, r);
	if (r < 0)
		return;
	/* The size is what the first who may look at it says. */
	if (syscall(SYS_shmctl, twin->kernel, IPC_STAT, &ds) < 0)
		ds.shm_segsz = 1;
	*place = (struct attached){of_kernel, of_naru, ds.shm_segsz,
				   !(flags & SHM_RDONLY)};
}

/* At an address of our own choice: something is there, and the like. */
static void attach_at(uint64_t *random, const struct twin *twin)
{
	static const int flags[] = {0, SHM_RND, SHM_REMAP, SHM_REMAP | SHM_RND};
	struct attached *other = find_place(true, random);
	int flag = flags[random_below(random, 2)] | SHM_RDONLY;
	uintptr_t offset = random_below(random, 2) * 100;
	void *of_kernel, *of_naru;
	long r;

	if (!other)
		return;
	of_kernel =
		(void *)syscall(SYS_shmat, twin->kernel, other->kernel + offset, flag);
	r = of_kernel == (void *)-1 ? -errno : 0;
	same_for("attach over", r,
		 nr_shm_attach(&ids, twin->naru, other->naru + offset, flag, &of_naru));
	must(r < 0);
	flag = flags[2 + random_below(random, 2)];
	same("attach at 0", syscall(SYS_shmat, twin->kernel, NULL, flag) < 0 ? -errno : 0,
	     nr_shm_attach(&ids, twin->naru, NULL, flag, &of_naru));
}

static void detach_one(uint64_t *random)
{
	struct attached *place = find_place(true, random);

	if (!place)
		return;
	same("detach wrongly", kernel(syscall(SYS_shmdt, place->kernel + 1)),
	     nr_shm_detach(&ids, place->naru + 1));
	same("detach", kernel(syscall(SYS_shmdt, place->kernel)),
	     nr_shm_detach(&ids, place->naru));
	same("detach twice", kernel(syscall(SYS_shmdt, place->kernel)),
	     nr_shm_detach(&ids, place->naru));
	*place = (struct attached){0};
}

static void use_one(uint64_t *random)
{
	struct attached *place = find_place(true, random);
	size_t at;

	if (!place)
		return;
	at = random_below(random, place->size);
	same("byte", place->kernel[at], place->naru[at]);
	if (place->writable) {
		place->kernel[at] = place->naru[at] = (unsigned char)random_next(random);
		return;
	}
	same("make writable",
	     kernel(mprotect(place->kernel, PAGE, PROT_READ | PROT_WRITE)),
	     kernel(mprotect(place->naru, PAGE, PROT_READ | PROT_WRITE)));
}

static void compare(const struct shmid_ds *of_kernel, const struct shmid_ds *of_naru)
{
	same("key", of_kernel->shm_perm.__key, of_naru->shm_perm.__key);
	same("uid", of_kernel->shm_perm.uid, of_naru->shm_perm.uid);
	same("gid", of_kernel->shm_perm.gid, of_naru->shm_perm.gid);
	same("cuid", of_kernel->shm_perm.cuid, of_naru->shm_perm.cuid);
	same("cgid", of_kernel->shm_perm.cgid, of_naru->shm_perm.cgid);
	same("mode", of_kernel->shm_perm.mode, of_naru->shm_perm.mode);
	same("size", (long)of_kernel->shm_segsz, (long)of_naru->shm_segsz);
	same("nattch", (long)of_kernel->shm_nattch, (long)of_naru->shm_nattch);
	same("cpid", of_kernel->shm_cpid, of_naru->shm_cpid);
	same_time("ctime", of_kernel->shm_ctime, of_naru->shm_ctime);
	same_time("atime", of_kernel->shm_atime, of_naru->shm_atime);
}

static void stat_one(const struct twin *twin)
{
	struct shmid_ds of_kernel, of_naru;
	long r = kernel(syscall(SYS_shmctl, twin->kernel, IPC_STAT, &of_kernel));

	same_for("stat", r, nr_shm_control(&ids, twin->naru, IPC_STAT, &of_naru));
	if (r == 0)
		compare(&of_kernel, &of_naru);
}

static void set_one(uint64_t *random, const struct twin *twin)
{
	struct shmid_ds ds;

	if (syscall(SYS_shmctl, twin->kernel, IPC_STAT, &ds) < 0)
		return;
	ds.shm_perm.mode = (unsigned short)random_mode(random);
	/* A file has no second owner: what a creator gives away it cannot use any more.
	 */
	if (geteuid() == 0 && ds.shm_perm.cuid == 0)
		ds.shm_perm.uid = ds.shm_perm.gid = random_below(random, 2) ? ALICE : BOB;
	same_for("set", kernel(syscall(SYS_shmctl, twin->kernel, IPC_SET, &ds)),
		 nr_shm_control(&ids, twin->naru, IPC_SET, &ds));
}

static void lock_one(uint64_t *random, const struct twin *twin)
{
	int command = random_below(random, 2) ? SHM_LOCK : SHM_UNLOCK;

	same_for("lock", kernel(syscall(SYS_shmctl, twin->kernel, command, NULL)),
		 nr_shm_control(&ids, twin->naru, command, NULL));
}

static void remove_one(struct twin *twin)
{
	long r = kernel(syscall(SYS_shmctl, twin->kernel, IPC_RMID, NULL));

	same_for("remove", r, nr_shm_control(&ids, twin->naru, IPC_RMID, NULL));
}

struct birth {
	uint64_t random;
	int parent[2]; /* a byte comes when fork(2) has returned there, too */
};

/* A child is attached to what its parent is, and detaches as it likes. */
static int be_child(void *data)
{
	const struct birth *birth = data;
	uint64_t random = birth->random;
	char byte;

	must(read(birth->parent[0], &byte, 1) == 1);
	for (int i = 0; i < TWINS; i++)
		if (twins->twin[i].kernel >= 0)
			stat_one(&twins->twin[i]);
	for (int i = 0; i < 3; i++)
		detach_one(&random);
	for (int i = 0; i < TWINS; i++)
		if (twins->twin[i].kernel >= 0)
			stat_one(&twins->twin[i]);
	return 0;
}

static void fork_one(uint64_t random)
{
	struct birth birth = {.random = random};
	pid_t child;

	must(pipe(birth.parent) == 0);
	child = child_start(be_child, &birth);
	must(write(birth.parent[1], "", 1) == 1);
	must_be(child_await(child), 0);
	close(birth.parent[0]);
	close(birth.parent[1]);
}

static void misuse(uint64_t *random, const struct twin *twin)
{
	void *pointer = (void *)(uintptr_t)(random_below(random, 2) * 4096), *address;
	int id = random_below(random, 2) ? -1 : INT32_MAX;

	switch (random_below(random, 5)) {
	case 0:
		same("bad stat",
		     kernel(syscall(SYS_shmctl, twin->kernel, IPC_STAT, pointer)),
		     nr_shm_control(&ids, twin->naru, IPC_STAT, pointer));
		break;
	case 1:
		same("bad set",
		     kernel(syscall(SYS_shmctl, twin->kernel, IPC_SET, pointer)),
		     nr_shm_control(&ids, twin->naru, IPC_SET, pointer));
		break;
	case 2:
		same("bad command",
		     kernel(syscall(SYS_shmctl, twin->kernel, 99, pointer)),
		     nr_shm_control(&ids, twin->naru, 99, pointer));
		break;
	case 3:
		same("bad id", kernel(syscall(SYS_shmat, id, NULL, 0)),
		     nr_shm_attach(&ids, id, NULL, 0, &address));
		break;
	case 4:
		same("bad detach", kernel(syscall(SYS_shmdt, pointer)),
		     nr_shm_detach(&ids, pointer));
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
	else if (kind < 25)
		attach_one(&random, twin);
	else if (kind < 30)
		attach_at(&random, twin);
	else if (kind < 40)
		detach_one(&random);
	else if (kind < 60)
		use_one(&random);
	else if (kind < 78)
		stat_one(twin);
	else if (kind < 84)
		set_one(&random, twin);
	else if (kind < 87)
		lock_one(&random, twin);
	else if (kind < 91)
		remove_one(twin);
	else if (kind < 96)
		misuse(&random, twin);
	else
		fork_one(random);
}

static void remove_kernels(void)
{
	for (int i = 0; twins && i < TWINS; i++)
		if (twins->twin[i].kernel >= 0)
			syscall(SYS_shmctl, twins->twin[i].kernel, IPC_RMID, NULL);
}

static void run_program(uint64_t seed, uint64_t number)
{
	struct room *room = room_open_for(01777);
	struct workers *workers;
	uint64_t random = seed + number;

	twins->program = number;
	must_be(nr_ids_open(room->space, &ids), 0);
	for (int i = 0; i < TWINS; i++)
		twins->twin[i] = (struct twin){-1, -1};
	workers = workers_start(WORKERS, 1, step, NULL);
	for (twins->step = 0; twins->step < STEPS; twins->step++) {
		int worker = (int)random_below(&random, WORKERS);

		if (random_below(&random, 100) == 0)
			workers_replace(workers, worker);
		workers_step(workers, worker, random_next(&random));
	}
	workers_stop(workers);
	remove_kernels();
	nr_ids_close(&ids);
	room_close(room);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	struct shminfo limits;
	uint64_t programs = argc > 2 ? strtoull(argv[2], NULL, 0) : 20;

	if (syscall(SYS_shmctl, 0, IPC_INFO, &limits) < 0) {
		perror("skipped: no System V segments here");
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
