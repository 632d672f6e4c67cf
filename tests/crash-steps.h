/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_STEPS_H
#define TESTS_CRASH_STEPS_H

/*
 * crash-steps.h - let a victim go on to where it sleeps, wakes, or dies another death
 *
 * What others see of a process is what it has stored to shared memory, and what it
 * has asked of the kernel. So a death after an instruction that does neither is the
 * same as one before it, and one death for each instruction that does stands for all.
 */

#include "crash-image.h"
#include "trace.h"

/*
 * Step until a file of the image has changed, or a system call was made. False: the
 * victim is through.
 */
bool step_to_change(struct trace *trace, struct image *image);

/* Step the victim until it sleeps. False: it does not, it is through. */
bool step_to_sleep(struct trace *trace);

/* Wait for it to wake up from there. False: @other, who sleeps too, did instead. */
bool step_to_wake(struct trace *trace, pid_t other);

/* Does the child, which nobody traces, sleep, or has it ended? */
bool sleeps_or_gone(pid_t pid);

/* Wait until it does. */
void await_sleep(pid_t pid);

#endif /* TESTS_CRASH_STEPS_H */
