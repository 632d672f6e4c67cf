/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SHAPE_H
#define SUPPORT_SHAPE_H

/*
 * support/shape.h - messages that a number tells all about: type, length, contents
 *
 * Lengths are 0 to 64 KiB, mostly short. A message of 8 bytes or more carries its
 * number in the first 8; a shorter one has it in its type.
 */

#include <naru/queue.h>

#define SHAPE_LONGEST 65536
#define SHAPE_TYPES   9
/* The types of short messages begin here. */
#define SHAPE_SHORT (INT64_C(1) << 40)

int64_t shape_type(uint64_t number);
size_t shape_length(uint64_t number);
void shape_fill(uint64_t number, void *data);

/*
 * Which message is this? It must be whole, but if it was cut to 8 bytes or more.
 * Ends the process with a complaint if it is not.
 */
uint64_t shape_number(int64_t type, const void *data, size_t length, size_t cut);

/* What number a buffer holds that a receive may have filled; 0: none, else n + 1. */
uint64_t shape_trace(const void *data);

#endif /* SUPPORT_SHAPE_H */
