/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/away.h>
#include <support/must.h>
#include <support/room.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOMS 16

static struct room *rooms[ROOMS];
static pid_t maker;

_Noreturn void must_fail(const char *file, int line, const char *condition, long value,
			 const char *explanation)
{
	if (explanation)
		fprintf(stderr, "%s:%d: must: %s; %s %ld\n", file, line, condition,
			explanation, value);
	else
		fprintf(stderr, "%s:%d: must: %s\n", file, line, condition);
	fflush(NULL);
	if (getpid() == maker)
		exit(1);
	_exit(1);
}

void remove_space(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
	rmdir(path);
}

static void remove_rooms(void)
{
	if (getpid() != maker)
		return;
	for (int i = 0; i < ROOMS; i++) {
		if (!rooms[i])
			continue;
		remove_space(rooms[i]->path);
	}
}

static void remember(struct room *room)
{
	int i = 0;

	if (!maker) {
		maker = getpid();
		must(atexit(remove_rooms) == 0);
	}
	while (i < ROOMS && rooms[i])
		i++;
	must(i < ROOMS);
	rooms[i] = room;
}

struct room *room_open_at(const char *path)
{
	struct room *room = calloc(1, sizeof(*room));

	must(room && strlen(path) < sizeof(room->path));
	strcpy(room->path, path);
	away_open(room);
	return room;
}

struct room *room_open(void)
{
	return room_open_for(0700);
}

struct room *room_open_for(mode_t mode)
{
	char path[] = "/dev/shm/naru-test-XXXXXX";
	struct room *room;

	must(mkdtemp(path));
	must(chmod(path, mode) == 0);
	room = room_open_at(path);
	remember(room);
	return room;
}

void room_close(struct room *room)
{
	away_close(room);
	for (int i = 0; i < ROOMS; i++) {
		if (rooms[i] != room)
			continue;
		remove_space(room->path);
		must(access(room->path, F_OK) < 0);
		rooms[i] = NULL;
	}
	free(room);
}

int room_set_up(void **state)
{
	*state = room_open();
	return 0;
}

int room_tear_down(void **state)
{
	room_close(*state);
	return 0;
}

struct naru_queue *room_queue(struct room *room, const char *name, uint64_t capacity,
			      uint64_t messages)
{
	struct naru_queue_options options =
		NARU_INIT(options, .capacity = capacity, .messages = messages);
	struct naru_queue *queue = NULL;

	must_be(naru_queue_create(room->space, name, &options, &queue), 0);
	return queue;
}

struct naru_queue *room_reopen(struct room *room, const char *name)
{
	struct naru_queue *queue = NULL;

	must_be(naru_queue_open(room->space, name, NULL, &queue), 0);
	return queue;
}

struct naru_queue_stat room_stat(struct naru_queue *queue)
{
	struct naru_queue_stat stat = NARU_INIT(stat, .messages = 0);

	must_be(naru_queue_stat(queue, &stat), 0);
	return stat;
}

void room_await_waiting(struct naru_queue *queue, uint32_t senders, uint32_t receivers)
{
	for (;;) {
		struct naru_queue_stat stat = room_stat(queue);

		if (stat.waiting_senders == senders &&
		    stat.waiting_receivers == receivers)
			return;
		sched_yield();
	}
}

unsigned char *room_map(struct room *room, const char *name, size_t *ret_size)
{
	char path[sizeof(room->path) + NARU_NAME_MAX + 2];
	struct stat stat;
	void *bytes;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", room->path, name);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	must(fd >= 0 && fstat(fd, &stat) == 0);
	bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		     0);
	must(bytes != MAP_FAILED);
	close(fd);
	*ret_size = (size_t)stat.st_size;
	return bytes;
}
