/* SPDX-License-Identifier: MIT */
/* tools/segment-bytes.c - naru segment write, read: bytes into a segment and out of it */

#include <tools/segment.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <tools/report.h>
#include <unistd.h>

enum { HEX_ROW = 16 };

/* A segment that is attached. */
struct bytes {
	struct naru_segment *segment;
	void *address;
	size_t length;
};

static int open_bytes(struct nr_tool *tool, const char *name, uint32_t flags,
		      uint64_t offset, struct bytes *ret_bytes)
{
	int status = nr_tool_open_segment(tool, name, flags, &ret_bytes->segment), r;

	if (status != NR_OK)
		return status;
	r = naru_segment_attach(ret_bytes->segment, NULL, (int)flags, &ret_bytes->address,
				&ret_bytes->length);
	if (r == 0 && offset <= ret_bytes->length)
		return NR_OK;
	if (r < 0)
		status = nr_segment_failed(tool, name, r);
	else
		status = nr_failed("segment \"%s\" has %zu bytes, so there are none at "
				   "%" PRIu64,
				   name, ret_bytes->length, offset);
	if (r == 0)
		naru_segment_detach(ret_bytes->address);
	naru_segment_close(ret_bytes->segment);
	return status;
}

static void close_bytes(struct bytes *bytes)
{
	naru_segment_detach(bytes->address);
	naru_segment_close(bytes->segment);
}

/* Is there a byte more than fits? */
static bool has_more(int fd)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

/* Straight from the file into the segment. */
static int fill(const char *name, int fd, const char *path, const struct bytes *bytes,
		uint64_t offset)
{
	size_t done = offset;

	while (done < bytes->length) {
		ssize_t n = read(fd, (char *)bytes->address + done, bytes->length - done);

		if (n < 0 && errno != EINTR)
			return nr_file_failed("read", path);
		if (n == 0)
			return NR_OK;
		if (n > 0)
			done += (size_t)n;
	}
	if (has_more(fd))
		return nr_failed("the input is larger than the room in segment \"%s\": "
				 "%zu bytes were written; see: naru help segment",
				 name, done - (size_t)offset);
	return NR_OK;
}

int nr_segment_write(struct nr_tool *tool, const char *name,
		     const struct nr_segment_options *given)
{
	const char *path = given->file ? given->file : "standard input";
	int fd = STDIN_FILENO, status;
	struct bytes bytes;

	if (given->file)
		fd = open(given->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return nr_file_failed("read", path);
	status = open_bytes(tool, name, 0, given->offset, &bytes);
	if (status == NR_OK) {
		status = fill(name, fd, path, &bytes, given->offset);
		naru_segment_notify(bytes.segment);
		close_bytes(&bytes);
	}
	if (given->file)
		close(fd);
	return status;
}

static void print_row(const unsigned char *row, size_t length, uint64_t offset)
{
	printf("%08" PRIx64 " ", offset);
	for (size_t i = 0; i < HEX_ROW; i++) {
		if (i % 8 == 0)
			putchar(' ');
		if (i < length)
			printf("%02x ", row[i]);
		else
			fputs("   ", stdout);
	}
	fputs(" |", stdout);
	for (size_t i = 0; i < length; i++)
		putchar(row[i] >= ' ' && row[i] <= '~' ? row[i] : '.');
	puts("|");
}

/* Rows that are like the one before are a "*". */
static void print_hex(const unsigned char *bytes, size_t length, uint64_t offset)
{
	bool skipping = false;

	for (size_t at = 0; at < length; at += HEX_ROW) {
		size_t row = length - at < HEX_ROW ? length - at : HEX_ROW;

		if (at > 0 && row == HEX_ROW &&
		    memcmp(bytes + at, bytes + at - HEX_ROW, HEX_ROW) == 0) {
			if (!skipping)
				puts("*");
			skipping = true;
			continue;
		}
		skipping = false;
		print_row(bytes + at, row, offset + at);
	}
	printf("%08" PRIx64 "\n", offset + length);
}

int nr_segment_read(struct nr_tool *tool, const char *name,
		    const struct nr_segment_options *given)
{
	const unsigned char *from;
	struct bytes bytes;
	size_t length;
	int status = open_bytes(tool, name, NARU_READ_ONLY, given->offset, &bytes);

	if (status != NR_OK)
		return status;
	from = (const unsigned char *)bytes.address + given->offset;
	length = bytes.length - (size_t)given->offset;
	if (given->length != 0 && given->length < length)
		length = (size_t)given->length;
	if (given->hex)
		print_hex(from, length, given->offset);
	else
		fwrite(from, 1, length, stdout); /* main() looks whether it arrived */
	close_bytes(&bytes);
	return NR_OK;
}
