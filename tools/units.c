/* SPDX-License-Identifier: MIT */
/* tools/units.c - numbers as people write and read them */

#include <tools/units.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Digits and nothing else before *ret_end: no sign, no space. */
static bool read_unsigned(const char *text, int base, uint64_t *ret_number,
			  const char **ret_end)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*ret_number = strtoull(text, &end, base);
	*ret_end = end;
	return errno == 0;
}

const char *nr_read_text(const char *text, void *ret_const_char_pointer)
{
	*(const char **)ret_const_char_pointer = text;
	return NULL;
}

const char *nr_read_type(const char *text, void *ret_int64)
{
	const char *end;
	uint64_t number;

	if (!read_unsigned(text, 10, &number, &end) || *end || number < 1 ||
	    number > INT64_MAX)
		return "a whole number from 1 up";
	*(int64_t *)ret_int64 = (int64_t)number;
	return NULL;
}

const char *nr_read_select(const char *text, void *ret_int64)
{
	bool negative = *text == '-';

	if (nr_read_type(text + negative, ret_int64))
		return "a type from 1 up, or -N for the lowest type up to N";
	if (negative)
		*(int64_t *)ret_int64 *= -1;
	return NULL;
}

const char *nr_read_count(const char *text, void *ret_uint64)
{
	const char *end;
	uint64_t number;

	if (!read_unsigned(text, 10, &number, &end) || *end || number < 1)
		return "a whole number from 1 up";
	*(uint64_t *)ret_uint64 = number;
	return NULL;
}

const char *nr_read_size(const char *text, void *ret_uint64)
{
	static const char wanted[] = "a number of bytes, such as 4096, 64K, 1M or 2G";
	static const char letters[] = "KMGT";
	unsigned int shift = 0;
	const char *end;
	uint64_t number;

	if (!read_unsigned(text, 10, &number, &end))
		return wanted;
	if (*end) {
		const char *letter = strchr(letters, toupper((unsigned char)*end));

		if (!letter || (strcmp(end + 1, "") != 0 && strcmp(end + 1, "iB") != 0))
			return wanted;
		shift = 10 * (unsigned int)(letter - letters + 1);
	}
	if (number < 1 || number > (uint64_t)INT64_MAX >> shift)
		return wanted;
	*(uint64_t *)ret_uint64 = number << shift;
	return NULL;
}

const char *nr_read_mode(const char *text, void *ret_uint32)
{
	const char *end;
	uint64_t number;

	if (!read_unsigned(text, 8, &number, &end) || *end || number < 1 || number > 0777)
		return "permission bits in octal, such as 0660";
	*(uint32_t *)ret_uint32 = (uint32_t)number;
	return NULL;
}

const char *nr_read_seconds(const char *text, void *ret_int)
{
	double seconds;
	char *end;

	seconds = strtod(text, &end);
	if (end == text || *end || !isfinite(seconds) || seconds < 0 ||
	    seconds * 1000 > INT_MAX)
		return "a number of seconds from 0 to 2147483, such as 0.5";
	*(int *)ret_int = (int)ceil(seconds * 1000);
	return NULL;
}

const char *nr_print_size(uint64_t bytes, char *ret_text)
{
	static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double size = (double)bytes;
	unsigned int unit = 0;

	/* 1023.95 would print as 1024.0 of the smaller unit. */
	while (unit < 4 && size >= 1023.95) {
		size /= 1024;
		unit++;
	}
	if (unit == 0 || size == floor(size))
		snprintf(ret_text, NR_UNIT_MAX, "%.0f %s", size, names[unit]);
	else
		snprintf(ret_text, NR_UNIT_MAX, "%.1f %s", size, names[unit]);
	return ret_text;
}

const char *nr_print_count(uint64_t number, char *ret_text)
{
	char digits[NR_UNIT_MAX];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	char *out = ret_text;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return ret_text;
}

const char *nr_print_time(int64_t time, char *ret_text)
{
	time_t seconds = (time_t)(time / 1000000000);
	struct tm parts;

	if (time == 0)
		return "never";
	localtime_r(&seconds, &parts);
	strftime(ret_text, NR_UNIT_MAX, "%Y-%m-%d %H:%M:%S", &parts);
	return ret_text;
}

double nr_seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
