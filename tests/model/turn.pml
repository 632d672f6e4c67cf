/* SPDX-License-Identifier: MIT */

/*
 * Semaphores: who sleeps is given what it waits for by whoever makes that possible, and may
 * die when it has got it.
 *
 * Two processes take one each from a semaphore, with SEM_UNDO, and keep it; others add one
 * each. All changes are made under a lock, by a log that one store commits; who takes the
 * lock over from a dead owner does first what is committed. Who cannot take lists itself,
 * releases the lock and sleeps. Who has added, or found that a dead process owes, makes a
 * pass over the list: the sleeper is TAKEN, what it gets, what it owes now and that it is
 * DONE are one change in the log; it is woken after the lock has been released, if it was
 * ASLEEP. One that is impatient goes away by one compare-and-swap.
 *
 * That each living sleeper hears of each death is watch.pml's; here it is told of it at
 * once, and looks under the lock before it sleeps on.
 *
 * Checked, when nothing can move any more: nobody living sleeps while there is one to take,
 * or has been given one, or a dead process owes one; and what was added is all there: in
 * the semaphore, with the living who have taken it, or owed by the dead.
 *
 * Mutations, which must fail: NO_REDO (what a dead owner of the lock has committed is not
 * done), NO_PASS (no pass after a repair), NO_SETTLE_PASS (what a dead process owed is given
 * back, and offered to nobody), NO_SETTLE (it is not given back), NO_HEAR (nobody hears of
 * deaths), BLIND_LEAVE (the impatient goes away whatever its state), DONE_FIRST (DONE before
 * the commit), OWES_LATER (what the sleeper owes is not in the same change), BLIND_SLEEP (a
 * sleeper does not say ASLEEP); and of progress, under fairness, NO_RESTORE (whom a dead
 * owner of the lock had TAKEN stays so).
 */

#ifndef DEATHS
#define DEATHS 2
#endif
#ifndef ADDERS
#define ADDERS 2
#endif

#define TAKERS	  2
#define PROCESSES 4 /* two who take, then two who add */
#define NOBODY	  9

#define FREE	0
#define WAITING 1
#define ASLEEP	2
#define TAKEN	3
#define LEFT	4
#define DONE	5

byte value;
byte lock; /* the owner, plus 1 */
byte owed[TAKERS];
byte state[TAKERS];
bool queued[TAKERS]; /* in futex_wait */
bool got[TAKERS];    /* the call has returned, with one */
bool dead[PROCESSES];
bool over[PROCESSES];
byte added;
byte deaths;

/* The log. */
bool committed;
byte log_value, log_owner, log_owed, log_sleeper;

#define waits(s) (state[s] == WAITING || state[s] == ASLEEP)

inline kill(p)
{
	atomic {
		deaths < DEATHS && !over[p] ->
		deaths++;
		over[p] = true;
		dead[p] = true;
		if
		:: p < TAKERS -> queued[p] = false
		:: else
		fi;
#ifndef NO_HEAR
		queued[0] = false;
		queued[1] = false
#endif
	}
}

active proctype death()
{
end:	do
	:: kill(0)
	:: kill(1)
	:: kill(2)
	:: kill(3)
	od
}

/* A change of the value, and of what @owner owes, done for @sleeper; or for NOBODY. */
inline change(new, owner, owes, sleeper)
{
	atomic {
		log_value = new;
		log_owner = owner;
		log_owed = owes;
		log_sleeper = sleeper
	};
	committed = true;
	apply()
}

inline apply()
{
	value = log_value;
	if
	:: log_owner != NOBODY -> owed[log_owner] = log_owed
	:: else
	fi;
	if
	:: log_sleeper != NOBODY -> state[log_sleeper] = DONE
	:: else
	fi;
	committed = false
}

/* Under the lock: give @s its turn, if it waits for it. */
inline offer(s)
{
	if
	:: waits(s) && value > 0 && dead[s] -> state[s] = FREE
	:: waits(s) && value > 0 && !dead[s] ->
		/* By one compare-and-swap: it may just be leaving. */
		if
		:: atomic { state[s] == ASLEEP -> state[s] = TAKEN; wake[s] = true }
		:: atomic { state[s] == WAITING -> state[s] = TAKEN }
		:: atomic { !waits(s) -> skip }
		fi;
		if
		:: state[s] == TAKEN ->
#ifdef DONE_FIRST
			state[s] = DONE;
#endif
#ifdef OWES_LATER
			change(value - 1, NOBODY, 0, s);
			owed[s] = 1
#else
			change(value - 1, s, 1, s)
#endif
		:: else
		fi
	:: else
	fi
}

inline pass()
{
	offer(0);
	offer(1)
}

inline settle_one(p)
{
	if
	:: dead[p] && owed[p] > 0 ->
		change(value + owed[p], p, 0, NOBODY);
		settled = true
	:: else
	fi
}

/* What dead processes owe, when the lock has been taken. */
inline settle()
{
	settled = false;
#ifndef NO_SETTLE
	settle_one(0);
	settle_one(1);
#endif
#ifndef NO_SETTLE_PASS
	if
	:: settled -> pass()
	:: else
	fi
#endif
}

inline restore(s)
{
#ifdef NO_RESTORE
	skip
#else
	if
	:: atomic { state[s] == TAKEN -> state[s] = WAITING }
	:: else
	fi
#endif
}

inline take_lock()
{
	if
	:: atomic { lock == 0 -> lock = me + 1 }
	:: atomic { lock != 0 && dead[lock - 1] -> lock = me + 1; taken_over = true }
	fi;
	if
	:: taken_over ->
#ifdef NO_REDO
		committed = false;
#else
		if
		:: committed -> apply()
		:: else
		fi;
#endif
		restore(0);
		restore(1);
		settle();
#ifndef NO_PASS
		pass();
#endif
		/* It may have died before it woke them. */
		atomic { wake[0] = true; wake[1] = true; taken_over = false }
	:: else
	fi;
	settle()
}

inline release_lock()
{
	lock = 0;
	if
	:: wake[0] -> atomic { queued[0] = false; wake[0] = false }
	:: else
	fi;
	if
	:: wake[1] -> atomic { queued[1] = false; wake[1] = false }
	:: else
	fi
}

proctype adder(byte me)
{
	bool wake[TAKERS], taken_over, settled;

	{
		take_lock();
		atomic { log_value = value + 1; log_owner = NOBODY; log_sleeper = NOBODY };
		atomic { committed = true; added++ };
		apply();
		pass();
		release_lock();
		atomic { over[me] = true; settled = false }
	} unless { dead[me] }
}

/* Others have died, or somebody has taken us and may have: look under the lock. */
inline mourn()
{
	take_lock();
	release_lock()
}

inline leave()
{
	if
#ifdef BLIND_LEAVE
	:: atomic { impatient -> state[me] = LEFT; goto ended }
#else
	:: atomic { impatient && waits(me) -> state[me] = LEFT; goto ended }
#endif
	:: true
	fi
}

/* Takes one; or gives up, if it is @impatient. */
proctype taker(byte me; bool impatient)
{
	bool wake[TAKERS], taken_over, settled;
	byte heard;

	{
		take_lock();
		if
		:: value > 0 ->
			change(value - 1, me, 1, NOBODY);
			release_lock();
			atomic { got[me] = true; goto ended }
		:: else -> state[me] = WAITING
		fi;
		release_lock();
again:		if
		:: atomic { state[me] == WAITING ->
#ifdef BLIND_SLEEP
				heard = deaths;
				queued[me] = true }
end_blind:		!queued[me];
#else
				state[me] = ASLEEP }
#endif
			leave();
			goto again
		:: atomic { state[me] == ASLEEP && heard == deaths -> queued[me] = true }
end_asleep:		if
			:: !queued[me]
			:: atomic { impatient -> queued[me] = false }
			fi;
			leave();
			goto again
		:: atomic { state[me] == ASLEEP && heard != deaths -> heard = deaths };
			mourn();
			goto again
		:: state[me] == TAKEN -> mourn(); goto again
		:: atomic { state[me] == DONE -> state[me] = FREE; got[me] = true }
		fi;
ended:
progress_ended:
		atomic { over[me] = true; settled = false; heard = 0 }
	} unless { dead[me] }
}

#define held(p) (!dead[p] && got[p])
#define given(p) (!dead[p] && !got[p] && owed[p] > 0)

active proctype monitor()
{
end:	atomic {
		timeout ->
		/* A dead one's lock is somebody's who comes, and nobody has to. */
		if
		:: committed ->
			value = log_value;
			if
			:: log_owner != NOBODY -> owed[log_owner] = log_owed
			:: else
			fi
		:: else
		fi;
		assert(!(queued[0] && (value > 0 || state[0] == DONE)));
		assert(!(queued[1] && (value > 0 || state[1] == DONE)));
		assert(!(queued[0] && dead[1] && owed[1] > 0));
		assert(!(queued[1] && dead[0] && owed[0] > 0));
		assert(!given(0) && !given(1));
		assert(owed[0] == (held(0) || (dead[0] && owed[0] > 0)));
		assert(owed[1] == (held(1) || (dead[1] && owed[1] > 0)));
		assert(value + owed[0] + owed[1] == added);
		assert(dead[0] || over[0] || queued[0]);
		assert(dead[1] || over[1] || queued[1])
	}
}

init {
	atomic {
#if ADDERS == 2
		run adder(3);
#endif
		run adder(2);
		run taker(0, false);
#ifdef IMPATIENT
		run taker(1, true)
#else
		run taker(1, false)
#endif
	}
}
