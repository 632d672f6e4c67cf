/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TRACE_H
#define TESTS_TRACE_H

/*
 * trace.h - run a piece of code in a child, instruction by instruction
 *
 *	trace_start()  the child prepares, and stops before its first instruction
 *	trace_step()   one instruction more; 0 when run() has returned
 *	trace_kill()   SIGKILL, really, wherever it is
 *
 * or call by call, with one of its system calls made to fail (x86-64 only):
 *
 *	trace_call()   on to the next system call, before it is made
 *	trace_fail()   instead of making it, let it return this error
 *	trace_shorten() let it move less than it is asked to
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct trace_victim {
	bool (*prepare)(void *data); /* at full speed; NULL for nothing */
	void (*run)(void *data);     /* what is traced */
	void (*after)(void *data);   /* after trace_finish(), at full speed; or NULL */
	void *data;		     /* of the parent at the time of the fork */
};

/* What the victim tells the tracer, in memory that both see. */
struct trace_page {
	volatile int started;
	volatile int ended;
	volatile unsigned progress; /* run() counts here what it has finished */
	volatile long result;	    /* and what it came to */
	char text[1024];	    /* what is wrong, as trace_complain() wrote it */
};

struct trace {
	pid_t pid;
	unsigned long steps;
	bool counted; /* trace_call(): the stop is the entry of a call */
	struct trace_page *page;
};

/* The page of the process that runs now; also survivors have one. */
extern struct trace_page *trace_page;

/* A page for this test's children to tell in. Once, at the beginning. */
void trace_begin(void);

/* Write down what is wrong, unless something is written down already. */
void trace_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* False: prepare() failed, trace_page->text says why. Exits with 77 if not allowed. */
bool trace_start(struct trace *trace, const struct trace_victim *victim);

/* True: it has made one more instruction of run(). False: it is through, or dead. */
bool trace_step(struct trace *trace);

/* Where it stands: the address of its next instruction; 0 where that is unknown. */
uint64_t trace_place(const struct trace *trace);

/* Is its next instruction a system call? False where that cannot be told. */
bool trace_at_call(const struct trace *trace);

/* The number of that call; and when it has been made, what it returned. */
long trace_number(const struct trace *trace);
long trace_result(const struct trace *trace);

/* One step in two halves, for a call that may block. */
void trace_step_unwatched(struct trace *trace);
bool trace_step_done(struct trace *trace, bool wait);

void trace_kill(struct trace *trace);

/* On to the next system call of run(); its number, or -1: run() has returned. */
long trace_call(struct trace *trace);

/* Or make it, and stop after it. False: it did not come back. */
bool trace_return(struct trace *trace);
void trace_fail(struct trace *trace, int error);

/* Or let it move one byte, or the first of its parts. False: it is no such call. */
bool trace_shorten(struct trace *trace);

/* Let it run on untraced to its end; its exit status, -1 if a signal ended it. */
int trace_finish(struct trace *trace);

/*
 * Run @survive in a child of its own, for at most @limit_ms. Its exit status;
 * -1: it hung and was killed, or a signal ended it (trace_page->text says which).
 */
int trace_survive(int (*survive)(void *data), void *data, unsigned limit_ms);

/* The same in two halves. */
pid_t trace_survive_start(int (*survive)(void *data), void *data, unsigned limit_ms);
int trace_survive_wait(pid_t pid);

/* A number from the environment, or @fallback. */
unsigned trace_option(const char *name, unsigned fallback);

/* A new, private directory in memory. It is removed when this process ends. */
const char *trace_directory(void);

/* Remove all files in the directory @path. */
void trace_clear(const char *path);

#ifdef __cplusplus
}
#endif

#endif /* TESTS_TRACE_H */
