/* SPDX-License-Identifier: MIT */

/*
 * Which side pays for the fence between "set my bit, look at the queue" and "change
 * the queue, look at the bits": the word fenced of src/queue/waiter.h.
 *
 * While it is not OFF, wakers pass a fence of their own; while it is ON, sleepers do
 * without the heavy barrier, which makes every processor pass one. OFF -> CHANGING,
 * barrier, -> ON is a sleeper's doing; ON -> CHANGING, barrier, -> OFF a waker's.
 *
 * A waker's store lingers in its processor's buffer until a fence. Checked: whenever a
 * sleeper has looked and found nothing, and a waker has looked and found nobody, the
 * waker's change was not made before: nobody is missed.
 *
 * Mutations, which must fail: NO_CHANGING (OFF becomes ON at once, before the
 * barrier), NO_BARRIER (sleepers never pass one). The barrier between ON and OFF is for
 * processors that reorder loads, which this model's do not.
 */

#define SLEEPERS 2
#define WAKERS	 2

#define OFF	 0
#define CHANGING 1
#define ON	 2

byte fenced;
byte count;		/* of its changes */
bool flag[SLEEPERS];
bool sleeps[SLEEPERS];	/* it has looked and found nothing */
bool buffered[WAKERS];
bool changed[WAKERS];	/* the queue, by this waker, visibly */
bool woken[SLEEPERS];

active proctype memory()
{
end:	do
	:: atomic { buffered[0] -> buffered[0] = false; changed[0] = true }
	:: atomic { buffered[1] -> buffered[1] = false; changed[1] = true }
	od
}

inline heavy_barrier()
{
	!buffered[0];
	!buffered[1]
}

/* A compare-and-swap that an old reader loses; all that is buffered here drains. */
inline change(from, to)
{
	atomic {
		if
		:: fenced == from && count == seen -> fenced = to; count++; seen = count
		:: else
		fi
	}
}

proctype sleeper(byte me)
{
	byte state, seen;

	flag[me] = true;
	atomic { state = fenced; seen = count }
#ifndef NO_BARRIER
	if
	:: state == ON
	:: else ->
		if
		:: state == OFF ->
#ifdef NO_CHANGING
			change(OFF, ON);
#else
			change(OFF, CHANGING);
#endif
			atomic { state = fenced; seen = count }
		:: else
		fi;
		heavy_barrier();
		if
		:: state == CHANGING -> change(CHANGING, ON)
		:: else
		fi
	fi;
#endif
	atomic {
		if
		:: changed[0] || changed[1] -> flag[me] = false
		:: else -> sleeps[me] = true
		fi
	}
}

proctype waker(byte me)
{
	byte state, seen;

	buffered[me] = true;
	state = fenced;
	if
	:: state != OFF -> !buffered[me]
	:: else
	fi;
	if
	:: flag[0] -> !buffered[me]; woken[0] = true
	:: else
	fi;
	if
	:: flag[1] -> !buffered[me]; woken[1] = true
	:: else
	fi;
	/* It may have been calm for long. */
	if
	:: state != OFF ->
		atomic { state = fenced; seen = count }
		if
		:: state == ON ->
			change(ON, CHANGING);
			heavy_barrier();
			change(CHANGING, OFF)
		:: else
		fi
	:: else
	fi
}

active proctype monitor()
{
end:	atomic {
		timeout ->
		assert(!(sleeps[0] && !woken[0]) && !(sleeps[1] && !woken[1]))
	}
}

init {
	atomic {
		if
		:: fenced = OFF
		:: fenced = CHANGING /* by one who died */
		:: fenced = ON
		fi;
		run sleeper(0);
		run sleeper(1);
		run waker(0);
		run waker(1)
	}
}
