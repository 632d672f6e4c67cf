/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_LEDGER_H
#define SUPPORT_LEDGER_H

/*
 * support/ledger.h - what became of each message, in memory that all processes share
 *
 * Who sends notes the intent before the call and the outcome after it; who receives
 * notes the number after it. What is left open when a process is killed in the
 * middle of a call may have happened or not; all else must have, exactly once.
 */

#include <stdint.h>

struct ledger;

struct ledger *ledger_open(void);
void ledger_close(struct ledger *ledger);

/* Numbers for @count new messages; returns the first. */
uint64_t ledger_number(struct ledger *ledger, uint64_t count);

void ledger_intend(struct ledger *ledger, uint64_t number);
void ledger_sent(struct ledger *ledger, uint64_t number);
void ledger_not_sent(struct ledger *ledger, uint64_t number);
void ledger_received(struct ledger *ledger, uint64_t number);

/* The receiver died in a call that may have removed this one. */
void ledger_may_be_lost(struct ledger *ledger, uint64_t number);

/*
 * The same for one of up to @count short messages, which leave no trace in the
 * receiver's buffer.
 */
void ledger_short_may_be_lost(struct ledger *ledger, uint64_t count);

/* The sender died in a call that was to send these together: all or none, or the first.
 */
void ledger_batch(struct ledger *ledger, uint64_t first, uint64_t count);

/* Everything has been received: is every message accounted for? */
void ledger_settle(struct ledger *ledger);

#endif /* SUPPORT_LEDGER_H */
