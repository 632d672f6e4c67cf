/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAULT_SYSV_H
#define TESTS_FAULT_SYSV_H

/* fault-sysv.h - the System V calls that system calls are made to fail in */

#include "fault.h"

#include <sysv/ids.h>

extern struct nr_ids fault_ids;

/* A space, and all three kinds open. */
bool fault_prepare_ids(void);

extern const struct fault_case fault_shm_cases[];

#endif /* TESTS_FAULT_SYSV_H */
