/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_CALL_H
#define NARU_SYS_CALL_H

/*
 * sys/call.h - system calls, made by ourselves
 *
 * libc's functions are symbols that a preloaded library may replace: fakeroot's stat
 * and geteuid tell of users that do not exist, and a System V call that comes to us
 * must not come to us again. So the instruction itself is here, on x86-64 and
 * aarch64; elsewhere it is libc's syscall(2).
 *
 * What comes out is what the kernel says, -errno for an error. errno is untouched,
 * and no call is a cancellation point (pthreads(7)).
 */

#include <assert.h>
#include <errno.h>
#include <sys/syscall.h>

static_assert(sizeof(long) == 8, "file offsets are passed in one register");

#if defined(__x86_64__)
static inline __attribute__((always_inline)) long
nr_call_raw(long number, long a, long b, long c, long d, long e, long f)
{
	register long fourth __asm__("r10") = d;
	register long fifth __asm__("r8") = e;
	register long sixth __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth),
			   "r"(sixth)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
static inline __attribute__((always_inline)) long
nr_call_raw(long number, long a, long b, long c, long d, long e, long f)
{
	register long which __asm__("x8") = number;
	register long first __asm__("x0") = a;
	register long second __asm__("x1") = b;
	register long third __asm__("x2") = c;
	register long fourth __asm__("x3") = d;
	register long fifth __asm__("x4") = e;
	register long sixth __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(first)
			 : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth),
			   "r"(sixth)
			 : "memory");
	return first;
}
#else
#include <unistd.h>

static inline long nr_call_raw(long number, long a, long b, long c, long d, long e,
			       long f)
{
	int saved = errno;
	long result = syscall(number, a, b, c, d, e, f);

	if (result < 0)
		result = -errno;
	errno = saved;
	return result;
}
#endif

/* The arguments that a call does not have are passed as 0. */
#define nr_call_padded(number, a, b, c, d, e, f, ...)                                    \
	nr_call_raw((number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e),     \
		    (long)(f))

/* nr_call_once(SYS_close, fd) */
#define nr_call_once(...) nr_call_padded(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* The same, begun again when a signal broke it off. */
#define nr_call(...)                                                                     \
	__extension__({                                                                  \
		long result_;                                                            \
		do                                                                       \
			result_ = nr_call_once(__VA_ARGS__);                             \
		while (result_ == -EINTR);                                               \
		result_;                                                                 \
	})

#endif /* NARU_SYS_CALL_H */
