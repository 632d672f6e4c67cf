/* SPDX-License-Identifier: MIT */

/*
 * A server whose answer to one request cannot be one: whoever has asked is told so, at
 * once, and the next call finds a connection that is right. To be run with
 * AddressSanitizer.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <support/default-space.h>
#include <support/impostor.h>
#include <support/must.h>
#include <support/unit.h>

enum { FRAME_MAX = 65536 }; /* of the impostor */

enum wrong {
	NOT_PADDED,
	TOO_LONG,
	NO_ANSWER,
	ANOTHER_VERB,
	ANOTHER_SERIAL,
	NO_ERROR, /* of those that there are */
	HAS_MORE,
	LONGER,
	SHORTER,
	TOO_MANY,
	NONE_AT_ALL,
	NO_TYPE, /* of the last message */
	NO_ROOM, /* that it fits in */
	NOT_SO_LONG,
	LONGER_THAN_THE_REST,
	NO_HEAD,
	ONE_MORE, /* than was asked for */
	WRONGS,
};

struct user {
	struct impostor impostor;
	char url[128];
	struct naru_space *space;
	struct naru_queue *queue;
	struct naru_queue *unconfirmed;
	struct naru_message message;
	uint16_t verb;
	enum wrong wrong;
	atomic_bool armed;
};

/* The last message becomes one of that type and length; the body is as long as it. */
static void spoil_message(struct impostor_answer *answer, int64_t type, uint64_t length,
			  uint64_t there)
{
	const struct nr_wire_item head = {type, length};
	size_t at = answer->frame.value > 1 ? 24 : 0;

	memcpy(answer->body + at, &head, sizeof(head));
	answer->frame.length = (uint32_t)(at + sizeof(head) + there);
}

static void spoil(struct impostor_answer *answer, enum wrong wrong)
{
	struct nr_wire_frame *frame = &answer->frame;

	switch (wrong) {
	case NOT_PADDED:
		frame->length += 4;
		break;
	case TOO_LONG:
		frame->length = FRAME_MAX + 8;
		break;
	case NO_ANSWER:
		frame->verb &= (uint16_t)~NR_WIRE_ANSWER;
		break;
	case ANOTHER_VERB:
		frame->verb ^= 1;
		break;
	case ANOTHER_SERIAL:
		frame->serial++;
		break;
	case NO_ERROR:
		frame->value = -4096;
		break;
	case HAS_MORE:
		frame->flags = NR_WIRE_MORE;
		break;
	case LONGER:
		frame->length += 8;
		break;
	case SHORTER:
		frame->length -= 8;
		break;
	case TOO_MANY:
		frame->value = 1000;
		break;
	case NO_TYPE:
		spoil_message(answer, 0, 5, 8);
		break;
	case NO_ROOM:
		spoil_message(answer, 1, 8000, 8000);
		break;
	case NOT_SO_LONG:
		spoil_message(answer, 1, UINT64_C(1) << 40, 8);
		break;
	case LONGER_THAN_THE_REST:
		spoil_message(answer, 1, 100, 8);
		break;
	case ONE_MORE:
		impostor_add_item(answer, 5);
		frame->value++;
		break;
	case NO_HEAD:
		frame->length -= frame->length % 24 ? 24 : 16;
		break;
	default:
		frame->value = 0;
	}
}

static bool meddle(struct impostor *impostor, const struct nr_wire_frame *request,
		   const unsigned char *body, struct impostor_answer *answer)
{
	struct user *user = impostor->data;

	(void)body;
	/* One that is asked for, and one ahead. */
	if (request->verb == NR_WIRE_TAKE && request->flags & NR_WIRE_QUIET) {
		impostor_add_item(answer, 5);
		answer->frame.value = 2;
	}
	if (request->verb == user->verb && atomic_exchange(&user->armed, false))
		spoil(answer, user->wrong);
	return true;
}

static int open_queue(struct user *user)
{
	int r = naru_queue_open(NULL, user->url, NULL, &user->queue);

	if (r == 0)
		user->queue = naru_queue_close(user->queue);
	return r;
}

static int send(struct user *user)
{
	return naru_queue_send(user->queue, 1, "x", 1, 0);
}

static int receive(struct user *user)
{
	char bytes[8];

	return (int)naru_queue_receive(user->queue, 0, 0, bytes, sizeof(bytes), 0, NULL);
}

static int receive_ahead(struct user *user)
{
	char bytes[8];

	return (int)naru_queue_receive(user->unconfirmed, 0, 0, bytes, sizeof(bytes), 0,
				       NULL);
}

static int take(struct user *user)
{
	int r = naru_queue_take(user->queue, 0, 0, 0, &user->message);

	return r < 0 ? r : naru_queue_release(user->queue, &user->message);
}

static int give_back(struct user *user)
{
	int r = naru_queue_take(user->queue, 0, 0, 0, &user->message);

	return r < 0 ? r : naru_queue_give_back(user->queue, &user->message);
}

static int look(struct user *user)
{
	char bytes[8];

	return (int)naru_queue_look(user->queue, 0, 0, bytes, sizeof(bytes), NULL);
}

static int stat_queue(struct user *user)
{
	struct naru_queue_stat stat = NARU_INIT(stat, .messages = 0);

	return naru_queue_stat(user->queue, &stat);
}

static int set(struct user *user)
{
	const struct naru_queue_options options = NARU_INIT(options, .capacity = 5000);

	return naru_queue_set(user->queue, &options);
}

static int visit(void *data, const struct naru_entry *entry)
{
	(void)data;
	(void)entry;
	return 0;
}

static int list(struct user *user)
{
	return naru_space_list(user->space, visit, NULL);
}

static int stat_space(struct user *user)
{
	struct naru_space_stat stat = NARU_INIT(stat, .memory = 0);

	return naru_space_stat(user->space, &stat);
}

static int remove_queue(struct user *user)
{
	return naru_queue_remove(user->space, "q");
}

static const struct {
	uint16_t verb;
	int (*call)(struct user *user);
	bool counts;  /* the answer says how many */
	bool bare;    /* it has no body */
	bool goes_on; /* there may be more of them */
	bool brings;  /* a message */
	int error;
} cases[] = {
	{NR_WIRE_HELLO, open_queue, .error = -EPROTO},
	{NR_WIRE_OPEN, open_queue, .error = -EBADMSG},
	{NR_WIRE_SEND, send, .counts = true, .bare = true, .error = -EBADMSG},
	{NR_WIRE_TAKE, receive, .counts = true, .brings = true, .error = -EBADMSG},
	{NR_WIRE_TAKE, receive_ahead, .counts = true, .brings = true, .error = -EBADMSG},
	{NR_WIRE_TAKE, take, .counts = true, .brings = true, .error = -EBADMSG},
	{NR_WIRE_RELEASE, take, .counts = true, .bare = true, .error = -EBADMSG},
	{NR_WIRE_GIVE_BACK, give_back, .bare = true, .error = -EBADMSG},
	{NR_WIRE_LOOK, look, .brings = true, .error = -EBADMSG},
	{NR_WIRE_STAT, stat_queue, .error = -EBADMSG},
	{NR_WIRE_SET, set, .bare = true, .error = -EBADMSG},
	{NR_WIRE_LIST, list, .goes_on = true, .error = -EBADMSG},
	{NR_WIRE_SPACE, stat_space, .error = -EBADMSG},
	{NR_WIRE_REMOVE, remove_queue, .bare = true, .error = -EBADMSG},
};

static bool is_possible(unsigned i, enum wrong wrong)
{
	switch (wrong) {
	case TOO_MANY:
	case NONE_AT_ALL:
		return cases[i].counts;
	case SHORTER:
		return !cases[i].bare;
	case NO_ROOM:
		return cases[i].brings && cases[i].call != take;
	case NO_TYPE:
	case NOT_SO_LONG:
		return cases[i].brings;
	case LONGER_THAN_THE_REST:
	case NO_HEAD:
		return cases[i].call == receive_ahead;
	case ONE_MORE:
		return cases[i].call == receive || cases[i].call == take;
	case HAS_MORE:
		return !cases[i].goes_on;
	default:
		return true;
	}
}

static void open_user(struct user *user)
{
	const struct naru_queue_options options =
		NARU_INIT(options, .flags = NARU_UNCONFIRMED);

	impostor_start(&user->impostor, 1);
	snprintf(user->url, sizeof(user->url), "%s/q", user->impostor.url);
	user->impostor.data = user;
	user->impostor.meddle = meddle;
	must_be(naru_space_open(user->impostor.url, NULL, &user->space), 0);
	must_be(naru_queue_open(NULL, user->url, NULL, &user->queue), 0);
	must_be(naru_queue_open(NULL, user->url, &options, &user->unconfirmed), 0);
}

static void close_user(struct user *user)
{
	naru_queue_close(user->queue);
	naru_queue_close(user->unconfirmed);
	naru_space_close(user->space);
	impostor_stop(&user->impostor);
}

static void try(unsigned i, enum wrong wrong)
{
	static struct user user;
	int r;

	user = (struct user){.verb = cases[i].verb, .wrong = wrong};
	open_user(&user);
	if (cases[i].call == open_queue)
		user.queue = naru_queue_close(user.queue);
	atomic_store(&user.armed, true);
	r = cases[i].call(&user);
	if (r != cases[i].error)
		fprintf(stderr, "verb %d, wrong in way %d: %d\n", cases[i].verb, wrong,
			r);
	assert_int_equal(r, cases[i].error);
	assert_true(cases[i].call(&user) >= 0);
	close_user(&user);
}

/* Whoever speaks another version is told from who is no server at all. */
static bool speak_another(struct impostor *impostor, const struct nr_wire_frame *request,
			  const unsigned char *body, struct impostor_answer *answer)
{
	(void)impostor;
	(void)body;
	if (request->verb == NR_WIRE_HELLO)
		answer->body[0]++;
	return true;
}

/* Not even a frame of the first requests would fit. */
static bool allow_nothing(struct impostor *impostor, const struct nr_wire_frame *request,
			  const unsigned char *body, struct impostor_answer *answer)
{
	const uint32_t frame_max = NR_WIRE_FRAME_MIN - 8;

	(void)impostor;
	(void)body;
	if (request->verb == NR_WIRE_HELLO)
		memcpy(answer->body + offsetof(struct nr_wire_hello_answer, frame_max),
		       &frame_max, sizeof(frame_max));
	return true;
}

static void test_another_server(void **state)
{
	static struct user user;

	(void)state;
	user = (struct user){.verb = NR_WIRE_BYE};
	open_user(&user);
	user.queue = naru_queue_close(user.queue);
	user.impostor.meddle = speak_another;
	assert_int_equal(open_queue(&user), -EPROTONOSUPPORT);
	user.impostor.meddle = allow_nothing;
	assert_int_equal(open_queue(&user), -EPROTO);
	close_user(&user);
}

static void test_answers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (enum wrong wrong = NOT_PADDED; wrong < WRONGS; wrong++)
			if (is_possible(i, wrong))
				try(i, wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_another_server),
	};

	default_space_of_our_own();
	return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
