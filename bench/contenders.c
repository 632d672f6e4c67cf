/* SPDX-License-Identifier: MIT */

#include "contenders.h"

const struct contender *const bench_core_contenders[] = {
	&bench_naru,	       &bench_ring_state,
	&bench_ring_tail,      &bench_sysv,
	&bench_sysv_on_naru,   &bench_posix_mq,
	&bench_pipe,	       &bench_unix_stream,
	&bench_unix_seqpacket, &bench_tcp,
	&bench_stream,	       &bench_stream_tcp,
	&bench_remote,	       &bench_remote_unconfirmed,
};
const size_t bench_core_count =
	sizeof(bench_core_contenders) / sizeof(bench_core_contenders[0]);
