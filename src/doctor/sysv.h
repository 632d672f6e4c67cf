/* SPDX-License-Identifier: MIT */
#ifndef NARU_DOCTOR_SYSV_H
#define NARU_DOCTOR_SYSV_H

/* doctor/sysv.h - files of System V objects, and whether their identifiers are there */

#include <space/check.h>

/*
 * Is @name a System V object's file that has no identifier? Then it is told, and removed
 * with NARU_CHECK_REPAIR, and 1 is returned. 0: it has one, or is no such file.
 */
int nr_sysv_check(struct naru_space *space, const char *name, int flags,
		  void (*tell)(void *data, const struct naru_finding *finding),
		  void *data);

#endif /* NARU_DOCTOR_SYSV_H */
