/* SPDX-License-Identifier: MIT */

/*
 * What Linux says to arguments that few programs pass. The calls are libc's own names.
 *
 *	unit-edges		on naru
 *	unit-edges-kernel	on the kernel, which must say the same
 */

#include <dlfcn.h>
#include <sched.h>
#include <support/border.h>
#include <support/child.h>
#include <support/must.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

#define HUGE_OF(log) (SHM_HUGETLB | (int)((unsigned)(log) << 26))

#define assert_fails(call, error)                                                        \
	do {                                                                             \
		errno = 0;                                                               \
		assert_int_equal((long)(call), -1);                                      \
		assert_int_equal(errno, error);                                          \
	} while (0)

static void test_segment_beyond_memory(void **state)
{
	(void)state;
	assert_fails(shmget(IPC_PRIVATE, (size_t)1 << 62, 0600), ENOMEM);
	assert_fails(shmget(IPC_PRIVATE, (size_t)1 << 47, 0600), ENOMEM);
	assert_fails(shmget(IPC_PRIVATE, (size_t)-1, 0600), EINVAL);
}

static void test_no_such_huge_pages(void **state)
{
	(void)state;
	assert_fails(shmget(IPC_PRIVATE, 4096, HUGE_OF(13) | 0600), EINVAL);
	assert_fails(shmget(IPC_PRIVATE, 4096, HUGE_OF(63) | 0600), EINVAL);
}

/* The number of operations is an unsigned int to the kernel. */
static void test_number_of_operations(void **state)
{
	int set = semget(IPC_PRIVATE, 1, 0600);
	struct sembuf up = {0, 1, 0};

	(void)state;
	assert_true(set >= 0);
	assert_fails(semop(set, &up, (size_t)1 << 32), EINVAL);
	assert_int_equal(semop(set, &up, ((size_t)1 << 32) + 1), 0);
	assert_int_equal(semctl(set, 0, GETVAL), 1);
	assert_int_equal(semctl(set, 0, IPC_RMID), 0);
}

static void test_copy_to_nowhere(void **state)
{
	const int flags = MSG_COPY | IPC_NOWAIT;
	int queue = msgget(IPC_PRIVATE, 0600);
	struct {
		long type;
		char text[8];
	} message = {1, ""};

	(void)state;
	assert_true(queue >= 0);
	assert_int_equal(msgsnd(queue, &message, 8, 0), 0);
	if (msgrcv(queue, &message, 8, 0, flags) < 0) {
		assert_int_equal(errno, ENOSYS);
		assert_int_equal(msgctl(queue, IPC_RMID, NULL), 0);
		skip();
	}
	assert_fails(msgrcv(queue, NULL, 8, 0, flags), EFAULT);
	assert_fails(msgrcv(-1, NULL, 8, 0, flags), EINVAL);
	assert_int_equal(msgctl(queue, IPC_RMID, NULL), 0);
	assert_fails(msgrcv(queue, NULL, 8, 0, flags), EFAULT);
	assert_fails(msgrcv(queue, &message, 8, 0, flags), EINVAL);
}

/* What other languages do: libc alone is asked where the calls are. */
static void test_calls_of_libc(void **state)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY);
	int (*get)(key_t key, int flags);
	int (*control)(int id, int command, struct msqid_ds *buffer);
	int id;

	(void)state;
	assert_non_null(libc);
	*(void **)&get = dlsym(libc, "msgget");
	*(void **)&control = dlsym(RTLD_NEXT, "msgctl");
	id = get(IPC_PRIVATE, 0600);
	assert_int_equal(msgctl(id, IPC_RMID, NULL), 0);
	id = msgget(IPC_PRIVATE, 0600);
	assert_int_equal(control(id, IPC_RMID, NULL), 0);
	/* Everything else is where it was. */
	assert_ptr_equal(dlsym(libc, "getpagesize"), dlsym(RTLD_DEFAULT, "getpagesize"));
	assert_null(dlsym(libc, "msgput"));
	assert_non_null(dlerror());
	dlclose(libc);
}

static int wrapped;

/* A program that has one of the calls itself, as those with a sanitizer have. */
int shmdt(const void *address)
{
	int (*next)(const void *at);

	wrapped++;
	*(void **)&next = dlsym(RTLD_NEXT, "shmdt");
	return next(address);
}

static void test_call_of_the_program(void **state)
{
	int id = shmget(IPC_PRIVATE, 1, 0600);
	void *libc = dlopen("libc.so.6", RTLD_LAZY);
	int (*detach)(const void *address);

	(void)state;
	assert_int_equal(shmdt(shmat(id, NULL, 0)), 0);
	assert_int_equal(wrapped, 1);
	*(void **)&detach = dlsym(libc, "shmdt");
	assert_int_equal(detach(shmat(id, NULL, 0)), 0);
	assert_int_equal(wrapped, 1);
	assert_int_equal(shmctl(id, IPC_RMID, NULL), 0);
	dlclose(libc);
}

/* Where nobody has said yet which users there are. */
static int make_all_three(void *data)
{
	(void)data;
	if (unshare(CLONE_NEWUSER) < 0)
		return 77;
	must_be(msgctl(msgget(IPC_PRIVATE, 0600), IPC_RMID, NULL), 0);
	must_be(shmctl(shmget(IPC_PRIVATE, 1, 0600), IPC_RMID, NULL), 0);
	must_be(semctl(semget(IPC_PRIVATE, 1, 0600), 0, IPC_RMID), 0);
	return 0;
}

static void test_user_namespace(void **state)
{
	int queue = msgget(IPC_PRIVATE, 0600), result;

	(void)state;
	assert_int_equal(msgctl(queue, IPC_RMID, NULL), 0);
	result = child_run(make_all_three, NULL);
	if (result == 77)
		skip();
	assert_int_equal(result, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segment_beyond_memory),
		cmocka_unit_test(test_no_such_huge_pages),
		cmocka_unit_test(test_number_of_operations),
		cmocka_unit_test(test_copy_to_nowhere),
		cmocka_unit_test(test_calls_of_libc),
		cmocka_unit_test(test_call_of_the_program),
		cmocka_unit_test(test_user_namespace),
	};

	return border_main(tests, sizeof(tests) / sizeof(tests[0]));
}
