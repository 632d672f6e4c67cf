/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_WRECK_H
#define SUPPORT_WRECK_H

/* support/wreck.h - damages of several words, which agree with each other */

#include <support/damage.h>

void wreck_add(const struct laden *laden, struct damages *damages);

/* Each place of the ring is the beginning of a record. */
void wreck_ring(const struct laden *laden);

#endif /* SUPPORT_WRECK_H */
