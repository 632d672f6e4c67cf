/* SPDX-License-Identifier: MIT */
#ifndef NARU_DOCTOR_SYSV_H
#define NARU_DOCTOR_SYSV_H

/* doctor/sysv.h - files of System V objects, and whether their identifiers are there */

#include <space/check.h>

/*
 * Is @name a System V object's file? Then it is told if it has no identifier, is not what
 * that says, or is a removed segment that nobody has attached; with NARU_CHECK_REPAIR it
 * is put right. 1: there is no more to be looked at, as it is nobody's. 0: look into it.
 */
int nr_sysv_check(struct naru_space *space, const char *name, int flags,
		  void (*tell)(void *data, const struct naru_finding *finding),
		  void *data);

#endif /* NARU_DOCTOR_SYSV_H */
