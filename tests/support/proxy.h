/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_PROXY_H
#define SUPPORT_PROXY_H

/* support/proxy.h - a network between client and server that can be cut */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { PROXY_PAIRS = 32 };

struct proxy {
	int server_port;
	int listener;
	int wake[2];
	char url[64];		  /* for clients */
	int pair[PROXY_PAIRS][2]; /* client's and server's; -1: none */
	pthread_t thread;
	atomic_bool ends;
	atomic_bool closes;	 /* with the cut */
	_Atomic uint64_t budget; /* bytes of both directions until the cut */
	atomic_bool cut;	 /* there was one */
	atomic_bool closed;	 /* nobody gets through any more */
};

/* To the server at tcp://127.0.0.1:PORT. It lets pass UINT64_MAX bytes at first. */
void proxy_start(struct proxy *proxy, const char *server_url);
void proxy_stop(struct proxy *proxy);

/*
 * Let @bytes pass, whatever their direction; then break that connection off, and let all
 * others pass.
 */
void proxy_cut_after(struct proxy *proxy, uint64_t bytes);

/* The same, but no other gets through either, until proxy_mend(). */
void proxy_close_after(struct proxy *proxy, uint64_t bytes);
void proxy_mend(struct proxy *proxy);

#endif /* SUPPORT_PROXY_H */
