/* SPDX-License-Identifier: MIT */

/*
 * A reader of the latest value stands still after each of its instructions, while the
 * writer writes several values, and is in the midst of the next; then it goes on. What it
 * reads is one of them, or the one before, whole. That this is also so if the writer
 * dies after each of its own instructions is shown by crash-segment.c.
 */

#include "crash-run.h"

#include <fcntl.h>
#include <layout/segment.h>
#include <naru/segment.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* With so many copies as there are (4), it is 3 writes that matter, and 4. */
enum { VALUE = 64, WRITES = 5, BEFORE = 3 };

static struct naru_space *space;
static struct naru_segment *segment;
static unsigned char value[VALUE];
static uint64_t sequence;
static unsigned char *file; /* its first bytes */

static bool open_it(void *data)
{
	struct naru_segment_options options = {
		.size = sizeof(options), .flags = NARU_CREATE, .length = 1};

	(void)data;
	return naru_space_open(crash_rooms()->victim, NULL, &space) == 0 &&
	       naru_segment_open(space, "s", &options, &segment) == 0;
}

static void read_it(void *data)
{
	(void)data;
	trace_page->result =
		naru_segment_read_latest(segment, value, sizeof(value), &sequence);
}

/* In the reader, when it is no longer traced. */
static void look_at_it(void *data)
{
	uint64_t last = *(const uint64_t *)data;

	if (trace_page->result != VALUE)
		trace_complain("it returned %ld", trace_page->result);
	for (int i = 0; i < VALUE; i++)
		if (value[i] != (unsigned char)sequence) {
			trace_complain("byte %d of value %lu is %d", i,
				       (unsigned long)sequence, value[i]);
			break;
		}
	if (sequence < last)
		trace_complain("value %lu is old", (unsigned long)sequence);
	_exit(trace_page->text[0] != 0);
}

static void write_some(uint64_t *last, unsigned count)
{
	unsigned char bytes[VALUE];

	for (unsigned i = 0; i < count; i++) {
		memset(bytes, (unsigned char)++*last, sizeof(bytes));
		if (naru_segment_write_latest(segment, bytes, sizeof(bytes)) != 0)
			abort();
	}
}

static unsigned char *map_it(void)
{
	char path[200];
	void *bytes;
	int fd;

	snprintf(path, sizeof(path), "%s/s", crash_rooms()->victim);
	fd = open(path, O_RDWR | O_CLOEXEC);
	bytes = mmap(NULL, NR_SEGMENT_HEADER, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		abort();
	return bytes;
}

/* As the writer leaves the next copy, if it is stopped on the way. */
static void write_half(uint64_t last)
{
	size_t copy = (NR_SEGMENT_HEADER - NR_SEGMENT_LATEST) / NR_LATEST_COPIES;

	memset(file + NR_SEGMENT_LATEST + (last + 1) % NR_LATEST_COPIES * copy +
		       sizeof(struct nr_latest_shared),
	       0xee, VALUE / 2);
}

/* False: there are fewer than @point instructions. */
static bool stop_at(unsigned long point, unsigned writes, uint64_t *last,
		    unsigned *failures)
{
	const struct trace_victim victim = {open_it, read_it, look_at_it, last};
	struct trace trace;
	bool more = true;

	if (!trace_start(&trace, &victim)) {
		printf("  %s\n", trace_page->text);
		exit(1);
	}
	while (more && trace.steps < point)
		more = trace_step(&trace);
	write_some(last, writes);
	write_half(*last);
	if (trace_finish(&trace) != 0 && ++*failures < 5)
		printf("  %u values after instruction %lu: %s\n", writes, point,
		       trace_page->text);
	return more;
}

int main(void)
{
	uint64_t last = 0;
	unsigned long point = 0, runs = 0;
	unsigned failures = 0;
	bool more = true;

	trace_begin();
	if (!open_it(NULL))
		return 1;
	file = map_it();
	write_some(&last, BEFORE);
	for (; more; point++)
		for (unsigned writes = 2; more && writes <= WRITES; writes++, runs++)
			more = stop_at(point, writes, &last, &failures);
	printf("%lu points, %lu runs, %u failures\n", point, runs, failures);
	return failures > 0;
}
