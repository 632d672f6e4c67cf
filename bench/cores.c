/* SPDX-License-Identifier: MIT */

#include "cores.h"

#include "process.h"
#include "sample.h"
#include "ticks.h"
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIALS = 33, TRIPS = 100 };

/* Two who wait for each other give up when one of them seems to be gone. */
static const double patience_ns = 3e9;

static long topology(int core, const char *what)
{
	char path[128];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/%s", core,
		 what);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%ld", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

/* Two threads of one core share its caches: they would measure something else. */
static bool siblings(int a, int b)
{
	long core = topology(a, "core_id");

	return core >= 0 && core == topology(b, "core_id") &&
	       topology(a, "physical_package_id") == topology(b, "physical_package_id");
}

int bench_cores_choose(struct bench_cores *ret_cores)
{
	struct bench_cores cores = {.core = {-1, -1}};
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return -errno;
	for (int i = 0; i < CPU_SETSIZE && !cores.two; i++) {
		if (!CPU_ISSET((size_t)i, &set))
			continue;
		if (cores.core[0] < 0)
			cores.core[0] = i;
		else if (!siblings(cores.core[0], i))
			cores.core[1] = i, cores.two = true;
	}
	if (!cores.two)
		cores.core[1] = cores.core[0];
	*ret_cores = cores;
	return 0;
}

int bench_pin(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)core, &set);
	return sched_setaffinity(0, sizeof(set), &set) < 0 ? -errno : 0;
}

static bool wait_for(_Atomic uint32_t *word, uint32_t value, uint64_t deadline)
{
	for (unsigned i = 0; atomic_load_explicit(word, memory_order_acquire) != value;
	     i++)
		if (i % 1024 == 1023 && bench_ticks() > deadline)
			return false;
	return true;
}

/* Odd numbers go there, even ones come back. */
static void echo(_Atomic uint32_t *line, uint64_t deadline)
{
	for (uint32_t i = 0; i <= TRIALS * TRIPS; i++) {
		if (!wait_for(line, 2 * i + 1, deadline))
			return;
		atomic_store_explicit(line, 2 * i + 2, memory_order_release);
	}
}

static int trials(_Atomic uint32_t *line, uint64_t deadline, double *ret_ns)
{
	double sorted[TRIALS];
	uint32_t value = 0;

	/* The first trip waits until the other process runs. */
	atomic_store_explicit(line, ++value, memory_order_release);
	if (!wait_for(line, ++value, deadline))
		return -ETIMEDOUT;
	for (unsigned i = 0; i < TRIALS; i++) {
		uint64_t start = bench_ticks();

		for (unsigned k = 0; k < TRIPS; k++) {
			atomic_store_explicit(line, ++value, memory_order_release);
			if (!wait_for(line, ++value, deadline))
				return -ETIMEDOUT;
		}
		sorted[i] = bench_ticks_to_ns((double)(bench_ticks() - start)) / TRIPS;
	}
	bench_sort(sorted, TRIALS);
	*ret_ns = bench_sorted_quantile(sorted, TRIALS, 0.5);
	return 0;
}

int bench_floor(const struct bench_cores *cores, double *ret_ns)
{
	uint64_t deadline = bench_ticks() + (uint64_t)bench_ns_to_ticks(patience_ns);
	_Atomic uint32_t *line;
	pid_t pid;
	int r;

	if (!cores->two) {
		*ret_ns = 0;
		return 0;
	}
	line = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		    0);
	if (line == MAP_FAILED)
		return -errno;
	pid = bench_fork();
	if (pid == 0) {
		bench_pin(cores->core[1]);
		echo(line, deadline);
		_exit(0);
	}
	r = pid < 0 ? (int)pid : bench_pin(cores->core[0]);
	/* On a machine that is too busy the figures stand without a floor. */
	if (r == 0 && trials(line, deadline, ret_ns) < 0)
		*ret_ns = 0;
	if (pid > 0)
		waitpid(pid, NULL, 0);
	munmap(line, 4096);
	return r;
}
