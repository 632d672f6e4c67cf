/* SPDX-License-Identifier: MIT */
/* examples/segment-reader.c - print what segment-writer appends, up to a line "end" */

#include <naru/segment.h>
#include <stdio.h>
#include <string.h>

struct text {
	size_t length; /* of the bytes that are valid */
	char bytes[65528];
};

/* Print what is new. True: the last line of it is "end". */
static bool print_from(const struct text *text, size_t length, size_t *printed)
{
	static const char end[] = "end\n";

	fwrite(text->bytes + *printed, 1, length - *printed, stdout);
	fflush(stdout);
	*printed = length;
	return length >= strlen(end) &&
	       memcmp(text->bytes + length - strlen(end), end, strlen(end)) == 0;
}

int main(int argc, char **argv)
{
	struct naru_segment_options options = NARU_INIT(options, .flags = NARU_READ_ONLY);
	struct naru_segment *segment;
	const struct text *text;
	size_t printed = 0;
	void *address;
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: %s SEGMENT\n", argv[0]);
		return 2;
	}
	r = naru_segment_open(NULL, argv[1], &options, &segment);
	if (r == 0)
		r = naru_segment_attach(segment, NULL, 0, &address, NULL);
	while (r == 0) {
		uint32_t events = naru_segment_events(segment);
		size_t length;

		text = address;
		/* It changes under our eyes: read it once, and do not believe it. */
		length = __atomic_load_n(&text->length, __ATOMIC_ACQUIRE);
		if (length <= sizeof(text->bytes) && length > printed &&
		    print_from(text, length, &printed))
			break;
		r = naru_segment_wait(segment, events, -1);
	}
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], naru_error_text(r));
		return 1;
	}
	naru_segment_detach(address);
	naru_segment_close(segment);
	return 0;
}
