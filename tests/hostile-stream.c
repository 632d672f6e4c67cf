/* SPDX-License-Identifier: MIT */

/*
 * A peer scribbles on a stream's memory, rings for nothing, and sends what it should
 * not, while calls of every kind run. Errors are allowed; bad accesses, hangs and endless
 * loops are not. Meant for a build with AddressSanitizer and UBSan.
 *
 *	hostile-stream [SEED [ROUNDS]]
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/random.h>
#include <support/rounds.h>
#include <support/transport.h>
#include <support/vandal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALLS = 300, ROOM = 70000, CAPACITY = 16384 };
enum { FILE_COMES = 1 }; /* NR_STREAM_FILE of layout/stream.h */

struct round {
	struct room *room;
	uint64_t seed;
	struct naru_stream *stream[2];
	struct vandal vandal;
	int socket;   /* the client's, under its memory */
	int unsealed; /* a file that was handed over, or 0 */
};

/* The @which-th mapping of a header, which there is for each end and file. */
static void find_memory(struct vandal *vandal, uint64_t which)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end, offset;
	char line[512];

	must(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/memfd:naru") ||
		    sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) != 3 ||
		    offset != 0)
			continue;
		vandal->bytes = (unsigned char *)start;
		vandal->size = 4096;
		if (which-- == 0)
			break;
	}
	fclose(maps);
	must(vandal->bytes);
}

/* A listening one has no peer. */
static bool is_connected(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	return getpeername(fd, (struct sockaddr *)&address, &length) == 0 &&
	       address.ss_family == AF_UNIX;
}

/* The lowest descriptor that is a connected Unix socket. */
static int find_socket(void)
{
	int fd = STDERR_FILENO + 1;

	while (!is_connected(fd))
		must(++fd < 100);
	return fd;
}

static void send_descriptors(int socket, char byte, int first)
{
	int fds[3] = {first, STDOUT_FILENO, STDERR_FILENO};
	char control[CMSG_SPACE(sizeof(fds))] = {0};
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(header), fds, sizeof(fds));
	sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A file as the memory would be, but for what is @wrong with it: 0 is nothing. */
static void send_file(struct round *round, uint64_t wrong)
{
	int file = memfd_create("naru", MFD_ALLOW_SEALING);

	must(file >= 0);
	must_be(ftruncate(file, 4096 + 2 * CAPACITY - (wrong == 1)), 0);
	if (wrong != 2)
		fcntl(file, F_ADD_SEALS,
		      F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL |
			      (wrong == 3 ? F_SEAL_WRITE : 0));
	send_descriptors(round->socket, FILE_COMES, wrong == 4 ? STDIN_FILENO : file);
	if (wrong == 2)
		round->unsealed = file;
	else
		close(file);
}

static void strike(struct round *round)
{
	static const char noise[200];

	switch (random_below(&round->seed, 12)) {
	case 0:
		send(round->socket, noise, random_below(&round->seed, 200) + 1,
		     MSG_NOSIGNAL | MSG_DONTWAIT);
		break;
	case 1:
		send_descriptors(round->socket, 'x', STDIN_FILENO);
		break;
	case 2:
		if (round->unsealed)
			must_be(ftruncate(round->unsealed, 0), 0);
		else if (!round->vandal.bytes || random_below(&round->seed, 8) == 0)
			send_file(round, random_below(&round->seed, 5));
		break;
	default:
		if (round->vandal.bytes)
			vandal_strike(&round->vandal);
	}
}

static void say(struct naru_stream *from, struct naru_stream *to)
{
	char byte;

	must_be(naru_stream_write(from, "x", 1, -1), 1);
	if (to)
		must_be(naru_stream_read(to, &byte, 1, -1), 1);
}

/* Who makes the memory: the client, the server, both, or who should not. */
static void make_memory(struct round *round)
{
	uint64_t which = random_below(&round->seed, 4);

	if (which == 0)
		say(round->stream[0], round->stream[1]);
	if (which == 1)
		say(round->stream[1], round->stream[0]);
	if (which == 2) {
		say(round->stream[0], NULL);
		say(round->stream[1], NULL);
	}
	if (which == 3)
		send_file(round, random_below(&round->seed, 5));
	else
		find_memory(&round->vandal, random_below(&round->seed, 2));
}

static void call(struct round *round)
{
	static unsigned char buffer[ROOM];
	struct naru_stream *stream = round->stream[random_below(&round->seed, 2)];
	size_t length = random_below(&round->seed, 3)
				? random_below(&round->seed, 200) + 1
				: random_below(&round->seed, ROOM) + 1;
	int timeout = (int)random_below(&round->seed, 2);
	struct naru_stream_stat stat = NARU_INIT(stat, .transport = 0);
	const void *seen;
	void *place;
	ssize_t n;

	switch (random_below(&round->seed, 8)) {
	case 0:
	case 1:
		n = naru_stream_read(stream, buffer, length, timeout);
		must(n <= (ssize_t)length);
		break;
	case 2:
	case 3:
		n = naru_stream_write(stream, buffer, length, timeout);
		must(n <= (ssize_t)length);
		break;
	case 4:
		n = naru_stream_peek(stream, length % CAPACITY + 1, timeout, &seen);
		must(n <= CAPACITY);
		if (n > 0) {
			memcpy(buffer, seen, (size_t)n);
			naru_stream_consume(stream, (size_t)n / 2);
		}
		break;
	case 5:
		n = naru_stream_reserve(stream, length % CAPACITY + 1, timeout, &place);
		must(n <= CAPACITY);
		if (n > 0) {
			memset(place, 'x', (size_t)n);
			naru_stream_commit(stream, (size_t)n / 2, timeout);
		}
		break;
	case 6:
		naru_stream_stat(stream, &stat);
		must(stat.readable <= CAPACITY);
		break;
	default:
		naru_stream_fd(stream, length % 2 ? NARU_READABLE : NARU_WRITABLE);
	}
}

static int play(struct room *room, uint64_t seed)
{
	struct round this = {.room = room, .seed = seed}, *round = &this;
	struct naru_stream_options options = NARU_INIT(options, .capacity = CAPACITY);
	struct naru_listener *listener;

	must_be(naru_listen(round->room->space, "local://x", NULL, &listener), 0);
	must_be(naru_connect(round->room->space, "local://x", &options, -1,
			     &round->stream[0]),
		0);
	must_be(naru_accept(listener, -1, &round->stream[1]), 0);
	round->socket = find_socket();
	make_memory(round);
	round->vandal.seed = round->seed;
	for (int i = 0; i < CALLS; i++) {
		if (random_below(&round->seed, 4) == 0)
			strike(round);
		rounds_call();
		call(round);
	}
	rounds_end_calls();
	naru_stream_close(round->stream[0]);
	naru_stream_close(round->stream[1]);
	naru_listener_close(listener);
	return 0;
}

int main(int argc, char **argv)
{
	return rounds_play(argc, argv, 400, play);
}
