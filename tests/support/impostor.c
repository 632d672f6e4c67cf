/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <support/impostor.h>
#include <support/must.h>
#include <support/random.h>
#include <sys/socket.h>
#include <unistd.h>

static bool read_all(int fd, void *to, size_t length)
{
	return length == 0 || recv(fd, to, length, MSG_WAITALL) == (ssize_t)length;
}

static void add(struct impostor_answer *answer, const void *bytes, size_t length)
{
	memcpy(answer->body + answer->frame.length, bytes, length);
	answer->frame.length += (uint32_t)(length + 7) / 8 * 8;
}

void impostor_add_item(struct impostor_answer *answer, uint64_t room)
{
	struct nr_wire_item item = {.type = 7, .length = room < 5 ? room : 5};

	add(answer, &item, sizeof(item));
	add(answer, "hello", item.length);
}

void impostor_clear(struct impostor_answer *answer)
{
	answer->frame.length = 0;
}

void impostor_fail(struct impostor_answer *answer, int error)
{
	impostor_clear(answer);
	answer->frame.value = error;
}

static void add_entry(struct impostor_answer *answer, const char *name)
{
	struct nr_wire_entry entry = {.kind = 1, .name_length = (uint32_t)strlen(name)};

	add(answer, &entry, sizeof(entry));
	add(answer, name, strlen(name));
}

/* As a server would do it whose queue has always one message, and room. */
static void answer_rightly(struct impostor_answer *answer, const unsigned char *body)
{
	struct nr_wire_hello_answer hello = {NR_WIRE_VERSION, 0, 65536, {1, 2}};
	struct nr_wire_open_answer open = {100000, 1000};
	struct nr_wire_stat_answer stat = {.capacity = 100000, .messages = 1};
	struct nr_wire_space_answer space = {.peers = 1};
	struct nr_wire_send send;
	uint64_t room;

	memcpy(&send, body, sizeof(send));
	switch (answer->frame.verb) {
	case NR_WIRE_HELLO:
		add(answer, &hello, sizeof(hello));
		break;
	case NR_WIRE_OPEN:
		add(answer, &open, sizeof(open));
		break;
	case NR_WIRE_SEND:
	case NR_WIRE_RELEASE:
		answer->frame.value = (int32_t)send.count;
		break;
	case NR_WIRE_TAKE:
		answer->frame.value = 1;
		memcpy(&room, body + sizeof(struct nr_wire_take), sizeof(room));
		impostor_add_item(answer, room);
		break;
	case NR_WIRE_LOOK:
		memcpy(&room, body + 8, sizeof(room));
		impostor_add_item(answer, room);
		break;
	case NR_WIRE_STAT:
		add(answer, &stat, sizeof(stat));
		break;
	case NR_WIRE_SPACE:
		add(answer, &space, sizeof(space));
		break;
	case NR_WIRE_LIST:
		answer->frame.value = 2;
		add_entry(answer, "one");
		add_entry(answer, "another");
		break;
	default:
		break;
	}
}

static uint64_t odd_number(uint64_t *seed)
{
	static const uint64_t odd[] = {
		0,
		1,
		7,
		8,
		16,
		255,
		4096,
		65536,
		INT32_MAX,
		UINT32_MAX,
		INT64_MAX,
		UINT64_MAX,
		UINT64_C(1) << 32,
		UINT64_C(1) << 63,
	};

	return random_below(seed, 2) ? odd[random_below(seed, sizeof(odd) / 8)]
				     : random_next(seed);
}

/*
 * Something in it becomes something else. False: who reads it might wait for what does
 * not come, so that the connection should end behind it.
 */
static bool spoil(struct impostor_answer *answer, uint64_t *seed)
{
	uint32_t length = answer->frame.length;
	uint64_t odd = odd_number(seed);

	switch (random_below(seed, 8)) {
	case 0:
		answer->frame.length = (uint32_t)odd;
		return false;
	case 1:
		answer->frame.verb = (uint16_t)odd;
		return false;
	case 2:
		answer->frame.flags = (uint16_t)odd;
		return false;
	case 3:
		answer->frame.value = (int32_t)odd;
		break;
	case 4:
		answer->frame.serial = (uint32_t)odd;
		return false;
	case 5: /* an error, with words */
		answer->frame.value = -(int32_t)random_below(seed, 140);
		break;
	case 6: /* longer, by whatever there is */
		answer->frame.length = length + (uint32_t)random_below(seed, 100) * 8;
		break;
	default:
		if (length >= 8)
			memcpy(answer->body + random_below(seed, length / 8) * 8, &odd,
			       8);
	}
	return true;
}

/* False: the connection is to be closed. */
static bool serve(struct impostor *impostor, int fd)
{
	static unsigned char body[IMPOSTOR_BODY];
	static struct impostor_answer answer;
	struct nr_wire_frame request;
	bool stays = true;
	uint32_t right;

	if (!read_all(fd, &answer.frame, sizeof(answer.frame)) ||
	    answer.frame.length > IMPOSTOR_BODY ||
	    !read_all(fd, body, answer.frame.length))
		return false;
	if (answer.frame.verb == NR_WIRE_BYE)
		return false;
	if (answer.frame.verb == NR_WIRE_CANCEL ||
	    (answer.frame.verb == NR_WIRE_SEND && answer.frame.flags & NR_WIRE_QUIET))
		return true;
	request = answer.frame;
	answer.frame.length = 0;
	answer.frame.value = 0;
	answer.frame.flags = 0;
	answer_rightly(&answer, body);
	answer.frame.verb |= NR_WIRE_ANSWER;
	if (impostor->meddle && !impostor->meddle(impostor, &request, body, &answer))
		return false;
	right = answer.frame.length < IMPOSTOR_BODY ? answer.frame.length : 0;
	impostor->answered++;
	if (random_below(&impostor->seed, 100) < impostor->spoils) {
		impostor->spoilt++;
		stays = spoil(&answer, &impostor->seed);
		if (random_below(&impostor->seed, 10) == 0)
			return false;
	}
	if (answer.frame.length > right && answer.frame.length <= IMPOSTOR_BODY)
		right = answer.frame.length;
	do
		if (send(fd, &answer, sizeof(answer.frame) + right, MSG_NOSIGNAL) < 0)
			return false;
	while (impostor->floods);
	return stays;
}

static void welcome(struct impostor *impostor)
{
	int i = 0, fd = accept4(impostor->listener, NULL, NULL, SOCK_CLOEXEC);

	must(fd >= 0);
	while (i < IMPOSTOR_CLIENTS && impostor->client[i] >= 0)
		i++;
	must(i < IMPOSTOR_CLIENTS);
	impostor->client[i] = fd;
}

static void drop(struct impostor *impostor, int i)
{
	close(impostor->client[i]);
	impostor->client[i] = -1;
}

static void *run(void *data)
{
	struct impostor *impostor = data;

	while (!atomic_load(&impostor->ends)) {
		struct pollfd fds[2 + IMPOSTOR_CLIENTS] = {
			{.fd = impostor->listener, .events = POLLIN},
			{.fd = impostor->wake[0], .events = POLLIN},
		};

		for (int i = 0; i < IMPOSTOR_CLIENTS; i++)
			fds[2 + i] = (struct pollfd){.fd = impostor->client[i],
						     .events = POLLIN};
		must(poll(fds, 2 + IMPOSTOR_CLIENTS, -1) > 0);
		for (int i = 0; i < IMPOSTOR_CLIENTS; i++)
			if (impostor->client[i] >= 0 && fds[2 + i].revents &&
			    !serve(impostor, impostor->client[i]))
				drop(impostor, i);
		if (fds[0].revents)
			welcome(impostor);
	}
	for (int i = 0; i < IMPOSTOR_CLIENTS; i++)
		if (impostor->client[i] >= 0)
			drop(impostor, i);
	return NULL;
}

void impostor_start(struct impostor *impostor, uint64_t seed)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
	};
	socklen_t length = sizeof(address);

	memset(impostor, 0, sizeof(*impostor));
	memset(impostor->client, -1, sizeof(impostor->client));
	impostor->seed = seed;
	impostor->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(impostor->listener >= 0);
	must(bind(impostor->listener, (struct sockaddr *)&address, length) == 0);
	must(listen(impostor->listener, 16) == 0);
	must(getsockname(impostor->listener, (struct sockaddr *)&address, &length) == 0);
	snprintf(impostor->url, sizeof(impostor->url), "tcp://127.0.0.1:%d",
		 ntohs(address.sin_port));
	must(pipe(impostor->wake) == 0);
	must_be(pthread_create(&impostor->thread, NULL, run, impostor), 0);
}

void impostor_stop(struct impostor *impostor)
{
	atomic_store(&impostor->ends, true);
	must(write(impostor->wake[1], "", 1) == 1);
	must_be(pthread_join(impostor->thread, NULL), 0);
	close(impostor->wake[0]);
	close(impostor->wake[1]);
	close(impostor->listener);
}
