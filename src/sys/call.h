/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_CALL_H
#define NARU_SYS_CALL_H

/* sys/call.h - from libc's "-1 and errno" to "-errno", errno itself untouched */

#include <errno.h>

/* The value of @call, an expression, begun again when a signal broke it off. */
#define nr_call(call)                                                                    \
	__extension__({                                                                  \
		int saved_ = errno;                                                      \
		__typeof__(call) result_;                                                \
		do                                                                       \
			result_ = (call);                                                \
		while (result_ < 0 && errno == EINTR);                                   \
		if (result_ < 0) {                                                       \
			result_ = -errno;                                                \
			errno = saved_;                                                  \
		}                                                                        \
		result_;                                                                 \
	})

#endif /* NARU_SYS_CALL_H */
