/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <support/history.h>
#include <support/must.h>

struct message {
	const struct history_event *send;
	const struct history_event *receive;
};

static bool admits(const struct history_event *receive, int64_t type)
{
	if (receive->select == 0)
		return true;
	if (receive->select < 0)
		/* -select, which for INT64_MIN is no int64_t */
		return (uint64_t)type <= -(uint64_t)receive->select;
	return receive->except ? type != receive->select : type == receive->select;
}

static bool before(const struct history_event *a, const struct history_event *b)
{
	return a->end < b->start || (a->operation == b->operation && a->rank < b->rank);
}

/* Nobody had received it for certain when this receive happened. */
static bool not_gone(const struct message *message, const struct history_event *receive)
{
	return !message->receive || before(receive, message->receive);
}

static bool overtaken(const struct message *a, const struct message *b,
		      const struct history_event *receive)
{
	bool older = before(a->send, b->send);
	bool lower = receive->select < 0 && a->send->type < b->send->type;
	bool same_class = receive->select >= 0 || a->send->type == b->send->type;

	if (!admits(receive, a->send->type) || !not_gone(a, receive))
		return false;
	if (lower)
		return older || a->send->end < receive->start;
	return same_class && older;
}

static bool overlooked(const struct message *a, const struct history_event *receive)
{
	return admits(receive, a->send->type) && a->send->end < receive->start &&
	       not_gone(a, receive);
}

/* Put each message's events side by side. */
static enum history_verdict sort_out(const struct history_event *events, size_t count,
				     struct message *messages, size_t *ret_bad)
{
	for (size_t i = 0; i < count; i++) {
		struct message *message = &messages[events[i].message];

		*ret_bad = i;
		if (events[i].kind == HISTORY_SEND) {
			must(!message->send);
			message->send = &events[i];
		} else if (events[i].kind == HISTORY_RECEIVE) {
			if (message->receive)
				return HISTORY_TWICE;
			message->receive = &events[i];
		}
	}
	for (size_t i = 0; i < count; i++) {
		const struct history_event *receive = &events[i];
		const struct message *message = &messages[receive->message];

		*ret_bad = i;
		if (receive->kind != HISTORY_RECEIVE)
			continue;
		if (!message->send)
			return HISTORY_NEVER_SENT;
		if (receive->end < message->send->start)
			return HISTORY_BEFORE_SENT;
		if (receive->type != message->send->type ||
		    !admits(receive, receive->type))
			return HISTORY_OTHER_TYPE;
	}
	return HISTORY_GOOD;
}

static enum history_verdict check_pairs(const struct history_event *events, size_t count,
					const struct message *messages, uint64_t total,
					size_t *pair)
{
	for (size_t i = 0; i < count; i++) {
		const struct history_event *receive = &events[i];

		if (receive->kind == HISTORY_SEND)
			continue;
		pair[0] = i;
		for (uint64_t m = 0; m < total; m++) {
			const struct message *a = &messages[m];

			if (!a->send)
				continue;
			pair[1] = (size_t)(a->send - events);
			if (receive->kind == HISTORY_EMPTY) {
				if (overlooked(a, receive))
					return HISTORY_OVERLOOKED;
			} else if (m != receive->message &&
				   overtaken(a, &messages[receive->message], receive)) {
				return HISTORY_OVERTAKEN;
			}
		}
	}
	return HISTORY_GOOD;
}

enum history_verdict history_check(const struct history_event *events, size_t count,
				   uint64_t messages, size_t ret_pair[2])
{
	struct message *table = calloc(messages + 1, sizeof(*table));
	enum history_verdict verdict;
	size_t pair[2] = {0, 0};

	must(table);
	verdict = sort_out(events, count, table, pair);
	if (verdict == HISTORY_GOOD)
		verdict = check_pairs(events, count, table, messages, pair);
	if (verdict != HISTORY_GOOD && ret_pair) {
		ret_pair[0] = pair[0];
		ret_pair[1] = pair[1];
	}
	free(table);
	return verdict;
}

const char *history_verdict_text(enum history_verdict verdict)
{
	static const char *const texts[] = {
		"good",
		"a message was received twice",
		"a message was received that nobody sent",
		"a message was received before it was sent",
		"a message was received by a receive that does not admit it",
		"a message was received although another was to be preferred",
		"nothing was received although a message was there",
	};

	return texts[verdict];
}
