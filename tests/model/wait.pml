/* SPDX-License-Identifier: MIT */

/*
 * Sleeping and waking of src/queue/waiter.c and wait.c, for receivers. (Senders
 * who wait for room do the same with room for messages.)
 *
 * A receiver that finds nothing says SLEEPING in its entry, sets its bit, looks
 * once more, and sleeps until the entry says something else. A sender publishes,
 * reads the bits, and wakes one sleeper that admits the message: clear the bit, then
 * SLEEPING -> WOKEN. Who was woken for a message that it did not use wakes the
 * others; so does who was woken after it had found one by itself, even if the types
 * are the same: the message is another.
 *
 * To die asleep is the same as to die just before going to sleep: what is left
 * behind is an entry that says SLEEPING, and its bit.
 *
 * The sender's publishing store may linger in a store buffer. Before it looks once
 * more, the receiver makes all processors pass a fence (membarrier).
 *
 * Checked, when nothing can move any more: no message lies there that a living,
 * sleeping receiver admits. When nobody dies, that holds without any nap; with
 * deaths (-DDEATHS=n), after naps. And, with -DNP under fairness: sleepers do not wake
 * each other in circles while no message is received.
 *
 * Mutations, which must fail: NO_FENCE, NO_RECHECK, NO_PASS_ON (who was woken for
 * nothing keeps it to himself), PASS_BY_TYPE (he does so if the types are the same),
 * BIT_FIRST (the bit before the state), CLEAR_AFTER (the waker clears the bit after
 * the state: it may be the next sleep's), NO_NAP (with deaths); and of progress
 * PASS_AT_ONCE (who was woken for nothing wakes the others before he sleeps again, and
 * not when he gives up).
 */

#ifndef DEATHS
#define DEATHS 0
#endif

#define RECEIVERS 2
#define SENDERS	  2
#define TYPES	  3 /* 1 and 2 */
#define NAPS	  2

#define FREE	 0
#define SLEEPING 1
#define WOKEN	 2 /* + type: for a message of this type */

byte messages[TYPES];	  /* that wait, of each type */
byte state[RECEIVERS];
bool flag[RECEIVERS];	  /* the bits */
bool in_sleep[RECEIVERS];
byte selects[RECEIVERS];  /* 0: any, else a type */
byte naps[RECEIVERS];
bool buffered[SENDERS];	  /* published, but not yet visible */
byte sends[SENDERS];	  /* its type */
byte deaths;

#define admits(r, t) (selects[r] == 0 || selects[r] == t)

inline may_die()
{
	if
	:: skip
#if DEATHS > 0
	:: atomic { deaths < DEATHS -> deaths++; goto dead }
#endif
	fi
}

/* The store buffers, which drain when they like. */
active proctype memory()
{
end:	do
	:: atomic { buffered[0] -> buffered[0] = false; messages[sends[0]]++ }
	:: atomic { buffered[1] -> buffered[1] = false; messages[sends[1]]++ }
	od
}

/* Try to wake r with this value; sets ok. */
inline wake(r, value)
{
#ifdef CLEAR_AFTER
	atomic {
		ok = (state[r] == SLEEPING);
		if
		:: ok -> state[r] = value
		:: else
		fi
	}
	if
	:: ok -> may_die(); flag[r] = false
	:: else
	fi
#else
	flag[r] = false;
	may_die();
	atomic {
		ok = (state[r] == SLEEPING);
		if
		:: ok -> state[r] = value
		:: else
		fi
	}
#endif
}

inline wake_all()
{
	if
	:: flag[0] -> wake(0, WOKEN)
	:: else
	fi;
	may_die();
	if
	:: flag[1] -> wake(1, WOKEN)
	:: else
	fi
}

proctype sender(byte me; byte type)
{
	byte r;
	bool ok;

	sends[me] = type;
	may_die();
	buffered[me] = true;
	r = 0;
	do
	:: r == RECEIVERS -> break
	:: else ->
		may_die();
		if
		:: flag[r] && admits(r, type) ->
			/* An atomic operation drains the store buffer. */
			!buffered[me];
			wake(r, WOKEN + type);
			if
			:: ok -> break
			:: else
			fi
		:: else
		fi;
		r++
	od;
dead:
	skip
}

/* A receive under the receivers' lock: it finds what is visible; sets got. */
inline try()
{
	atomic {
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
}

/* The call ends with the message got. */
inline end_wait()
{
	if
	:: armed ->
		atomic { /* exchange */
			if
#ifdef PASS_BY_TYPE
			:: state[me] != SLEEPING -> woken = state[me]
#else
			:: state[me] != SLEEPING -> woken = WOKEN
#endif
			:: else
			fi;
			state[me] = FREE
		}
		may_die();
		flag[me] = false;
		armed = false
	:: else
	fi;
#ifndef NO_PASS_ON
	if
	:: woken != 0 && woken != WOKEN + got ->
		may_die();
		wake_all()
	:: else
	fi;
#endif
	woken = 0
}

/* Receives @count messages, then is gone for good (as after a timeout). */
proctype receiver(byte me; byte wanted; byte count)
{
	byte got, woken;
	bool armed, ok;

	selects[me] = wanted;
	do
	:: count == 0 -> break
	:: else ->
		may_die();
		try();
		if
		:: got > 0 ->
			end_wait();
progress_received:
			count--
		:: got == 0 && !armed ->
#ifdef PASS_AT_ONCE
			if
			:: woken != 0 -> wake_all()
			:: else
			fi;
#endif
			woken = 0;
			armed = true;
#ifdef BIT_FIRST
			flag[me] = true;
			state[me] = SLEEPING;
#else
			state[me] = SLEEPING;
			may_die();
			flag[me] = true;
#endif
#ifndef NO_FENCE
			!buffered[0];
			!buffered[1];
#endif
#ifdef NO_RECHECK
			goto sleep
#endif
		:: got == 0 && armed ->
#ifdef NO_RECHECK
sleep:
#endif
			in_sleep[me] = true;
end_asleep:		if
			:: atomic {
				state[me] != SLEEPING ->
				in_sleep[me] = false;
				woken = state[me];
				armed = false
			   }
#ifndef NO_NAP
			:: atomic { timeout && deaths > 0 && naps[me] > 0 ->
				in_sleep[me] = false;
				naps[me]--;
				flag[me] = true }
#endif
			fi
		fi
	od;
dead:
	skip
}

#define stranded(r)                                                                      \
	(in_sleep[r] && ((messages[1] > 0 && admits(r, 1)) ||                            \
			 (messages[2] > 0 && admits(r, 2))))
#ifdef NO_NAP
#define napped(r) true
#else
#define napped(r) (deaths == 0 || !in_sleep[r] || naps[r] == 0)
#endif

active proctype monitor()
{
end:	atomic {
		timeout && napped(0) && napped(1) ->
		assert(!stranded(0) && !stranded(1))
	}
}

init {
	atomic {
		naps[0] = NAPS;
		naps[1] = NAPS;
		/* Every combination of what they want and send; fewer if more is asked. */
#ifdef FEW
		run receiver(0, 0, 2);
		run receiver(1, 1, 2);
		run sender(0, 1);
		run sender(1, 1)
#elif DEATHS > 0
		run receiver(0, 0, 1);
		if
		:: run receiver(1, 0, 1)
		:: run receiver(1, 1, 1)
		fi;
		run sender(0, 1);
		if
		:: run sender(1, 1)
		:: run sender(1, 2)
		fi
#else
		if
		:: run receiver(0, 0, 1)
		:: run receiver(0, 1, 2)
		fi;
		if
		:: run receiver(1, 0, 1)
		:: run receiver(1, 1, 1)
		:: run receiver(1, 2, 1)
		fi;
		if
		:: run sender(0, 1)
		:: run sender(0, 2)
		fi;
		if
		:: run sender(1, 1)
		:: run sender(1, 2)
		fi
#endif
	}
}
