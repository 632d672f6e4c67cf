/* SPDX-License-Identifier: MIT */

/*
 * libFuzzer: a queue's file that is not what it should be is opened and used.
 *
 * An input is a byte and then
 *
 *	even	entries of 12 bytes: an offset and a word to exclusive-or there into a
 *		valid file, so that the empty input is the valid file
 *	odd	4 bytes of a new length of the file, and then entries
 *	255	the whole file
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <support/calls.h>
#include <support/must.h>
#include <support/room.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CALLS = 12, LARGEST_FILE = 64 << 20, ENTRY = 12 };

static struct room *room;
static unsigned char *valid, *image;
static size_t valid_size;
static char path[128];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Messages in the ring and out of it, one taken, one claimed. */
static void make_valid(void)
{
	struct naru_queue *queue = room_queue(room, "valid", 8192, 40);
	struct naru_message taken, claimed;
	char bytes[2000] = "";
	void *file;

	for (int i = 0; i < 20; i++)
		must_be(naru_queue_send(queue, i % 5 + 1, bytes, (size_t)i * 9, 0), 0);
	must_be(naru_queue_send(queue, 7, bytes, sizeof(bytes), 0), 0);
	must(naru_queue_receive(queue, 3, 0, bytes, sizeof(bytes), 0, NULL) >= 0);
	must_be(naru_queue_take(queue, 2, 0, 0, &taken), 0);
	must_be(naru_queue_claim(queue, 2, 100, 0, &claimed), 0);
	file = room_map(room, "valid", &valid_size);
	valid = malloc(valid_size);
	image = malloc(valid_size);
	must(valid && image);
	memcpy(valid, file, valid_size);
	must(munmap(file, valid_size) == 0);
	must_be(naru_queue_release(queue, &taken), 0);
	must_be(naru_queue_cancel(queue, &claimed), 0);
	naru_queue_close(queue);
	must_be(naru_queue_remove(room->space, "valid"), 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	/* To be talked into a huge file is a failure. */
	struct rlimit limit = {LARGEST_FILE, LARGEST_FILE};

	(void)argc;
	(void)argv;
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	room = room_open();
	strcpy(path, room->path);
	strcat(path, "/q");
	make_valid();
	return 0;
}

static void overlay(const uint8_t *data, size_t size)
{
	memcpy(image, valid, valid_size);
	for (; size >= ENTRY; data += ENTRY, size -= ENTRY) {
		uint32_t offset;
		uint64_t value, word;

		memcpy(&offset, data, sizeof(offset));
		memcpy(&value, data + sizeof(offset), sizeof(value));
		offset = (uint32_t)(offset % (valid_size / sizeof(word)));
		memcpy(&word, image + offset * sizeof(word), sizeof(word));
		word ^= value;
		memcpy(image + offset * sizeof(word), &word, sizeof(word));
	}
}

static void write_file(const void *bytes, size_t size, size_t length)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	must(fd >= 0);
	must(write(fd, bytes, size) == (ssize_t)size);
	must(ftruncate(fd, (off_t)length) == 0);
	close(fd);
}

static void write_input(const uint8_t *data, size_t size)
{
	uint8_t kind = size > 0 ? *data++ : 0;
	size_t length = valid_size;
	uint32_t number;

	size -= size > 0;
	if (kind == 255) {
		write_file(data, size, size);
		return;
	}
	if (kind % 2 && size >= sizeof(number)) {
		memcpy(&number, data, sizeof(number));
		length = number % (2 * valid_size);
		data += sizeof(number);
		size -= sizeof(number);
	}
	overlay(data, size);
	write_file(image, valid_size, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct calls calls;

	write_input(data, size);
	calls.space = room->space;
	calls.name = "q";
	calls.seed = size;
	if (naru_queue_open(room->space, "q", NULL, &calls.queue) == 0) {
		for (int i = 0; i < CALLS; i++)
			calls_make(&calls);
		calls_close(&calls);
	}
	must(unlink(path) == 0);
	return 0;
}
