/* SPDX-License-Identifier: MIT */

/* crash-steps.c - see crash-steps.h */

#include "crash-steps.h"
#include "asleep.h"

#include <sched.h>
#include <sys/wait.h>

static bool gone(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid;
}

bool sleeps_or_gone(pid_t pid)
{
	return asleep(pid) || gone(pid);
}

void await_sleep(pid_t pid)
{
	while (!sleeps_or_gone(pid))
		sched_yield();
}

bool step_to_change(struct trace *trace, struct image *image)
{
	bool call;

	do {
		call = trace_at_call(trace);
		if (!trace_step(trace))
			return false;
	} while (!image_update(image) && !call);
	return true;
}

bool step_to_sleep(struct trace *trace)
{
	for (;;) {
		bool call = trace_at_call(trace);

		trace_step_unwatched(trace);
		while (!trace_step_done(trace, !call)) {
			if (!call || trace->pid <= 0)
				return false;
			if (asleep(trace->pid))
				return true;
			sched_yield();
		}
		if (trace_page->ended)
			return false;
	}
}

bool step_to_wake(struct trace *trace, pid_t other)
{
	while (!trace_step_done(trace, false)) {
		if (trace->pid <= 0 || trace_page->text[0] || gone(other))
			return false;
		sched_yield();
	}
	trace->steps = 0;
	return true;
}
