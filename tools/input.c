/* SPDX-License-Identifier: MIT */
/* tools/input.c - a file or standard input, read whole or by lines */

#include <tools/input.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tools/memory.h>
#include <tools/report.h>
#include <unistd.h>

enum { FIRST_SIZE = 1 << 18 };

int nr_input_open(struct nr_input *input, const char *path)
{
	struct stat status;
	int fd = STDIN_FILENO;
	off_t offset;

	if (path) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return nr_file_failed("read", path);
	}
	*input = (struct nr_input){
		.fd = fd,
		.name = path ? path : "standard input",
		.buffer = nr_allocate(FIRST_SIZE),
		.size = FIRST_SIZE,
	};
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		offset = lseek(fd, 0, SEEK_CUR);
		if (offset >= 0 && offset < status.st_size)
			input->total = (uint64_t)(status.st_size - offset);
	}
	return NR_OK;
}

void nr_input_close(struct nr_input *input)
{
	if (input->fd != STDIN_FILENO)
		close(input->fd);
	free(input->buffer);
}

/* Read once, with room made for it. */
static int fill(struct nr_input *input)
{
	ssize_t n;

	if (input->start > 0) {
		memmove(input->buffer, input->buffer + input->start,
			input->end - input->start);
		input->end -= input->start;
		input->scanned -= input->start;
		input->start = 0;
	}
	if (input->end == input->size) {
		input->size *= 2;
		input->buffer = nr_reallocate(input->buffer, input->size);
	}
	do {
		n = read(input->fd, input->buffer + input->end, input->size - input->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return nr_file_failed("read", input->name);
	input->ended = n == 0;
	input->end += (size_t)n;
	return NR_OK;
}

static void hand_out(struct nr_input *input, size_t length, size_t skip,
		     struct naru_item *ret_item)
{
	ret_item->data = input->buffer + input->start;
	ret_item->length = length;
	input->start += length + skip;
	input->scanned = input->start;
}

int nr_input_all(struct nr_input *input, struct naru_item *ret_item)
{
	while (!input->ended) {
		int status = fill(input);

		if (status != NR_OK)
			return status;
	}
	hand_out(input, input->end - input->start, 0, ret_item);
	return NR_OK;
}

int nr_input_lines(struct nr_input *input, struct naru_item *ret_items, size_t count,
		   size_t *ret_count)
{
	size_t found = 0;

	for (;;) {
		while (found < count && input->start < input->end) {
			char *from = input->buffer + input->scanned;
			char *newline = memchr(from, '\n', input->end - input->scanned);

			if (!newline)
				break;
			hand_out(input, (size_t)(newline - input->buffer) - input->start,
				 1, &ret_items[found++]);
		}
		if (found > 0)
			break;
		input->scanned = input->end;
		if (input->ended) {
			if (input->start < input->end)
				hand_out(input, input->end - input->start, 0,
					 &ret_items[found++]);
			break;
		}
		int status = fill(input);

		if (status != NR_OK)
			return status;
	}
	*ret_count = found;
	return NR_OK;
}
