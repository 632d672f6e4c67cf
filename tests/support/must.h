/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_MUST_H
#define SUPPORT_MUST_H

/*
 * support/must.h - an assertion for children and threads, where cmocka's cannot be
 *
 * A failed one ends the process, by exit(3) in the one that main() began in (so
 * that rooms are cleared) and by _exit(2) in its children.
 */

_Noreturn void must_fail(const char *file, int line, const char *condition, long value,
			 const char *explanation);

/* The condition holds. */
#define must(condition)                                                                  \
	do {                                                                             \
		if (!(condition))                                                        \
			must_fail(__FILE__, __LINE__, #condition, 0, NULL);              \
	} while (0)

/* The call returns this value. */
#define must_be(call, expected)                                                          \
	do {                                                                             \
		long must_value_ = (long)(call);                                         \
		if (must_value_ != (long)(expected))                                     \
			must_fail(__FILE__, __LINE__, #call " == " #expected,            \
				  must_value_, "it is");                                 \
	} while (0)

#endif /* SUPPORT_MUST_H */
