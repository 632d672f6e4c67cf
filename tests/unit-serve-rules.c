/* SPDX-License-Identifier: MIT */

/* The lines of the file of access: what is no line, and whom one is about */

#include <server/rules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/must.h>
#include <support/serving.h>
#include <support/unit.h>
#include <unistd.h>

static void test_broken(void **state)
{
	static const struct {
		const char *lines, *said;
	} cases[] = {
		{"\nmaybe anyone all *\n", "line 2: allow or deny is wanted, not maybe"},
		{"allow everyone all *\n", "address or anyone is wanted, not everyone"},
		{"allow anyone fly *\n", "look with commas between, is wanted, not fly"},
		{"allow anyone send,,look *\n", "is wanted, not \n"},
		{"allow anyone all # *\n", "a pattern of queues (* for all) is wanted"},
		{"allow uid bert all *\n", "the number of a user is wanted, not bert"},
		{"allow uid -1 all *\n", "the number of a user is wanted, not -1"},
		{"allow user no.such.user all *\n", "the name of a user is wanted"},
		{"allow group no.such.group all *\n", "the name of a group is wanted"},
		{"allow address 192.0.2.0/33 all *\n", "is wanted, not 192.0.2.0/33"},
		{"allow address host all *\n", "is wanted, not host"},
		{"allow certificate\n", "a certificate's name"},
		{"allow", "is wanted, not nothing"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *path = serving_write_access(*state, cases[i].lines);
		struct nr_rules *rules;
		char text[512];

		assert_int_equal(nr_rules_load(path, &rules, text, sizeof(text)),
				 -EINVAL);
		strcat(text, "\n");
		if (!strstr(text, cases[i].said))
			fail_msg("%s", text);
	}
}

/* Who is who. */
static void test_callers(void **state)
{
	static const struct {
		const char *line, *host, *name;
		uint32_t uid, gid;
		bool allowed;
	} cases[] = {
		{"allow uid 7 all *", "", "", 7, 8, true},
		{"allow uid 7 all *", "", "", 8, 7, false},
		{"allow user root all *", "", "", 0, 0, true},
		{"allow group root all *", "", "", 54321, 0, true},
		{"allow group root all *", "", "", 54321, 54321, false},
		{"allow group root all *", "192.0.2.1", "", UINT32_MAX, UINT32_MAX,
		 false},
		{"allow certificate *.example all *", "", "a.example", 1, 1, true},
		{"allow certificate *.example all *", "", "a.example.org", 1, 1, false},
		{"allow certificate * all *", "", "", 1, 1, false},
		{"allow address 192.0.2.0/24 all *", "192.0.2.255", "", 1, 1, true},
		{"allow address 192.0.2.0/24 all *", "192.0.3.0", "", 1, 1, false},
		{"allow address 192.0.2.128/25 all *", "192.0.2.127", "", 1, 1, false},
		{"allow address 192.0.2.128/25 all *", "192.0.2.129", "", 1, 1, true},
		{"allow address 192.0.2.1 all *", "192.0.2.1", "", 1, 1, true},
		{"allow address 0.0.0.0/0 all *", "203.0.113.9", "", 1, 1, true},
		{"allow address 0.0.0.0/0 all *", "2001:db8::1", "", 1, 1, false},
		{"allow address 0.0.0.0/0 all *", "", "", 1, 1, false},
		{"allow address 2001:db8::/33 all *", "2001:db8:7fff::1", "", 1, 1, true},
		{"allow address 2001:db8::/33 all *", "2001:db8:8000::1", "", 1, 1,
		 false},
		{"deny uid 7 send *\nallow anyone all *", "", "", 7, 7, false},
		{"deny uid 7 look *\nallow anyone all *", "", "", 7, 7, true},
		{"allow anyone send a b q*", "", "", 7, 7, true},
		{"allow anyone send a b", "", "", 7, 7, false},
		{"", "", "", 0, 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nr_caller caller = {
			.who = {.uid = cases[i].uid, .gid = cases[i].gid}};
		struct nr_rules *rules;
		char text[512] = "";

		strcpy(caller.host, cases[i].host);
		strcpy(caller.who.name, cases[i].name);
		assert_int_equal(
			nr_rules_load(serving_write_access(*state, cases[i].line), &rules,
				      text, sizeof(text)),
			0);
		if (nr_rules_allow(rules, &caller, 1, "queue", text, sizeof(text)) !=
		    cases[i].allowed)
			fail_msg("%s: %s", cases[i].line, text);
		nr_rules_free(rules);
	}
}

/* Who may send, and not look, is told of a message that is too large that it is. */
static void test_sender(void **state)
{
	enum { LARGE = 2 << 20 };
	struct room *room = *state;
	const struct nr_server_options options = {
		.access = serving_write_access(room, "allow anyone send *\n")};
	struct serving *serving = serving_start(room, "tcp://127.0.0.1:0", &options);
	struct naru_queue *queue;
	char *bytes = calloc(1, LARGE), name[300];

	naru_queue_close(room_queue(room, "q", 0, 0));
	snprintf(name, sizeof(name), "%s/q", serving->url);
	assert_int_equal(naru_queue_open(room->space, name, NULL, &queue), 0);
	assert_int_equal(naru_queue_send(queue, 1, bytes, LARGE, 0), -EMSGSIZE);
	assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), 0);
	naru_queue_close(queue);
	free(bytes);
	serving_stop(serving);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_broken),
		in_a_room(test_callers),
		in_a_room(test_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
