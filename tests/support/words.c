/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <support/must.h>
#include <support/words.h>

static char text[128];

static const char *error_name(ssize_t error)
{
	return strerrorname_np((int)-error);
}

static const char *show(int64_t type, const void *word, size_t length)
{
	must(length < sizeof(text) - 32);
	snprintf(text, sizeof(text), "%" PRId64 " %.*s", type, (int)length,
		 (const char *)word);
	return text;
}

void words_send(struct naru_queue *queue, int64_t type, const char *word)
{
	must_be(naru_queue_send(queue, type, word, strlen(word), 0), 0);
}

const char *words_receive(struct naru_queue *queue, int64_t select, int flags)
{
	char buffer[64];
	int64_t type = 0;
	ssize_t n = naru_queue_receive(queue, select, flags, buffer, sizeof(buffer), 0,
				       &type);

	return n < 0 ? error_name(n) : show(type, buffer, (size_t)n);
}

const char *words_look(struct naru_queue *queue, uint64_t nth)
{
	char buffer[64];
	int64_t type = 0;
	ssize_t n = naru_queue_look(queue, nth, 0, buffer, sizeof(buffer), &type);

	return n < 0 ? error_name(n) : show(type, buffer, (size_t)n);
}

const char *words_of(const struct naru_message *message)
{
	return show(message->type, message->data, message->length);
}

const char *words_take(struct naru_queue *queue, int64_t select, int flags,
		       struct naru_message *ret_message)
{
	int r = naru_queue_take(queue, select, flags, 0, ret_message);

	return r < 0 ? error_name(r) : words_of(ret_message);
}
