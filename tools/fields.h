/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_FIELDS_H
#define NARU_TOOLS_FIELDS_H

/* tools/fields.h - what is known of an object: the lines that all kinds have */

#include <stdint.h>

/* When something was done, and by whom. @time: nanoseconds since the epoch. */
void nr_field_use(const char *label, int64_t time, int32_t pid);

void nr_field_permissions(uint32_t mode, uint32_t uid, uint32_t gid);

#endif /* NARU_TOOLS_FIELDS_H */
