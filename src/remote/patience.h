/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_PATIENCE_H
#define NARU_REMOTE_PATIENCE_H

/*
 * remote/patience.h - how long a call may take
 *
 * The caller's time is for the server to wait; to it comes what the network needs.
 */

#include <stdbool.h>
#include <stdint.h>

#define NR_NETWORK_NS (UINT64_C(5) * 1000 * 1000 * 1000)
enum { NR_NETWORK_MS = 5000 };

struct nr_patience {
	uint64_t until;	  /* the caller's time; CLOCK_MONOTONIC, NR_DEADLINE_NEVER */
	uint64_t limit;	  /* the network's, too */
	bool at_once;	  /* the caller's time is none at all */
	bool interrupted; /* a signal handler ran */
};

struct nr_patience nr_patience_of(int timeout_ms);

/* Let there be time for one exchange, whatever has passed. */
void nr_patience_renew(struct nr_patience *patience);

/* A signal handler ran: nothing waits any more, but for what is due. */
void nr_patience_interrupt(struct nr_patience *patience);

/* Milliseconds, as of poll(2): of the caller's time, and until the limit. */
int nr_patience_wait_ms(const struct nr_patience *patience);
int nr_patience_limit_ms(const struct nr_patience *patience);

/* Sleep, or until the limit. False: it is reached. */
bool nr_patience_nap(struct nr_patience *patience, uint64_t nanoseconds);

#endif /* NARU_REMOTE_PATIENCE_H */
