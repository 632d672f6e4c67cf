/* SPDX-License-Identifier: MIT */

/*
 * A program that knows nothing of naru: tests/cli-run.sh runs it, and tests/cli-linked.sh
 * when it is linked with -lnaru-sysv. It forbids itself, and its children, every System V
 * call of the kernel's: one would kill it.
 */

#include "sysv-program.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, NOBODY = 54321 };

static void forbid_the_kernels(void)
{
	static const int numbers[] = {SYS_shmget, SYS_shmat,  SYS_shmdt,  SYS_shmctl,
				      SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl,
				      SYS_semget, SYS_semop,  SYS_semctl, SYS_semtimedop};
	enum { COUNT = sizeof(numbers) / sizeof(numbers[0]) };
	struct sock_filter filter[COUNT * 2 + 4];
	struct sock_fprog program = {.filter = filter};
	unsigned short n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						   offsetof(struct seccomp_data, nr));
	for (int i = 0; i < COUNT; i++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							   (unsigned)numbers[i], 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							   SECCOMP_RET_KILL_PROCESS);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

void await(pid_t child)
{
	int status;

	must(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void use_queues(void)
{
	struct letter sent = {3, "hello"}, got = {0, ""};
	int id = msgget(ftok("/", 'q'), IPC_CREAT | IPC_EXCL | 0600);
	struct msqid_ds ds;
	pid_t child;

	must(id >= 0 && msgget(ftok("/", 'q'), 0) == id);
	must(msgsnd(id, &sent, 6, 0) == 0);
	must(msgrcv(id, &got, sizeof(got.text), -5, 0) == 6);
	must(got.type == 3 && strcmp(got.text, "hello") == 0);
	fails(msgrcv(id, &got, sizeof(got.text), 0, IPC_NOWAIT), ENOMSG);

	/* By number. */
	must(syscall(SYS_msgsnd, id, &sent, 6, 0) == 0);
	must(syscall(SYS_msgctl, id, IPC_STAT, &ds) == 0 && ds.msg_qnum == 1);
	must(ds.msg_lspid == getpid());
	must(syscall(SYS_msgrcv, id, &got, 16, 0, 0) == 6);

	child = fork();
	if (child == 0)
		_exit(msgsnd(id, &sent, 6, 0) == 0 ? 0 : 1);
	must(msgrcv(id, &got, sizeof(got.text), 0, 0) == 6);
	await(child);
	must(msgctl(id, IPC_RMID, NULL) == 0);
	fails(msgsnd(id, &sent, 6, 0), EINVAL);
}

/* A sanitizer looks at the pointers before it passes the calls on. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
static const bool may_fault = false;
#else
static const bool may_fault = true;
#endif

static void fault(void)
{
	int id = msgget(IPC_PRIVATE, 0600);
	char *pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct letter *inside = (void *)pages;
	struct letter *across = (void *)(pages + 2 * PAGE - 16);

	must(id >= 0 && pages != MAP_FAILED);
	*inside = *across = (struct letter){1, "x"};
	fails(msgsnd(id, NULL, 1, 0), EFAULT);
	fails(msgsnd(id, (void *)8, 1, 0), EFAULT);
	fails(msgsnd(id, (void *)INTPTR_MIN, 1, 0), EFAULT);
	must(msgsnd(id, across, 16, 0) == 0);
	/* What was good is not good any more. */
	must(mprotect(pages + 2 * PAGE, PAGE, PROT_NONE) == 0);
	fails(msgsnd(id, across, 16, 0), EFAULT);
	must(msgsnd(id, across, 8, 0) == 0);
	must(munmap(pages, PAGE) == 0);
	fails(msgsnd(id, inside, 1, 0), EFAULT);

	/* The message is longer than what can be written to: it is lost. */
	fails(msgrcv(id, across, 16, 0, 0), EFAULT);
	/* The buffer is said to be longer than it is, and the message is short. */
	must(msgrcv(id, across, 1 << 20, 0, 0) == 8);
	fails(msgrcv(id, NULL, 16, 0, IPC_NOWAIT), ENOMSG);
	must(mprotect(pages + PAGE, PAGE, PROT_READ) == 0);
	must(msgsnd(id, across, 1, 0) == 0);
	fails(msgrcv(id, across, 1, 0, 0), EFAULT);
	fails(msgctl(id, IPC_STAT, (void *)across), EFAULT);
	must(munmap(pages + PAGE, 2 * PAGE) == 0);
	pages = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(pages != MAP_FAILED);
	fails(msgsnd(id, pages, 0, 0), EINVAL);
	must(mmap(pages, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		  0) == pages);
	fails(msgsnd(id, pages, 0, 0), EFAULT);
	must(msgctl(id, IPC_RMID, NULL) == 0);
}

static unsigned long attached(int id)
{
	struct shmid_ds ds;

	must(shmctl(id, IPC_STAT, &ds) == 0);
	return ds.shm_nattch;
}

static void use_segments(void)
{
	int id = shmget(IPC_PRIVATE, 10000, 0600), ends[2];
	char *one = shmat(id, NULL, 0), *two = shmat(id, NULL, SHM_RDONLY), byte;
	pid_t child;

	must(id >= 0 && one != (void *)-1 && two != (void *)-1 && one != two);
	one[9999] = 'x';
	must(two[9999] == 'x' && attached(id) == 2);
	fails(mprotect(two, PAGE, PROT_READ | PROT_WRITE), EACCES);
	must(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		must(write(ends[1], "", 1) == 1);
		pause();
	}
	must(read(ends[0], &byte, 1) == 1);
	must(attached(id) == 4);
	kill(child, SIGKILL);
	must(waitpid(child, NULL, 0) == child && attached(id) == 2);

	must(shmctl(id, IPC_RMID, NULL) == 0);
	must(attached(id) == 2);
	must(shmdt(two) == 0);
	fails(shmdt(two), EINVAL);
	two = (void *)syscall(SYS_shmat, id, NULL, 0);
	must(two[9999] == 'x' && attached(id) == 2);
	must(shmdt(one) == 0 && syscall(SYS_shmdt, two) == 0);
	fails(shmat(id, NULL, 0), EINVAL);
}

static void use_sets(void)
{
	int id = semget(IPC_PRIVATE, 2, 0600);
	struct sembuf up = {1, 1, SEM_UNDO}, down = {1, -1, 0};

	must(id >= 0 && semop(id, &up, 1) == 0 && semctl(id, 1, GETVAL) == 1);
	must(syscall(SYS_semop, id, &down, 1) == 0);
	must(syscall(SYS_semctl, id, 1, GETPID) == getpid());
	must(semctl(id, 0, IPC_RMID) == 0);
}

static pthread_barrier_t barrier;

/*
 * What root was allowed, another user is not; in one thread, and in all. Nor is it when
 * root has been allowed it once more.
 */
static void *be_nobody(void *data)
{
	struct letter letter = {1, ""};
	int id = *(int *)data;

	must(syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) == 0);
	fails(msgsnd(id, &letter, 1, 0), EACCES);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	fails(msgsnd(id, &letter, 1, 0), EACCES);
	return NULL;
}

static void lose_privileges(void)
{
	int id = msgget(IPC_PRIVATE, 0600);
	struct letter letter = {1, ""};
	pthread_t thread;

	must(id >= 0 && msgsnd(id, &letter, 1, 0) == 0);
	must(seteuid(NOBODY) == 0);
	fails(msgsnd(id, &letter, 1, 0), EACCES);
	fails(msgctl(id, IPC_RMID, NULL), EPERM);
	must(seteuid(0) == 0);
	must(msgsnd(id, &letter, 1, 0) == 0);
	must(pthread_barrier_init(&barrier, NULL, 2) == 0);
	must(pthread_create(&thread, NULL, be_nobody, &id) == 0);
	pthread_barrier_wait(&barrier);
	must(msgsnd(id, &letter, 1, 0) == 0);
	pthread_barrier_wait(&barrier);
	must(pthread_join(thread, NULL) == 0);
	must(msgsnd(id, &letter, 1, 0) == 0);
	must(msgctl(id, IPC_RMID, NULL) == 0);
}

enum { LISTED = 1734829451 }; /* a key that nobody else has */

/* The list that is open there has our queue in it, which the kernel's has not. */
static void tells_of_our_queue(int fd)
{
	char text[600];
	ssize_t n;

	must(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	must(n > 0);
	text[n] = '\0';
	must(strncmp(text, "       key      msqid", 20) == 0);
	must(strstr(text, "1734829451") != NULL);
	must(close(fd) == 0);
}

/* With flags that the compiler does not know, so that a fortified one checks them. */
static void read_the_list(void)
{
	volatile int flags = O_RDONLY;
	int id = msgget(LISTED, IPC_CREAT | 0600), proc, sysvipc, here;
	char text[600];
	FILE *file;

	must(id >= 0);
	tells_of_our_queue(open("/proc/sysvipc/msg", flags));
	tells_of_our_queue(open64("/proc/sysvipc/msg", flags));
	tells_of_our_queue(openat(-1, "/proc/sysvipc/msg", flags));
	tells_of_our_queue(openat64(AT_FDCWD, "/proc/sysvipc/msg", flags));
	proc = open("/proc", O_RDONLY | O_DIRECTORY);
	sysvipc = openat(proc, "sysvipc", O_RDONLY | O_DIRECTORY);
	here = open(".", O_RDONLY | O_DIRECTORY);
	must(proc >= 0 && sysvipc >= 0 && here >= 0);
	tells_of_our_queue(openat(proc, "sysvipc/msg", flags));
	tells_of_our_queue(openat64(sysvipc, "msg", flags));
	/* Of other directories it is another file. */
	fails(openat(here, "msg", flags), ENOENT);
	fails(open("msg", flags), ENOENT);
	must(fchdir(proc) == 0);
	tells_of_our_queue(open("sysvipc/msg", flags));
	must(fchdir(here) == 0);
	file = fopen("/proc/sysvipc/msg", "re");
	must(file && fgets(text, sizeof(text), file) && fgets(text, sizeof(text), file));
	must(fclose(file) == 0);
	must(close(proc) == 0 && close(sysvipc) == 0 && close(here) == 0);
	must(msgctl(id, IPC_RMID, NULL) == 0);
}

/* What a library calls that would rather find libc first. */
static void call_deeply(void *library)
{
	int (*get)(void);

	must(library);
	*(void **)&get = dlsym(library, "deep_get");
	must(get && get() == 0);
	must(dlclose(library) == 0);
}

int main(int argc, char **argv)
{
	forbid_the_kernels();
	if (argc > 1) {
		call_deeply(dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND));
		call_deeply(dlmopen(LM_ID_BASE, argv[1], RTLD_NOW | RTLD_DEEPBIND));
	}
	read_the_list();
	use_queues();
	if (may_fault)
		fault();
	be_interrupted();
	fork_while_waiting();
	jump_out_of_a_wait();
	use_segments();
	use_sets();
	if (geteuid() == 0)
		lose_privileges();
	puts("all is well");
	return 0;
}
