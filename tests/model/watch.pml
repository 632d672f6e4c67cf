/* SPDX-License-Identifier: MIT */

/*
 * How a sleeper learns of a death, without looking round by the clock.
 *
 * Every process that uses a queue is a peer with a word of its own in shared memory.
 * The kernel marks the word of a peer that dies, whatever it is at, and then wakes ONE
 * of those who sleep on it (robust futexes). A sleeper sleeps on many words at once
 * (futex_waitv): its entry's state, the word of each peer that is there, and a count of
 * those who have come. A peer that comes shows its word, raises the count, wakes all who
 * sleep on that, and sends only then.
 *
 * To go to sleep: read the count and the words; set the bit; look at the queue; sleep
 * unless a word has changed. Words that are marked already are not watched: what their
 * peers have done came before the look, which also repairs what they have left undone.
 * Who wakes up, whatever for, wakes all others who sleep on those of its words that are
 * marked now: it may have been given the one wake that there is. Then it begins anew.
 *
 * A waker that has woken an entry looks at its owner's word afterwards: if that is
 * marked, it wakes another one. (If it is marked later, that wakes the others.)
 *
 * The rest is wait.pml's, without its store buffers. To fall asleep compares all of the
 * words in one step: who is queued on one word misses nothing of it while the next ones
 * are compared. Between being killed and the mark a process may still be given wakes.
 *
 * Checked, when nothing can move any more: no message lies there that a living, sleeping
 * receiver admits, also none that a dead sender had made final and not yet visible. The
 * CAS of a waker and its futex_wake are two steps, as are the kernel's mark and wake.
 * And, with -DNP under fairness: nobody goes round in circles. LATE: the sender comes
 * while others sleep; IMPATIENT: one of the receivers may give up; SENDERS=2.
 *
 * Mutations, which must fail: NO_PASS_ON (who is woken by a death does not wake the
 * others), BY_INDEX (he does so only if his own state has not changed as well, since
 * futex_waitv tells of one word), NO_MEMBERS (who comes does not raise the count),
 * ATTACH_AFTER (he sends first), COUNT_LAST (the count is read after the words),
 * NO_RECHECK (no look between arming and sleeping), KEEP_BIT (who begins anew does not set
 * his bit again), BIT_FIRST (the bit is set before the words are read: a waker may clear
 * it, die, and be marked in between), TRUST_DEAD (a waker is content with having woken a
 * dead one's entry), LOCK_ONLY (a look repairs only what those have left whose file lock
 * is gone, which the kernel drops after it has marked the word); and of progress
 * WATCH_DEAD (marked words are watched, too).
 */

#ifndef DEATHS
#define DEATHS 2
#endif
#ifndef SENDERS
#define SENDERS 1
#endif

#define RECEIVERS 2
#define PEERS	  4 /* two receivers, then two senders */
#define TYPES	  3 /* 1 and 2 */

#define FREE	 0
#define SLEEPING 1
#define WOKEN	 2 /* + type: for a message of this type */

byte messages[TYPES];	 /* that wait, of each type */
byte final[PEERS];	 /* a type: sent by this one, and not visible yet */
byte state[RECEIVERS];
bool flag[RECEIVERS];	 /* the bits */
byte selects[RECEIVERS]; /* 0: any, else a type */
byte members;		 /* how many have come */
byte seen[RECEIVERS];
bool attached[PEERS];	 /* its word is there */
bool marked[PEERS];	 /* by the kernel */
bool over[PEERS];	 /* killed, or done */
bool killed[PEERS];
#ifdef LOCK_ONLY
bool gone[PEERS];	 /* the file lock is */
#else
#define gone marked
#endif
bool watches[8];	 /* [RECEIVERS][PEERS] */
bool queued[RECEIVERS];	 /* in futex_waitv, on all of its words */
bool awake[RECEIVERS];	 /* woken there; it is still queued until it runs */
byte deaths;

#define watch(r, p)  watches[(r) * PEERS + (p)]
#define admits(r, t) (selects[r] == 0 || selects[r] == t)

inline kill(p)
{
	atomic {
		deaths < DEATHS && !over[p] ->
		deaths++;
		over[p] = true;
		killed[p] = true
	}
}

/* Each may be killed before any of its steps. */
active proctype death()
{
end:	do
	:: kill(0)
	:: kill(1)
	:: kill(2)
	:: kill(3)
	od
}

/* What the kernel does when @me is killed. */
proctype kernel(byte me)
{
end:	atomic {
		killed[me] ->
		if
		:: me < RECEIVERS -> queued[me] = false
		:: else
		fi;
		marked[me] = attached[me]
	}
	/* One; it may be one that is awake already, but has not run. */
	atomic {
		if
		:: marked[me] && queued[0] && watch(0, me) -> awake[0] = true
		:: marked[me] && queued[1] && watch(1, me) -> awake[1] = true
		:: else
		fi
	}
#ifdef LOCK_ONLY
	gone[me] = true
#endif
}

/* Of a futex_wake: @r, if it sleeps and @condition holds. */
#define wake_if(r, condition)                                                            \
	if                                                                               \
	:: queued[r] && (condition) -> awake[r] = true                                   \
	:: else                                                                          \
	fi

/* SLEEPING -> WOKEN of one whose bit is cleared already, and futex_wake; sets ok. */
inline wake(r, value)
{
	atomic {
		ok = (state[r] == SLEEPING);
		if
		:: ok -> state[r] = value
		:: else
		fi
	}
	atomic {
		if
		:: ok -> wake_if(r, true)
		:: else
		fi;
#ifndef TRUST_DEAD
		ok = ok && !marked[r]
#endif
	}
}

inline attach()
{
	if
	:: atomic { !attached[me] -> attached[me] = true };
#ifndef NO_MEMBERS
		members++;
		atomic { wake_if(0, true); wake_if(1, true) }
#endif
	:: else
	fi
}

/* Wake that receiver, if nobody was before, and it admits the message. */
inline offer(r)
{
	if
	:: atomic { !ok && flag[r] && admits(r, type) -> flag[r] = false };
		wake(r, WOKEN + type)
	:: else
	fi
}

proctype sender(byte me; byte type)
{
	bool ok;

	{
#ifndef ATTACH_AFTER
		attach();
#endif
		final[me] = type;
		atomic { final[me] = 0; messages[type]++ };
		offer(0);
		offer(1);
#ifdef ATTACH_AFTER
		attach();
#endif
		atomic { over[me] = true; ok = false }
	} unless { killed[me] }
}

inline repair(p)
{
	if
	:: final[p] != 0 && gone[p] -> messages[final[p]]++; final[p] = 0
	:: else
	fi
}

/* A receive under the receivers' lock, within an atomic; sets got. */
inline try()
{
	repair(2);
	repair(3);
	got = 0;
	if
	:: messages[1] > 0 && admits(me, 1) -> got = 1
	:: messages[2] > 0 && admits(me, 2) -> got = 2
	:: else
	fi;
	if
	:: got > 0 -> messages[got]--
	:: else
	fi
}

#ifdef WATCH_DEAD
#define to_be_watched(p) (p != me && attached[p])
#else
#define to_be_watched(p) (p != me && attached[p] && !marked[p])
#endif

/* The count first: who comes in between makes it another. So it is as one step. */
inline read_words()
{
#ifndef COUNT_LAST
	atomic {
		seen[me] = members;
#endif
		watch(me, 0) = to_be_watched(0);
		watch(me, 1) = to_be_watched(1);
		watch(me, 2) = to_be_watched(2);
		watch(me, 3) = to_be_watched(3);
#ifdef COUNT_LAST
		seen[me] = members
#else
	}
#endif
}

/* Or, if it is armed still, see to it that it has its bit. */
inline arm()
{
	atomic {
		if
		:: !armed -> state[me] = SLEEPING; flag[me] = true; armed = true; woken = 0
#ifdef KEEP_BIT
		:: else
#else
		:: else -> flag[me] = true
#endif
		fi
	}
}

#define changed(p) (watch(me, p) && marked[p])
#define as_before                                                                        \
	(state[me] == SLEEPING && members == seen[me] && !changed(0) && !changed(1) &&   \
	 !changed(2) && !changed(3))

inline pass_on_death(p)
{
	atomic {
		if
#ifdef BY_INDEX
		:: changed(p) && state[me] == SLEEPING ->
#else
		:: changed(p) ->
#endif
#ifndef NO_PASS_ON
			wake_if(0, watch(0, p));
			wake_if(1, watch(1, p))
#endif
		:: else
		fi
	}
}

inline pass_on_deaths()
{
	if
	:: changed(0) || changed(1) || changed(2) || changed(3) ->
		pass_on_death(0);
		pass_on_death(1);
		pass_on_death(2);
		pass_on_death(3)
	:: else
	fi
}

/* The call ends, with the message got or with none. */
inline end_wait()
{
	atomic {
		if
		:: armed && state[me] != SLEEPING -> woken = WOKEN
		:: else
		fi;
		state[me] = FREE;
		flag[me] = false
	};
	if
	:: atomic { woken != 0 && woken != WOKEN + got && flag[1 - me] ->
			flag[1 - me] = false };
		wake(1 - me, WOKEN)
	:: else
	fi
}

/* Receives one message; or gives up, if it is @impatient. */
proctype receiver(byte me; byte wanted; bool impatient)
{
	byte got, woken;
	bool armed, ok, tired;

	{
		selects[me] = wanted;
again:
#ifndef BIT_FIRST
		read_words();
#endif
		arm();
#ifdef BIT_FIRST
		read_words();
#endif
#ifndef NO_RECHECK
		atomic {
			try();
			if
			:: got > 0 -> goto ended
			:: else
			fi
		};
#endif
		if
		:: atomic { as_before -> queued[me] = true; awake[me] = false };
end_asleep:		if
			:: atomic { awake[me] -> queued[me] = false }
			:: atomic { impatient -> queued[me] = false; tired = true }
			fi
		:: else
		fi;
		pass_on_deaths();
		atomic {
			if
			:: state[me] != SLEEPING -> woken = state[me]; armed = false
			:: else
			fi;
			try();
			/* For fewer states: these are read anew. */
			seen[me] = 0;
			watch(me, 0) = false;
			watch(me, 1) = false;
			watch(me, 2) = false;
			watch(me, 3) = false;
			if
			:: got == 0 && !tired -> goto again
			:: else
			fi
		};
ended:
		end_wait();
progress_ended:
		atomic { over[me] = true; got = 0; woken = 0; ok = false; armed = false }
	} unless { killed[me] }
}

#define lies(t)                                                                          \
	(messages[t] > 0 || (killed[2] && final[2] == t) || (killed[3] && final[3] == t))
#define stranded(r)                                                                      \
	(queued[r] && ((lies(1) && admits(r, 1)) || (lies(2) && admits(r, 2))))

active proctype monitor()
{
end:	atomic {
		timeout ->
		assert(!stranded(0) && !stranded(1))
	}
}

init {
	atomic {
		attached[0] = true;
		attached[1] = true;
		run kernel(0);
		run kernel(1);
		run kernel(2);
		run kernel(3);
#ifndef LATE
		attached[2] = true;
#endif
		run sender(2, 1);
#if SENDERS == 2
		attached[3] = true;
		run sender(3, 1);
		run receiver(0, 0, false);
#else
		if
		:: run receiver(0, 0, false)
		:: run receiver(0, 2, false)
		fi;
#endif
#ifdef IMPATIENT
		run receiver(1, 1, true)
#else
		run receiver(1, 1, false)
#endif
	}
}
