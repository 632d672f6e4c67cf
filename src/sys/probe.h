/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_PROBE_H
#define NARU_SYS_PROBE_H

/* sys/probe.h - ask the kernel about a page of ours, without touching it ourselves */

#include <stdbool.h>

/* May the 8 aligned bytes at @address be read? */
bool nr_probe_read(const void *address);

/* May the 4 aligned bytes at @address be written to? They stay what they are. */
bool nr_probe_write(void *address);

#endif /* NARU_SYS_PROBE_H */
