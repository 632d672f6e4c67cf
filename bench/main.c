/* SPDX-License-Identifier: MIT */

/* naru-bench: all contenders, also those that need another library. */

#include "contenders.h"

#ifndef HAVE_BOOST
const struct contender bench_boost = {.name = "Boost", .absent = "no libboost-dev"};
#endif
#ifndef HAVE_ZEROMQ
const struct contender bench_zeromq = {.name = "ZeroMQ", .absent = "no libzmq3-dev"};
const struct contender bench_zeromq_tcp = {.name = "ZeroMQ (tcp)",
					   .absent = "no libzmq3-dev"};
#endif
#ifndef HAVE_NNG
const struct contender bench_nng = {.name = "nng", .absent = "no libnng-dev"};
#endif
#ifndef HAVE_ICEORYX
const struct contender bench_iceoryx = {.name = "iceoryx",
					.absent = "no libiceoryx-binding-c-dev"};
#endif
#ifndef HAVE_OPENSSL
const struct contender bench_stream_tls = {.name = "naru stream (tls)",
					   .absent = "no libssl-dev"};
const struct contender bench_openssl = {.name = "OpenSSL", .absent = "no libssl-dev"};
#endif

enum { CONTENDERS_MAX = 32 };

int main(int argc, char **argv)
{
	const struct contender *all[CONTENDERS_MAX];
	size_t count = 0;

	while (count < bench_core_count) {
		all[count] = bench_core_contenders[count];
		count++;
	}
	all[count++] = &bench_boost;
	all[count++] = &bench_zeromq;
	all[count++] = &bench_zeromq_tcp;
	all[count++] = &bench_nng;
	all[count++] = &bench_iceoryx;
	all[count++] = &bench_stream_tls;
	all[count++] = &bench_openssl;
	return bench_main(argc, argv, all, count);
}
