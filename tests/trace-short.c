/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>

#ifdef __x86_64__
/* The call is made with another third argument, and the victim does not notice. */
static bool with_third(struct trace *trace, unsigned long long value)
{
	struct user_regs_struct registers;
	unsigned long long saved;

	if (ptrace(PTRACE_GETREGS, trace->pid, NULL, &registers) < 0 ||
	    registers.rdx <= value)
		return false;
	saved = registers.rdx;
	registers.rdx = value;
	if (ptrace(PTRACE_SETREGS, trace->pid, NULL, &registers) < 0)
		return false;
	if (!trace_return(trace))
		return true;
	ptrace(PTRACE_GETREGS, trace->pid, NULL, &registers);
	registers.rdx = saved;
	ptrace(PTRACE_SETREGS, trace->pid, NULL, &registers);
	return true;
}

static bool with_one_part(struct trace *trace, unsigned long long message)
{
	char *place = (char *)message + offsetof(struct msghdr, msg_iovlen);
	long parts = ptrace(PTRACE_PEEKDATA, trace->pid, place, NULL);

	if (parts < 2 || ptrace(PTRACE_POKEDATA, trace->pid, place, (void *)1L) < 0)
		return false;
	if (trace_return(trace))
		ptrace(PTRACE_POKEDATA, trace->pid, place, (void *)parts);
	return true;
}

bool trace_shorten(struct trace *trace)
{
	struct user_regs_struct registers;

	if (ptrace(PTRACE_GETREGS, trace->pid, NULL, &registers) < 0)
		return false;
	switch (registers.orig_rax) {
	case SYS_read:
	case SYS_write:
	case SYS_sendto:
	case SYS_recvfrom:
	case SYS_readv:
	case SYS_writev:
		return with_third(trace, 1);
	case SYS_sendmsg:
	case SYS_recvmsg:
		return with_one_part(trace, registers.rsi);
	default:
		return false;
	}
}
#else
bool trace_shorten(struct trace *trace)
{
	(void)trace;
	return false;
}
#endif
