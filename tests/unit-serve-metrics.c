/* SPDX-License-Identifier: MIT */

/* The figures of a server, by HTTP */

#include <stdio.h>
#include <string.h>
#include <support/serving.h>
#include <support/transport.h>
#include <support/unit.h>

/* The whole answer to a request, which comes in two pieces. */
static char *ask(struct serving *serving, const char *request)
{
	static char answer[1 << 20];
	const char *url = nr_server_metrics_url(serving->server);
	size_t half = strlen(request) / 2, length = 0;
	struct naru_stream *stream;
	ssize_t n;

	assert_int_equal(naru_connect(serving->room->space, url, NULL, -1, &stream), 0);
	write_all(stream, request, half);
	write_all(stream, request + half, strlen(request) - half);
	while ((n = naru_stream_read(stream, answer + length, sizeof(answer) - 1 - length,
				     -1)) > 0)
		length += (size_t)n;
	assert_int_equal(n, 0);
	answer[length] = '\0';
	naru_stream_close(stream);
	return answer;
}

static void says(const char *answer, const char *line)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	if (!strstr(answer, whole))
		fail_msg("\"%s\" is not in: %s", line, answer);
}

static const char *const lines[] = {
	"# TYPE naru_queue_messages gauge",
	"naru_queue_messages{queue=\"jobs\"} 2",
	"naru_queue_messages{queue=\"other\"} 0",
	"naru_queue_bytes{queue=\"jobs\"} 10",
	"naru_queue_capacity_messages{queue=\"jobs\"} 100",
	"naru_queue_held_messages{queue=\"jobs\"} 1",
	"# TYPE naru_queue_sent_total counter",
	"naru_queue_sent_total{queue=\"jobs\"} 3",
	"naru_queue_received_total{queue=\"jobs\"} 0",
	"naru_queue_waiting{queue=\"other\",what=\"receive\",from=\"remote\"} 1",
	"naru_queue_waiting{queue=\"other\",what=\"receive\",from=\"local\"} 0",
	"naru_connections 2",
	"naru_connections_total 3",
	"naru_sessions 2",
	"naru_requests_waiting 1",
	"naru_requests_total{verb=\"SEND\",result=\"done\"} 3",
	"naru_requests_total{verb=\"SEND\",result=\"failed\"} 1",
	"naru_requests_total{verb=\"OPEN\",result=\"done\"} 3",
};

static void test_figures(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < 2; i++) {
		char url[128] = "tcp://127.0.0.1:0", *answer;
		struct nr_server_options options = {.metrics = url};
		struct serving *serving;
		struct lane lane, other;

		if (i == 1)
			snprintf(url, sizeof(url), "unix://%s/metrics", room->path);
		serving = serving_start(room, "tcp://127.0.0.1:0", &options);
		lane = lane_open_queue(serving, 7, 0, "jobs");
		lane_close(&lane);
		lane = lane_open_queue(serving, (uint64_t)i + 1, 0, "jobs");
		other = lane_open_queue(serving, (uint64_t)i + 3, 0, "other");
		for (uint64_t j = 1; j <= 3; j++)
			assert_int_equal(lane_send(&lane, j, 1, "hello"), 1);
		lane_say_send(&lane, 0, 0, 4, -1, "");
		assert_int_equal(lane_hear_value(&lane), -EINVAL);
		lane_say_take(&lane, 0, 0, 1, 0);
		lane_hear_message(&lane, 1, "hello");
		lane_say_take(&other, 0, -1, 1, 0);
		do
			answer = ask(serving, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
		while (!strstr(answer, "\nnaru_requests_waiting 1\n") ||
		       !strstr(answer, "\nnaru_connections 2\n"));
		assert_memory_equal(answer, "HTTP/1.1 200 OK\r\n", 17);
		assert_non_null(
			strstr(answer, "\r\nContent-Type: text/plain; version=0.0.4;"));
		for (size_t j = 0; j < sizeof(lines) / sizeof(lines[0]); j++)
			says(answer, lines[j]);
		assert_non_null(strstr(
			answer, "\nnaru_queue_seconds_since_send{queue=\"jobs\"} "));
		lane_close(&lane);
		lane_close(&other);
		serving_stop(serving);
		assert_int_equal(naru_queue_remove(room->space, "jobs"), 0);
		assert_int_equal(naru_queue_remove(room->space, "other"), 0);
	}
}

static void test_http(void **state)
{
	struct nr_server_options options = {.metrics = "tcp://127.0.0.1:0"};
	struct serving *serving = serving_start(*state, "tcp://127.0.0.1:0", &options);
	char long_line[9000];

	assert_non_null(strstr(ask(serving, "GET / HTTP/1.0\n\n"), "404 Not Found"));
	assert_non_null(strstr(ask(serving, "POST /metrics HTTP/1.0\n\n"), "405 Method"));
	assert_non_null(strstr(ask(serving, "\r\n\r\n"), "405 Method"));
	assert_non_null(strstr(ask(serving, "GET /metrics?a=b HTTP/1.0\n\n"), "200 OK"));
	memset(long_line, 'x', sizeof(long_line));
	long_line[8192] = '\0';
	assert_string_equal(ask(serving, long_line), "");
	serving_stop(serving);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_figures),
		in_a_room(test_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
