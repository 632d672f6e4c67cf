/* SPDX-License-Identifier: MIT */
#ifndef NARU_BASE_OPTIONS_H
#define NARU_BASE_OPTIONS_H

/*
 * base/options.h - structs that grow from version to version
 *
 * The public structs of options and statistics begin with a size_t: how large the
 * struct was when the caller was compiled. A caller may be older than the library
 * (its struct ends earlier) or newer (it ends later).
 */

#include <stddef.h>

/*
 * May @options, whose size this library knows as @known, be used?
 *
 * -EINVAL	its size is 0, or cannot be one
 * -E2BIG	it sets a field beyond @known
 */
int nr_options_check(const void *options, size_t known);

/*
 * Check @options and copy it to @ret_options, of @known bytes; what the caller
 * does not have is zero. NULL: all is zero.
 */
int nr_options_copy(void *ret_options, size_t known, const void *options);

/*
 * Copy @stat, of @known bytes, to the caller's struct, as far as that goes; what
 * this library does not know is zero. -EINVAL as above.
 */
int nr_options_return(void *ret_stat, size_t known, const void *stat);

#endif /* NARU_BASE_OPTIONS_H */
