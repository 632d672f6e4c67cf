/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_CALLS_H
#define NARU_SYSV_CALLS_H

/*
 * sysv/calls.h - what programs call: the names of libc's, which this library takes over
 *
 * sysv/sysv.map lists them.
 */

#include <errno.h>
#include <naru/base.h>

/* From "-errno" to libc's "-1 and errno". */
static inline long nr_answer(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

#endif /* NARU_SYSV_CALLS_H */
