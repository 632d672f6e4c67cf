/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SERVED_H
#define SUPPORT_SERVED_H

/* support/served.h - the server of queues, in a process of its own that can be killed */

#include <stdint.h>
#include <sys/types.h>

struct served {
	char path[64]; /* of the space */
	char url[160]; /* where it listens; with the real port once it has been started */
	int grace_ms;  /* 0: the server's default */
	uint32_t frame_max;
	pid_t pid;
};

/*
 * Start it at @url, where %s is the space's path, such as "tcp://127.0.0.1:0" or
 * "unix://%s/.server". tls:// has the certificates of the tests, and this process shows
 * one, too.
 */
void served_start(struct served *served, const char *path, const char *url);

/* Start it again, at the same place. */
void served_again(struct served *served);

/* SIGKILL; SIGTERM and wait for its end. */
void served_kill(struct served *served);
void served_stop(struct served *served);

/* The URL of a queue; valid until the next but three. */
const char *served_queue(const struct served *served, const char *name);

#endif /* SUPPORT_SERVED_H */
