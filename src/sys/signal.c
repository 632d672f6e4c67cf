/* SPDX-License-Identifier: MIT */

#include <sys/signal.h>

#include <signal.h>
#include <stdint.h>
#include <sys/call.h>

enum { SIGNALS = 64 };

/* As the kernel has it; libc's struct is another. */
struct action {
	uintptr_t handler;
	unsigned long flags;
	uintptr_t restorer;
	uint64_t mask;
};

/* libc keeps these two to itself, and no handler of theirs is the application's. */
static bool is_libcs(int number)
{
	return number == 32 || number == 33;
}

/* It comes from what the thread does itself, and so not while it sleeps. */
static bool is_a_fault(int number)
{
	return number == SIGSEGV || number == SIGBUS || number == SIGFPE ||
	       number == SIGILL || number == SIGTRAP || number == SIGSYS;
}

static bool restarts(int number)
{
	struct action action = {0};

	return nr_call_once(SYS_rt_sigaction, number, NULL, &action,
			    sizeof(action.mask)) == 0 &&
	       action.handler != (uintptr_t)SIG_DFL &&
	       action.handler != (uintptr_t)SIG_IGN && action.flags & SA_RESTART;
}

uint64_t nr_signal_blocked(void)
{
	uint64_t blocked = 0;

	nr_call_once(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof(blocked));
	return blocked;
}

bool nr_signal_restarts(uint64_t blocked)
{
	bool any = false;

	for (int number = 1; number <= SIGNALS && !any; number++)
		any = !(blocked >> (number - 1) & 1) && !is_libcs(number) &&
		      !is_a_fault(number) && restarts(number);
	return any;
}

uint64_t nr_signal_block(void)
{
	uint64_t all = UINT64_MAX, mask = 0;

	nr_call_once(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof(mask));
	return mask;
}

void nr_signal_restore(uint64_t mask)
{
	nr_call_once(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}
