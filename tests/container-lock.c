/* SPDX-License-Identifier: MIT */

/*
 * Two processes in PID, IPC and mount namespaces of their own, over one directory:
 * both are pid 1, and neither can see the other. One is killed after its n-th
 * instruction inside a call, in many of these cases while it holds a lock, or has
 * changed half of the store; the other goes on. What says that a lock was held is the
 * survivor's own log.
 */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/room.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { VICTIMS = 60, OLD = 4, READY = '?' };

/* What is there before: whoever wants something else than a four steps over some. */
static const int64_t old_types[OLD] = {4, 4, 1, 2};
static char new_text[200] = "new";

/* What a victim does under trace; before and after are the same but for this. */
struct deed {
	char name;
	int64_t removes; /* the oldest of this type; 0: nothing */
	int adds;	 /* so many new ones */
	void (*run)(struct naru_queue *queue);
};

/* Shared by all, to count what the log says. */
static _Atomic uint32_t *repairs;

struct container {
	const char *path;
	int (*body)(struct container *container);
	int not_ours; /* the other end of it */
	int socket;   /* the survivor's: a deed's name, or READY, asks, a byte answers */
	const struct deed *deed; /* the victim's */
};

static void count_repair(void *unused, const char *line)
{
	(void)unused;
	if (strstr(line, "dead"))
		atomic_fetch_add(repairs, 1);
}

/* The child of this one is pid 1 of its namespace. */
static int contain(void *data)
{
	struct container *container = data;
	pid_t child;

	close(container->not_ours);
	if (unshare(CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return CHILD_SKIPPED;
	child = fork();
	must(child >= 0);
	if (child == 0) {
		must(getpid() == 1);
		_exit(container->body(container));
	}
	return child_await(child);
}

static struct naru_queue *open_queue(const char *path)
{
	struct naru_space *space = NULL;
	struct naru_queue *queue = NULL;

	must_be(naru_space_open(path, NULL, &space), 0);
	must_be(naru_queue_open(space, "q", NULL, &queue), 0);
	return queue;
}

static void send_new(struct naru_queue *queue)
{
	must_be(naru_queue_send(queue, 3, new_text, sizeof(new_text), -1), 0);
}

static void receive_of_type(struct naru_queue *queue)
{
	char buffer[10];

	must_be(naru_queue_receive(queue, 1, 0, buffer, sizeof(buffer), -1, NULL), 4);
}

static void receive_lowest(struct naru_queue *queue)
{
	char buffer[10];

	must_be(naru_queue_receive(queue, -9, 0, buffer, sizeof(buffer), -1, NULL), 4);
}

static void take_and_release(struct naru_queue *queue)
{
	struct naru_message message;

	must_be(naru_queue_take(queue, 2, 0, -1, &message), 0);
	must_be(naru_queue_release(queue, &message), 0);
}

static void take_and_give_back(struct naru_queue *queue)
{
	struct naru_message message;

	must_be(naru_queue_take(queue, 2, 0, -1, &message), 0);
	must_be(naru_queue_give_back(queue, &message), 0);
}

static void claim_and_commit(struct naru_queue *queue)
{
	struct naru_message message;

	must_be(naru_queue_claim(queue, 3, sizeof(new_text), -1, &message), 0);
	memcpy(message.data, new_text, sizeof(new_text));
	must_be(naru_queue_commit(queue, &message), 0);
}

static const struct deed deeds[] = {
	{'s', 0, 1, send_new},		 {'r', 1, 0, receive_of_type},
	{'l', 1, 0, receive_lowest},	 {'t', 2, 0, take_and_release},
	{'g', 0, 0, take_and_give_back}, {'c', 0, 1, claim_and_commit},
};

enum { DEEDS = sizeof(deeds) / sizeof(deeds[0]) };

static const struct deed *deed_of(char name)
{
	unsigned i = 0;

	while (deeds[i].name != name)
		must(++i < DEEDS);
	return &deeds[i];
}

static int be_victim(struct container *container)
{
	struct naru_queue *queue = open_queue(container->path);

	for (int i = 0; i < OLD; i++)
		must_be(naru_queue_send(queue, old_types[i], "old", 4, -1), 0);
	must(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	container->deed->run(queue);
	return 0;
}

/* Drain what a victim left, and see that it is one of what may be there. */
static void inspect(struct naru_queue *queue, const struct deed *deed)
{
	int old = 0, missing = 0, new = 0;
	char buffer[sizeof(new_text)];
	int64_t type;
	ssize_t n;

	while ((n = naru_queue_receive(queue, 0, 0, buffer, sizeof(buffer), 0, &type)) !=
	       -EAGAIN) {
		must(n == 4 || n == sizeof(new_text));
		if (n == sizeof(new_text)) {
			must(type == 3 &&
			     memcmp(buffer, new_text, sizeof(new_text)) == 0);
			new ++;
			continue;
		}
		must(new == 0 && memcmp(buffer, "old", 4) == 0);
		while (old < OLD && old_types[old] != type) {
			must(old_types[old++] == deed->removes);
			missing++;
		}
		must(old++ < OLD);
	}
	for (; old < OLD; old++, missing++)
		must(old_types[old] == deed->removes);
	must(missing <= (deed->removes != 0) && new <= deed->adds);
	for (int i = 0; i < 10; i++) {
		must_be(naru_queue_send(queue, i + 1, "next", 4, -1), 0);
		must_be(naru_queue_receive(queue, i + 1, 0, buffer, 4, -1, NULL), 4);
	}
}

static int be_survivor(struct container *container)
{
	struct naru_queue *queue = open_queue(container->path);
	char byte;

	naru_set_log(count_repair, NULL);
	while (read(container->socket, &byte, 1) == 1) {
		if (byte != READY)
			inspect(queue, deed_of(byte));
		must(write(container->socket, "!", 1) == 1);
	}
	naru_queue_close(queue);
	return 0;
}

/*
 * Fork a victim, run it for @steps instructions of its call, and kill it. Returns
 * how many it was run for: less when the call ended before.
 */
static unsigned long kill_after(struct container *container, unsigned long steps)
{
	unsigned long step = 0;
	pid_t victim;
	int status;

	must(unshare(CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNS) == 0);
	victim = fork();
	must(victim >= 0);
	if (victim == 0) {
		must(getpid() == 1);
		_exit(be_victim(container));
	}
	must(waitpid(victim, &status, 0) == victim && WIFSTOPPED(status));
	for (; step < steps; step++) {
		must(ptrace(PTRACE_SINGLESTEP, victim, NULL, NULL) == 0);
		must(waitpid(victim, &status, 0) == victim);
		if (!WIFSTOPPED(status)) {
			must_be(status, 0);
			return step;
		}
	}
	must(kill(victim, SIGKILL) == 0);
	must(waitpid(victim, &status, 0) == victim && WIFSIGNALED(status));
	return step;
}

/* A process can change its children's PID namespace only once: one for each victim. */
struct killing {
	struct container *container;
	unsigned long steps;
	_Atomic unsigned long *ret_steps;
};

static int kill_one(void *data)
{
	struct killing *killing = data;

	atomic_store(killing->ret_steps, kill_after(killing->container, killing->steps));
	return 0;
}

static void ask(int socket, const struct deed *deed)
{
	char byte = deed->name;

	must(write(socket, &byte, 1) == 1);
	must(read(socket, &byte, 1) == 1 && byte == '!');
}

static void kill_at_many_points(struct room *room, int socket, const struct deed *deed,
				_Atomic unsigned long *steps)
{
	struct container container = {.path = room->path, .deed = deed};
	struct killing killing = {&container, ~0ul, steps};
	unsigned long all;

	must_be(child_run(kill_one, &killing), 0);
	all = atomic_load(steps);
	ask(socket, deed);
	must(all > 10);
	for (unsigned long i = 0; i < VICTIMS; i++) {
		killing.steps = all * i / VICTIMS;
		must_be(child_run(kill_one, &killing), 0);
		ask(socket, deed);
	}
}

int main(void)
{
	struct room *room = room_open();
	struct container survivor = {.path = room->path, .body = be_survivor};
	_Atomic unsigned long *steps;
	int sockets[2], status;
	pid_t container;

	naru_queue_close(room_queue(room, "q", 10000, 0));
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	steps = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	must(steps != MAP_FAILED);
	repairs = (_Atomic uint32_t *)(steps + 1);

	survivor.not_ours = sockets[0];
	survivor.socket = sockets[1];
	container = child_start(contain, &survivor);
	close(sockets[1]);
	if (write(sockets[0], &(char){READY}, 1) != 1 ||
	    read(sockets[0], &status, 1) != 1) {
		status = child_await(container);
		room_close(room);
		if (status == CHILD_SKIPPED)
			puts("skipped: namespaces are not allowed here");
		return status;
	}

	for (int i = 0; i < DEEDS; i++)
		kill_at_many_points(room, sockets[0], &deeds[i], steps);
	close(sockets[0]);
	must_be(child_await(container), 0);
	printf("%d victims, %u repairs\n", DEEDS * VICTIMS, atomic_load(repairs));
	must(atomic_load(repairs) > 0);
	room_close(room);
	return 0;
}
