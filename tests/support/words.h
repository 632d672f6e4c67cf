/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_WORDS_H
#define SUPPORT_WORDS_H

/*
 * support/words.h - messages as words, for tests that read like what they mean
 *
 *	words_send(queue, 7, "moon");
 *	assert_string_equal(words_receive(queue, 0, 0), "7 moon");
 *	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
 *
 * None waits. The strings are valid until the next call of any thread.
 */

#include <naru/queue.h>

/* Send the word as one message; it must fit. */
void words_send(struct naru_queue *queue, int64_t type, const char *word);
const char *words_receive(struct naru_queue *queue, int64_t select, int flags);
const char *words_look(struct naru_queue *queue, uint64_t nth);

/* The message's "type word". */
const char *words_of(const struct naru_message *message);

/* Take it, and say what words_of() says, or the error. */
const char *words_take(struct naru_queue *queue, int64_t select, int flags,
		       struct naru_message *ret_message);

#endif /* SUPPORT_WORDS_H */
