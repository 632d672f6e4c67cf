/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_REPLACED_H
#define SUPPORT_REPLACED_H

/* support/replaced.h - what shows that the replacing library is linked */

#include <stdbool.h>

extern __attribute__((visibility("default"))) bool replaced_is_there;

#endif /* SUPPORT_REPLACED_H */
