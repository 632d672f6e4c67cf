/* SPDX-License-Identifier: MIT */

/*
 * sysv/calls-syscall.c - syscall(2): System V calls by their numbers come to us, too
 *
 * All other numbers go to the kernel untouched, just as libc's own function does it: by
 * an instruction on the caller's stack, so that even a clone(2) with a new stack returns
 * to where it should.
 */

#include <sysv/calls.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/call.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sysv/epoch.h>

NARU_API long syscall(long number, ...);

/* Who tells what this process is, and what it has mapped. */
static bool changes_identity(long number)
{
	switch (number) {
	case SYS_setuid:
	case SYS_setgid:
	case SYS_setreuid:
	case SYS_setregid:
	case SYS_setresuid:
	case SYS_setresgid:
	case SYS_setfsuid:
	case SYS_setfsgid:
	case SYS_setgroups:
	case SYS_capset:
		return true;
	default:
		return false;
	}
}

static bool changes_memory(long number)
{
	return number == SYS_munmap || number == SYS_mprotect || number == SYS_mremap ||
	       number == SYS_mmap || number == SYS_brk;
}

static bool is_sysv(long number)
{
	switch (number) {
	case SYS_shmget:
	case SYS_shmat:
	case SYS_shmdt:
	case SYS_shmctl:
	case SYS_msgget:
	case SYS_msgsnd:
	case SYS_msgrcv:
	case SYS_msgctl:
	case SYS_semget:
	case SYS_semop:
	case SYS_semctl:
	case SYS_semtimedop:
		return true;
	default:
		return false;
	}
}

bool nr_syscall_is_ours(long number);
long nr_syscall_ours(long number, long a, long b, long c, long d, long e, long f);
long nr_syscall_failed(long result);

__attribute__((visibility("hidden"))) bool nr_syscall_is_ours(long number)
{
	return is_sysv(number) || changes_identity(number) || changes_memory(number);
}

__attribute__((visibility("hidden"))) long nr_syscall_failed(long result)
{
	errno = (int)-result;
	return -1;
}

static void *pointer(long value)
{
	return (void *)value;
}

static long call_sysv(long number, long a, long b, long c, long d, long e)
{
	switch (number) {
	case SYS_shmget:
		return shmget((key_t)a, (size_t)b, (int)c);
	case SYS_shmat:
		return (long)shmat((int)a, pointer(b), (int)c);
	case SYS_shmdt:
		return shmdt(pointer(a));
	case SYS_shmctl:
		return shmctl((int)a, (int)b, pointer(c));
	case SYS_msgget:
		return msgget((key_t)a, (int)b);
	case SYS_msgsnd:
		return msgsnd((int)a, pointer(b), (size_t)c, (int)d);
	case SYS_msgrcv:
		return msgrcv((int)a, pointer(b), (size_t)c, d, (int)e);
	case SYS_msgctl:
		return msgctl((int)a, (int)b, pointer(c));
	case SYS_semget:
		return semget((key_t)a, (int)b, (int)c);
	case SYS_semop:
		return semop((int)a, pointer(b), (size_t)c);
	case SYS_semctl:
		return semctl((int)a, (int)b, (int)c, pointer(d));
	default:
		return semtimedop((int)a, pointer(b), (size_t)c, pointer(d));
	}
}

__attribute__((visibility("hidden"))) long nr_syscall_ours(long number, long a, long b,
							   long c, long d, long e, long f)
{
	long result;

	if (is_sysv(number))
		return call_sysv(number, a, b, c, d, e);
	/* It is this thread alone that changes. */
	if (changes_identity(number))
		nr_store_relaxed(&nr_epochs.threads_differ, true);
	if (changes_memory(number)) {
		result = nr_memory_call(number, a, b, c, d, e, f);
	} else {
		result = nr_call_raw(number, a, b, c, d, e, f);
		nr_epoch_end(&nr_epochs.identity);
	}
	return result < 0 && result >= -4095 ? nr_syscall_failed(result) : result;
}

#ifdef __x86_64__
__asm__(".pushsection .text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	"	push %rdi\n"
	"	push %rsi\n"
	"	push %rdx\n"
	"	push %rcx\n"
	"	push %r8\n"
	"	push %r9\n"
	"	sub $8, %rsp\n"
	"	call nr_syscall_is_ours\n"
	"	add $8, %rsp\n"
	"	pop %r9\n"
	"	pop %r8\n"
	"	pop %rcx\n"
	"	pop %rdx\n"
	"	pop %rsi\n"
	"	pop %rdi\n"
	"	test %al, %al\n"
	"	jnz 1f\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %rcx, %rdx\n"
	"	mov %r8, %r10\n"
	"	mov %r9, %r8\n"
	"	mov 8(%rsp), %r9\n"
	"	syscall\n"
	"	cmp $-4095, %rax\n"
	"	jae 2f\n"
	"	ret\n"
	"2:	mov %rax, %rdi\n"
	"	jmp nr_syscall_failed\n"
	"1:	jmp nr_syscall_ours\n"
	".size syscall, . - syscall\n"
	".popsection\n");
#else
long syscall(long number, ...)
{
	long argument[6], result;
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (nr_syscall_is_ours(number))
		return nr_syscall_ours(number, argument[0], argument[1], argument[2],
				       argument[3], argument[4], argument[5]);
	result = nr_call_raw(number, argument[0], argument[1], argument[2], argument[3],
			     argument[4], argument[5]);
	return result < 0 && result >= -4095 ? nr_syscall_failed(result) : result;
}
#endif
