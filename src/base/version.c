/* SPDX-License-Identifier: MIT */

/* base/version.c - which version of the library runs */

#include <naru/base.h>

NARU_API const char *naru_version(void)
{
	return NARU_VERSION;
}
