/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_CONTENDERS_H
#define NARU_BENCH_CONTENDERS_H

/* bench/contenders.h - the contenders by name; the last seven may be absent */

#include "bench.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct contender bench_naru;
extern const struct contender bench_stream;
extern const struct contender bench_stream_tcp;
extern const struct contender bench_remote;
extern const struct contender bench_remote_unconfirmed;
extern const struct contender bench_sysv;
extern const struct contender bench_sysv_on_naru;
extern const struct contender bench_posix_mq;
extern const struct contender bench_pipe;
extern const struct contender bench_unix_stream;
extern const struct contender bench_unix_seqpacket;
extern const struct contender bench_tcp;
extern const struct contender bench_ring_state;
extern const struct contender bench_ring_tail;

extern const struct contender bench_boost;
extern const struct contender bench_zeromq;
extern const struct contender bench_zeromq_tcp;
extern const struct contender bench_nng;
extern const struct contender bench_iceoryx;
extern const struct contender bench_stream_tls;
extern const struct contender bench_openssl;

#ifdef __cplusplus
}
#endif

#endif /* NARU_BENCH_CONTENDERS_H */
