/* SPDX-License-Identifier: MIT */

/*
 * The lock of src/space/lock.c: a word that names its owner, taken by a
 * compare-and-swap, released by a store, handed over when its owner dies.
 *
 * Checked: never two living owners (assert in critical()); what a dead owner left
 * is never used before its successor was told and has repaired it; nobody sleeps
 * for ever (it would be an invalid end state), and naps are needed for that only
 * after a death, and after the one window that the lock admits to: the bit was set
 * between the release's look at the word and its store; and, with -DNP under
 * fairness, nobody waits in circles while nothing is achieved.
 *
 * Who dies asleep leaves the kernel's list of sleepers and nothing else, so that
 * dying just before, or just after being woken, is all there is to it.
 *
 * Each access to the word in the C code is one step here. It is one word, of which
 * every processor sees the changes in one order, and all but the release's store
 * are atomic read-modify-writes: their interleavings are all there is to check.
 *
 * Mutations, which must fail: NO_WAKE (release forgets to wake), NO_CONTENDED (who
 * slept takes the lock without the bit), BLIND_TAKEOVER (a store instead of a
 * compare-and-swap), NO_NAP (deaths go unnoticed), NO_WINDOW (no naps for the missed
 * bit), NO_OWNERDEAD (the successor is not told), PID_REUSE (the dead owner's id is
 * taken for a living one's).
 */

#ifndef PEERS
#define PEERS 3
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef DEATHS
#define DEATHS 2
#endif

byte word;	       /* 0: free, else the owner's id, 1 .. PEERS */
bool contended;	       /* the word's bit 31 */
bool alive[PEERS + 1];
bool asleep[PEERS + 1]; /* in futex_wait */
byte inside;	       /* living owners */
bool dirty;	       /* what the lock guards is half changed */
byte deaths;
bool missed;	       /* a release did not see the bit */

/* The process may be killed before its next step. */
inline may_die()
{
	if
	:: skip
	:: atomic {
		deaths < DEATHS ->
		deaths++;
		alive[me] = false;
		asleep[me] = false;
		if
		:: holding -> inside--
		:: else
		fi;
		goto dead
	}
	fi
}

/* CAS of the whole word; sets ok. */
inline swap_if(old_owner, old_bit, new_owner, new_bit)
{
	atomic {
		ok = (word == old_owner && contended == old_bit);
		if
		:: ok ->
			word = new_owner;
			contended = new_bit
		:: else
		fi
	}
}

inline owned()
{
	atomic {
		holding = true;
		inside++;
		assert(inside == 1)
	}
}

/* futex_wake: one of those who sleep now, if any. */
inline wake_one()
{
	atomic {
		if
		:: asleep[1] -> asleep[1] = false
		:: asleep[2] -> asleep[2] = false
#if PEERS > 2
		:: asleep[3] -> asleep[3] = false
#endif
		:: else
		fi
	}
}

inline release()
{
	may_die();
	atomic {
		assert(word == me);
		bit_was_set = contended
	}
	may_die();
	atomic {
		/* From here on it is no longer ours. */
		assert(word == me);
#ifndef NO_WINDOW
		missed = missed || (contended && !bit_was_set);
#endif
		word = 0;
		contended = false;
		holding = false;
		inside--
	}
#ifndef NO_WAKE
	if
	:: bit_was_set ->
		may_die();
		wake_one()
	:: else
	fi
#endif
}

inline critical()
{
	/* Half changed between these two steps. */
	assert(!dirty);
	dirty = true;
	may_die();
	dirty = false
}

proctype peer(byte me)
{
	byte round = 0;
	byte owner;
	bool old_bit, ok, bit_was_set, holding, told;

	do
	:: round == ROUNDS -> break
	:: else ->
		told = false;
		may_die();
		swap_if(0, false, me, false);
		if
		:: ok -> owned()
		:: else ->
again:
			may_die();
			atomic {
				owner = word;
				old_bit = contended
			}
			if
			:: owner == 0 ->
#ifdef NO_CONTENDED
				swap_if(0, old_bit, me, false);
#else
				swap_if(0, old_bit, me, true);
#endif
				if
				:: ok -> owned(); goto got
				:: else -> goto again
				fi
			:: else
			fi;
			if
			:: !old_bit ->
				swap_if(owner, false, owner, true);
				if
				:: ok
				:: else -> goto again
				fi
			:: else
			fi;
			may_die();
			/* futex_wait: compare and fall asleep in one. */
			atomic {
				if
				:: word == owner && contended -> asleep[me] = true
				:: else -> goto again
				fi
			}
			if
			:: !asleep[me] -> goto again
#ifndef NO_NAP
			:: atomic { asleep[me] && (deaths > 0 || missed) -> asleep[me] = false }
#endif
			fi;
			/* The nap is over: does the owner live? */
#ifdef PID_REUSE
			if
			:: true -> goto again
			fi;
#endif
			if
			:: alive[owner] -> goto again
			:: else
			fi;
			may_die();
#ifdef BLIND_TAKEOVER
			atomic { word = me; contended = true; ok = true }
#else
			swap_if(owner, true, me, true);
#endif
			if
			:: ok ->
				told = true;
				owned()
			:: else -> goto again
			fi
got:
			skip
		fi;
#ifndef NO_OWNERDEAD
		if
		:: told ->
			/* -EOWNERDEAD: repair, which is itself a place to die. */
			may_die();
			dirty = false
		:: else
		fi;
#endif
		critical();
		release();
progress:
		round++
	od;
dead:
	skip
}

init {
	atomic {
		byte i;
		for (i : 1 .. PEERS) {
			alive[i] = true;
			run peer(i)
		}
	}
}
