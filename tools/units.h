/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_UNITS_H
#define NARU_TOOLS_UNITS_H

/*
 * tools/units.h - numbers as people write and read them
 *
 * The readers are for struct nr_option: NULL, or what the text should have been.
 */

#include <stddef.h>
#include <stdint.h>

const char *nr_read_text(const char *text, void *ret_const_char_pointer);
const char *nr_read_type(const char *text, void *ret_int64);   /* > 0 */
const char *nr_read_select(const char *text, void *ret_int64); /* not 0 */
const char *nr_read_count(const char *text, void *ret_uint64); /* >= 1 */
const char *nr_read_size(const char *text, void *ret_uint64);  /* >= 1; K, M, G, T */
const char *nr_read_mode(const char *text, void *ret_uint32);  /* octal */
const char *nr_read_seconds(const char *text, void *ret_int);  /* milliseconds */

enum { NR_UNIT_MAX = 32 };

/* "1.8 MiB"; and "1,926,232". @ret_text has room for NR_UNIT_MAX; is returned. */
const char *nr_print_size(uint64_t bytes, char *ret_text);
const char *nr_print_count(uint64_t number, char *ret_text);

/* "2026-11-23 14:05:06", local time. @time: nanoseconds since the epoch. */
const char *nr_print_time(int64_t time, char *ret_text);

/* CLOCK_MONOTONIC. */
double nr_seconds_now(void);

#endif /* NARU_TOOLS_UNITS_H */
