/* SPDX-License-Identifier: MIT */

/*
 * Servers and clients that talk over every transport, all at once: first in processes,
 * which are killed and replaced at random moments, then in the threads of one. What
 * arrives is right to the byte, and all of it, unless the other end was killed.
 *
 *	stress-streams [SECONDS [SEED]]
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/random.h>
#include <support/talk.h>
#include <support/transport.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
	SERVERS = 2,
	CLIENTS = 6,
	WORKERS = SERVERS + CLIENTS,
	SCHEMES = 4, /* local, unix, tcp, tls */
	DIAL_MS = 20000,
	GRACE_SECONDS = 100,
};

/* What all processes share. */
struct stress {
	_Atomic bool stop_clients, stop_servers;
	_Atomic uint32_t deaths[TALK_WORKERS];
	_Atomic uint32_t port[SERVERS][SCHEMES]; /* 0: it does not listen yet */
	_Atomic uint64_t talks, heard;
};

/* Of the certificates' files. */
struct names {
	char authority[256], certificate[2][256], key[2][256];
};

static struct names names;
static struct room *room;
static struct stress *stress;

struct worker {
	uint32_t index;
	uint32_t life;
	uint64_t seed;
	pthread_t thread;
};

static struct naru_stream_options options_of(int scheme, bool server)
{
	struct naru_stream_options options = NARU_INIT(options, .flags = 0);

	if (scheme < 3)
		return options;
	options.authority = names.authority;
	options.certificate = names.certificate[server];
	options.key = names.key[server];
	return options;
}

static void print_url(char *url, size_t size, int scheme, uint32_t server, unsigned port)
{
	switch (scheme) {
	case 0:
		snprintf(url, size, "local://stress-%u", server);
		break;
	case 1:
		snprintf(url, size, "unix://%s/stress-%u", room->path, server);
		break;
	default:
		snprintf(url, size, "%s://127.0.0.1:%u", scheme == 2 ? "tcp" : "tls",
			 port);
	}
}

static void run_talk(const struct worker *worker, uint64_t seed,
		     struct naru_stream *stream)
{
	struct talk *talk = calloc(1, sizeof(*talk));

	must(talk);
	talk->stream = stream;
	talk->deaths = stress->deaths;
	talk->seed = seed;
	talk->out.worker = worker->index;
	talk->out.life = worker->life;
	atomic_fetch_add(&stress->heard, talk_run(talk));
	atomic_fetch_add(&stress->talks, 1);
	free(talk);
}

struct visit {
	const struct worker *worker;
	uint64_t seed;
	struct naru_stream *stream;
	atomic_int *visits;
};

static void *serve(void *data)
{
	struct visit *visit = data;

	run_talk(visit->worker, visit->seed, visit->stream);
	atomic_fetch_sub(visit->visits, 1);
	free(visit);
	return NULL;
}

static void take_in(struct worker *worker, struct naru_listener *listener,
		    atomic_int *visits)
{
	struct visit *visit;
	struct naru_stream *stream;
	pthread_t thread;
	int r = naru_accept(listener, 0, &stream);

	must(r == 0 || r == -EAGAIN);
	if (r < 0)
		return;
	visit = calloc(1, sizeof(*visit));
	must(visit);
	*visit = (struct visit){worker, random_next(&worker->seed), stream, visits};
	atomic_fetch_add(visits, 1);
	must_be(pthread_create(&thread, NULL, serve, visit), 0);
	must_be(pthread_detach(thread), 0);
}

static void open_listeners(struct worker *worker, struct naru_listener **listeners,
			   struct pollfd *fds)
{
	for (int i = 0; i < SCHEMES; i++) {
		struct naru_stream_options options = options_of(i, true);
		char url[256];
		int r;

		print_url(url, sizeof(url), i, worker->index, 0);
		r = naru_listen(room->space, url, &options, &listeners[i]);
		must_be(r, 0);
		fds[i] = (struct pollfd){naru_listener_fd(listeners[i]), POLLIN, 0};
		url[0] = '1';
		if (i >= 2)
			snprintf(url, sizeof(url), "%s",
				 strrchr(naru_listener_url(listeners[i]), ':') + 1);
		atomic_store(&stress->port[worker->index][i],
			     (uint32_t)strtoul(url, NULL, 10));
	}
}

static void *be_server(void *data)
{
	struct worker *worker = data;
	struct naru_listener *listeners[SCHEMES];
	struct pollfd fds[SCHEMES];
	atomic_int visits = 0;

	open_listeners(worker, listeners, fds);
	while (!atomic_load(&stress->stop_servers)) {
		/* Clients come, or it is time to look whether to stop. */
		must(poll(fds, SCHEMES, 100) >= 0);
		for (int i = 0; i < SCHEMES; i++)
			if (fds[i].revents)
				take_in(worker, listeners[i], &visits);
	}
	while (atomic_load(&visits) > 0)
		sched_yield();
	for (int i = 0; i < SCHEMES; i++)
		naru_listener_close(listeners[i]);
	return NULL;
}

/* Errors that come of the server's death. */
static bool is_refusal(int error)
{
	return error == -ECONNREFUSED || error == -ENOENT || error == -ECONNRESET ||
	       error == -EPROTO || error == -EPIPE;
}

static void call_somebody(struct worker *worker)
{
	uint32_t server = (uint32_t)random_below(&worker->seed, SERVERS);
	/* Handshakes take their time. */
	int scheme = (int)(random_below(&worker->seed, 10) * SCHEMES / 10);
	struct naru_stream_options options = options_of(scheme, false);
	struct naru_stream *stream;
	uint32_t port = atomic_load(&stress->port[server][scheme]);
	uint32_t deaths = atomic_load(&stress->deaths[server]);
	char url[256];
	int r;

	if (port == 0)
		return;
	if (random_below(&worker->seed, 3) == 0)
		options.flags |= NARU_STREAM_PLAIN;
	options.capacity = UINT64_C(4096) << random_below(&worker->seed, 8);
	print_url(url, sizeof(url), scheme, server, port);
	r = naru_connect(room->space, url, &options, DIAL_MS, &stream);
	if (r == 0) {
		run_talk(worker, random_next(&worker->seed), stream);
		return;
	}
	if (!is_refusal(r))
		fprintf(stderr, "%s: %s\n", url, naru_error_text(r));
	must(is_refusal(r));
	must(deaths > 0 || atomic_load(&stress->deaths[server]) > 0);
	sched_yield();
}

static void *be_client(void *data)
{
	while (!atomic_load(&stress->stop_clients))
		call_somebody(data);
	return NULL;
}

static int work(void *data)
{
	struct worker *worker = data;

	if (worker->index < SERVERS)
		be_server(worker);
	else
		be_client(worker);
	return 0;
}

struct crew {
	uint64_t seed;
	struct worker workers[WORKERS];
	pid_t pids[WORKERS];
	unsigned long killed;
};

static void hire(struct crew *crew, uint32_t index)
{
	struct worker *worker = &crew->workers[index];

	worker->index = index;
	worker->seed = random_next(&crew->seed);
	worker->life = atomic_load(&stress->deaths[index]);
	crew->pids[index] = child_start(work, worker);
}

static void replace(struct crew *crew, uint32_t index)
{
	int status;

	atomic_fetch_add(&stress->deaths[index], 1);
	must(kill(crew->pids[index], SIGKILL) == 0);
	status = child_await(crew->pids[index]);
	must(status == 128 + SIGKILL);
	crew->killed++;
	hire(crew, index);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void run_processes(struct crew *crew, uint64_t ms)
{
	uint64_t end = now_ms() + ms;

	for (uint32_t i = 0; i < WORKERS; i++)
		hire(crew, i);
	while (now_ms() < end) {
		/* This is what makes the moments random. */
		struct timespec pause = {
			.tv_nsec = (long)random_below(&crew->seed, 20000000)};

		nanosleep(&pause, NULL);
		replace(crew, (uint32_t)random_below(&crew->seed, WORKERS));
	}
	atomic_store(&stress->stop_clients, true);
	for (int i = SERVERS; i < WORKERS; i++)
		must_be(child_await(crew->pids[i]), 0);
	atomic_store(&stress->stop_servers, true);
	for (int i = 0; i < SERVERS; i++)
		must_be(child_await(crew->pids[i]), 0);
}

static void run_threads(struct crew *crew, uint64_t ms)
{
	struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	memset(stress, 0, sizeof(*stress));
	for (uint32_t i = 0; i < WORKERS; i++) {
		crew->workers[i] = (struct worker){i, 0, random_next(&crew->seed), 0};
		must_be(pthread_create(&crew->workers[i].thread, NULL,
				       i < SERVERS ? be_server : be_client,
				       &crew->workers[i]),
			0);
	}
	/* This is how long it shall run. */
	nanosleep(&time, NULL);
	atomic_store(&stress->stop_clients, true);
	for (int i = SERVERS; i < WORKERS; i++)
		must_be(pthread_join(crew->workers[i].thread, NULL), 0);
	atomic_store(&stress->stop_servers, true);
	for (int i = 0; i < SERVERS; i++)
		must_be(pthread_join(crew->workers[i].thread, NULL), 0);
}

static void report(const char *where, unsigned long killed)
{
	printf("%s: %lu talks, %lu bytes heard, %lu killed\n", where,
	       (unsigned long)atomic_load(&stress->talks),
	       (unsigned long)atomic_load(&stress->heard), killed);
	must(atomic_load(&stress->talks) > 0);
}

int main(int argc, char **argv)
{
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 0) : 5;
	struct crew crew = {.seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1};

	alarm((unsigned)seconds + GRACE_SECONDS);
	strcpy(names.authority, certificate("authority.pem"));
	for (int i = 0; i < 2; i++) {
		strcpy(names.certificate[i],
		       certificate(i ? "server.pem" : "client.pem"));
		strcpy(names.key[i], certificate(i ? "server.key" : "client.key"));
	}
	room = room_open();
	stress = mmap(NULL, sizeof(*stress), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(stress != MAP_FAILED);
	run_processes(&crew, seconds * 500);
	report("processes", crew.killed);
	run_threads(&crew, seconds * 500);
	report("threads", 0);
	room_close(room);
	return 0;
}
