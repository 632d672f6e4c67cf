/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_NAMES_H
#define NARU_BENCH_NAMES_H

/* bench/names.h - a user's list of names, with commas between */

#include <stdbool.h>
#include <stddef.h>

/* Is @name in @list? A NULL list has every name. */
bool bench_names_has(const char *list, const char *name);

/*
 * The first in @list that is none of the @count @names, and its length. NULL if
 * there is none such, or no list.
 */
const char *bench_names_unknown(const char *list, const char *const *names, size_t count,
				int *ret_length);

#endif /* NARU_BENCH_NAMES_H */
