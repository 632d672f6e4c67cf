/* SPDX-License-Identifier: MIT */
/* examples/segment-writer.c - append each line of the input to a text in shared memory */

#include <errno.h>
#include <naru/segment.h>
#include <stdio.h>
#include <string.h>

struct text {
	size_t length; /* of the bytes that are valid */
	char bytes[65528];
};

/* With the lock: nobody sees a line before it is whole. */
static int append(struct naru_segment *segment, struct text *text, const char *line)
{
	size_t length = strlen(line);
	int r = naru_segment_lock(segment, -1);

	if (r == -EOWNERDEAD) {
		/* A writer died. As it moved the length last, all before that is whole.
		 */
		fprintf(stderr, "a writer died; going on behind its last line\n");
		r = naru_segment_repaired(segment);
	}
	if (r < 0)
		return r;
	if (text->length > sizeof(text->bytes) ||
	    length > sizeof(text->bytes) - text->length) {
		naru_segment_unlock(segment);
		return -ENOSPC;
	}
	memcpy(text->bytes + text->length, line, length);
	__atomic_store_n(&text->length, text->length + length, __ATOMIC_RELEASE);
	/* For those who only want to know how far it is. One writer at a time: locked. */
	naru_segment_write_latest(segment, line, length < 500 ? length : 500);
	naru_segment_unlock(segment);
	return naru_segment_notify(segment);
}

int main(int argc, char **argv)
{
	struct naru_segment_options options =
		NARU_INIT(options, .flags = NARU_CREATE, .length = sizeof(struct text));
	struct naru_segment *segment;
	void *address;
	char line[1000];
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: %s SEGMENT <INPUT\n", argv[0]);
		return 2;
	}
	r = naru_segment_open(NULL, argv[1], &options, &segment);
	if (r == 0)
		r = naru_segment_attach(segment, NULL, 0, &address, NULL);
	while (r == 0 && fgets(line, sizeof(line), stdin))
		r = append(segment, address, line);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], naru_error_text(r));
		return 1;
	}
	naru_segment_detach(address);
	naru_segment_close(segment);
	return 0;
}
