/* SPDX-License-Identifier: MIT */
#ifndef NARU_BASE_LOG_H
#define NARU_BASE_LOG_H

/* base/log.h - one line to the hook that naru_set_log() set */

void nr_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* NARU_BASE_LOG_H */
