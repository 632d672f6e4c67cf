/* SPDX-License-Identifier: MIT */

/*
 * Every function of the public headers, by name, from the real libnaru.so. When one
 * is missing this does not link; when one is exported that is not named here,
 * tests/symbols.sh, which compares the printed names with the library's, says so.
 */

#include <naru/queue.h>
#include <naru/segment.h>
#include <naru/stream.h>
#include <stdio.h>

#define SYMBOL(name)                                                                     \
	{                                                                                \
#name, (void (*)(void))(name)                                            \
	}

static const struct {
	const char *name;
	void (*function)(void);
} symbols[] = {
	SYMBOL(naru_version),
	SYMBOL(naru_error_text),
	SYMBOL(naru_set_log),
	SYMBOL(naru_space_open),
	SYMBOL(naru_space_close),
	SYMBOL(naru_space_path),
	SYMBOL(naru_space_list),
	SYMBOL(naru_space_stat),
	SYMBOL(naru_space_check),
	SYMBOL(naru_queue_create),
	SYMBOL(naru_queue_open),
	SYMBOL(naru_queue_close),
	SYMBOL(naru_queue_remove),
	SYMBOL(naru_queue_send),
	SYMBOL(naru_queue_receive),
	SYMBOL(naru_queue_look),
	SYMBOL(naru_queue_claim),
	SYMBOL(naru_queue_commit),
	SYMBOL(naru_queue_cancel),
	SYMBOL(naru_queue_take),
	SYMBOL(naru_queue_release),
	SYMBOL(naru_queue_give_back),
	SYMBOL(naru_queue_send_batch),
	SYMBOL(naru_queue_receive_batch),
	SYMBOL(naru_queue_fd),
	SYMBOL(naru_queue_rearm),
	SYMBOL(naru_queue_send_once),
	SYMBOL(naru_queue_release_once),
	SYMBOL(naru_queue_recall),
	SYMBOL(naru_queue_stat),
	SYMBOL(naru_queue_set),
	SYMBOL(naru_segment_create),
	SYMBOL(naru_segment_open),
	SYMBOL(naru_segment_close),
	SYMBOL(naru_segment_remove),
	SYMBOL(naru_segment_attach),
	SYMBOL(naru_segment_detach),
	SYMBOL(naru_segment_extend),
	SYMBOL(naru_segment_set),
	SYMBOL(naru_segment_stat),
	SYMBOL(naru_segment_lock),
	SYMBOL(naru_segment_unlock),
	SYMBOL(naru_segment_repaired),
	SYMBOL(naru_segment_give_up),
	SYMBOL(naru_segment_events),
	SYMBOL(naru_segment_wait),
	SYMBOL(naru_segment_notify),
	SYMBOL(naru_segment_write_latest),
	SYMBOL(naru_segment_read_latest),
	SYMBOL(naru_listen),
	SYMBOL(naru_listener_close),
	SYMBOL(naru_listener_url),
	SYMBOL(naru_listener_fd),
	SYMBOL(naru_accept),
	SYMBOL(naru_connect),
	SYMBOL(naru_stream_close),
	SYMBOL(naru_stream_read),
	SYMBOL(naru_stream_readv),
	SYMBOL(naru_stream_write),
	SYMBOL(naru_stream_writev),
	SYMBOL(naru_stream_reserve),
	SYMBOL(naru_stream_commit),
	SYMBOL(naru_stream_peek),
	SYMBOL(naru_stream_consume),
	SYMBOL(naru_stream_shutdown),
	SYMBOL(naru_stream_fd),
	SYMBOL(naru_stream_stat),
	SYMBOL(naru_stream_peer),
};

int main(void)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++)
		if (symbols[i].function)
			puts(symbols[i].name);
	return 0;
}
