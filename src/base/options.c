/* SPDX-License-Identifier: MIT */

/* base/options.c - see base/options.h */

#include <base/options.h>
#include <errno.h>
#include <string.h>

/* Nothing will ever be as large: the size was not initialized. */
#define SIZE_MAX_SANE 4096u

static size_t size_of(const void *options)
{
	size_t size;

	memcpy(&size, options, sizeof(size));
	return size;
}

int nr_options_check(const void *options, size_t known)
{
	size_t size = size_of(options);
	const unsigned char *byte = options;

	if (size < sizeof(size) || size > SIZE_MAX_SANE)
		return -EINVAL;
	for (size_t i = known; i < size; i++)
		if (byte[i])
			return -E2BIG;
	return 0;
}

int nr_options_copy(void *ret_options, size_t known, const void *options)
{
	size_t size;
	int r;

	if (!options) {
		memset(ret_options, 0, known);
		return 0;
	}
	r = nr_options_check(options, known);
	if (r < 0)
		return r;
	size = size_of(options);
	memset(ret_options, 0, known);
	memcpy(ret_options, options, size < known ? size : known);
	return 0;
}

int nr_options_return(void *ret_stat, size_t known, const void *stat)
{
	size_t size = size_of(ret_stat);

	if (size < sizeof(size) || size > SIZE_MAX_SANE)
		return -EINVAL;
	memset(ret_stat, 0, size);
	memcpy(ret_stat, stat, size < known ? size : known);
	memcpy(ret_stat, &size, sizeof(size));
	return 0;
}
