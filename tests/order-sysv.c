/* SPDX-License-Identifier: MIT */

/*
 * A System V call stands still after an instruction, and another process makes a whole
 * call; then the first goes on. What came of both is what could have come of the one
 * after the other, and nothing is left behind.
 *
 * NARU_ORDER_STRIDE	after every so-manyth instruction (default: after each, if they
 *are few; else every fourth at first, and then at STOPS places)
 */

#include "order-sysv.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum {
	STOPS = 60,
	FEW_STEPS = 200,
	FIRST_STEPS = 400,
	FIRST_STRIDE = 4,
	LIMIT_MS = 20000,
	SHOWN = 5
};

struct order_results *order;
const char *order_space_path;

static const struct order_case *this;

struct count {
	unsigned long stops, locked, failures;
};

static bool start(struct trace *trace)
{
	const struct trace_victim victim = {
		.prepare = this->prepare, .run = this->first, .after = this->verify};

	trace_clear(order_space_path);
	memset(order, 0, sizeof(*order));
	if (trace_start(trace, &victim))
		return true;
	printf("  %s: %s\n", this->name, trace_page->text);
	return false;
}

/* Stop after @steps instructions. False: the first was through before. */
static bool stop_at(unsigned long steps, struct count *count)
{
	struct trace trace;
	bool more = true;

	if (!start(&trace)) {
		count->failures++;
		return false;
	}
	while (more && trace.steps < steps)
		more = trace_step(&trace);
	if (more && order_is_locked()) {
		count->locked++;
		trace_kill(&trace);
		return true;
	}
	count->stops++;
	if (trace_survive(this->second, NULL, LIMIT_MS) != 0)
		trace_complain("the second one failed");
	if (trace_finish(&trace) == 0 && !trace_page->text[0])
		return more;
	if (count->failures++ < SHOWN)
		printf("  %s, stopped at %lu: first %ld, second %ld: %s\n", this->name,
		       steps, order->first, order->second, trace_page->text);
	return more;
}

static unsigned long length_of(void)
{
	struct trace trace;

	if (!start(&trace))
		return 0;
	while (trace_step(&trace))
		continue;
	trace_kill(&trace);
	return trace.steps;
}

static unsigned long next_stop(unsigned long n, unsigned long length)
{
	if (length <= FEW_STEPS)
		return n + 1;
	/* There is no lock yet. */
	return n + (n < FIRST_STEPS ? FIRST_STRIDE : 1 + length / STOPS);
}

static unsigned long run_case(unsigned stride)
{
	unsigned long length = length_of();
	struct count count = {0};
	bool more = length > 0;

	for (unsigned long n = 0; more;) {
		more = stop_at(n, &count);
		n = stride > 0 ? n + stride : next_stop(n, length);
	}
	printf("%s: %lu points, %lu stops, %lu more under a lock%s\n", this->name, length,
	       count.stops, count.locked, count.failures ? "; FAILED" : "");
	return count.failures + (length == 0);
}

int main(int argc, char **argv)
{
	unsigned stride = trace_option("NARU_ORDER_STRIDE", 0);
	unsigned long failures = 0;

	trace_begin();
	order_space_path = trace_directory();
	order = mmap(NULL, sizeof(*order), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned i = 0; i < order_cases_count; i++) {
		this = &order_cases[i];
		if (argc > 1 && strncmp(this->name, argv[1], strlen(argv[1])) != 0)
			continue;
		failures += run_case(stride);
	}
	return failures > 0;
}
