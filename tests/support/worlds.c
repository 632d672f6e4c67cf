/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/must.h>
#include <support/worlds.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_NS = 2 * 1000 * 1000 };

void world_open(struct world *world, enum world_name name, struct naru_space *space,
		const char *path)
{
	*world = (struct world){.name = name, .path = path};
	if (name == KERNEL)
		return;
	must_be(nr_ids_open(space, &world->ids), 0);
	must_be(nr_sem_open(&world->ids, &world->sem), 0);
}

void world_close(struct world *world)
{
	if (world->name == KERNEL)
		return;
	nr_sem_close(&world->sem);
	nr_ids_close(&world->ids);
}

static int kernel(int result)
{
	return result < 0 ? -errno : result;
}

int world_get(struct world *world, key_t key, int semaphores, int flags)
{
	return world->name == KERNEL ? kernel(semget(key, semaphores, flags))
				     : nr_sem_get(&world->sem, key, semaphores, flags);
}

int world_control(struct world *world, int set, int number, int command,
		  union nr_sem_argument argument)
{
	return world->name == KERNEL
		       ? kernel(semctl(set, number, command, argument))
		       : nr_sem_control(&world->sem, set, number, command, argument);
}

int world_operate(struct world *world, int set, struct sembuf *operations, int count,
		  const struct timespec *timeout)
{
	return world->name == KERNEL
		       ? kernel(semtimedop(set, operations, (size_t)count, timeout))
		       : nr_sem_operate(&world->sem, set, operations, (size_t)count,
					timeout);
}

static void on_signal(int number)
{
	(void)number;
}

static _Noreturn void exec_again(const struct world *world, int orders, int answers)
{
	char name[16], in[16], out[16];

	snprintf(name, sizeof(name), "%d", (int)world->name);
	snprintf(in, sizeof(in), "%d", orders);
	snprintf(out, sizeof(out), "%d", answers);
	execl("/proc/self/exe", "worker", "--worker", name, world->path, in, out,
	      (char *)NULL);
	_exit(1);
}

static int operate(struct world *world, struct order *order)
{
	const struct timespec timeout = {.tv_nsec = TIMEOUT_NS};

	return world_operate(world, order->set, order->operation, order->count,
			     order->timed ? &timeout : NULL);
}

static void say(int answers, int result)
{
	const struct answer answer = {.result = result, .pid = getpid()};

	must(write(answers, &answer, sizeof(answer)) == sizeof(answer));
}

static _Noreturn void work(struct world *world, int orders, int answers)
{
	const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct order order;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(sigaction(SIGUSR1, &action, NULL) == 0);
	while (read(orders, &order, sizeof(order)) == sizeof(order)) {
		switch (order.kind) {
		case ORDER_OPERATE:
			say(answers, operate(world, &order));
			break;
		case ORDER_EXIT:
			_exit(0);
		case ORDER_EXEC:
			exec_again(world, orders, answers);
		case ORDER_FORK:
			if (fork() != 0)
				_exit(0);
			say(answers, 0);
			break;
		}
	}
	_exit(0);
}

void world_main(int argc, char **argv)
{
	static struct world world;
	struct naru_space *space = NULL;
	enum world_name name;

	if (argc != 6 || strcmp(argv[1], "--worker") != 0)
		return;
	name = (enum world_name)atoi(argv[2]);
	if (name == NARU)
		must_be(naru_space_open(argv[3], NULL, &space), 0);
	world_open(&world, name, space, argv[3]);
	say(atoi(argv[5]), 0);
	work(&world, atoi(argv[4]), atoi(argv[5]));
}

void worker_start(struct world *world, struct world_worker *worker)
{
	int orders[2], answers[2];

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	must(pipe(orders) == 0 && pipe(answers) == 0);
	worker->pid = fork();
	must(worker->pid >= 0);
	if (worker->pid == 0) {
		close(orders[1]);
		close(answers[0]);
		work(world, orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	worker->orders = orders[1];
	worker->answers = answers[0];
	worker->busy = false;
}

void worker_tell(struct world_worker *worker, const struct order *order)
{
	pid_t old = worker->pid;

	must(write(worker->orders, order, sizeof(*order)) == sizeof(*order));
	worker->busy = true;
	if (order->kind == ORDER_EXEC || order->kind == ORDER_FORK) {
		worker_await(worker);
		worker->pid = worker->answer.pid;
	}
	if (order->kind == ORDER_FORK)
		must(waitpid(old, NULL, 0) == old);
}

bool worker_look(struct world_worker *worker)
{
	struct pollfd poll_fd = {.fd = worker->answers, .events = POLLIN};

	if (!worker->busy)
		return true;
	if (poll(&poll_fd, 1, 0) != 1)
		return false;
	worker_await(worker);
	return true;
}

void worker_await(struct world_worker *worker)
{
	must(read(worker->answers, &worker->answer, sizeof(worker->answer)) ==
	     sizeof(worker->answer));
	worker->busy = false;
}

void worker_bury(struct world_worker *worker)
{
	close(worker->orders);
	close(worker->answers);
	must(waitpid(worker->pid, NULL, 0) == worker->pid);
}

void worker_kill(struct world_worker *worker)
{
	must(kill(worker->pid, SIGKILL) == 0);
	worker_bury(worker);
}

static int count_asleep(struct world *world, int set, int semaphores)
{
	const union nr_sem_argument none = {0};
	int asleep = 0;

	for (int i = 0; i < semaphores; i++) {
		int grow = world_control(world, set, i, GETNCNT, none);
		int zero = world_control(world, set, i, GETZCNT, none);

		must(grow >= 0 && zero >= 0);
		asleep += grow + zero;
	}
	return asleep;
}

void world_await_quiet(struct world *world, int set, int semaphores,
		       struct world_worker *workers, int count)
{
	for (;;) {
		int busy = 0;

		for (int i = 0; i < count; i++)
			busy += !worker_look(&workers[i]);
		/*
		 * Twice: one that sleeps now for this and then for that semaphore may
		 * be seen at both, by the call that has changed it meanwhile.
		 */
		if (busy == 0 || (busy == count_asleep(world, set, semaphores) &&
				  busy == count_asleep(world, set, semaphores)))
			return;
		sched_yield();
	}
}
