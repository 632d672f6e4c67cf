/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_SYSTEMD_H
#define NARU_TOOLS_SYSTEMD_H

/* tools/systemd.h - what a service manager hands over, and wants to be told */

#include <stddef.h>

/* The descriptors from 3 on that are for us, as of sd_listen_fds(3); 0: none. */
size_t nr_systemd_descriptors(void);

/* As of sd_notify(3): "READY=1". Nobody may listen. */
void nr_systemd_notify(const char *state);

#endif /* NARU_TOOLS_SYSTEMD_H */
