/* SPDX-License-Identifier: MIT */

/* crash-yardstick-boost.cpp - Boost.Interprocess's message_queue under the same harness
 */

#include "crash-yardstick.h"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <unistd.h>

using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using boost::interprocess::open_only;

enum { CAPACITY = 8 };

static pid_t base;

static std::string name_of(void *point)
{
	return "naru-yardstick-" + std::to_string(base) + "-" +
	       std::to_string(*static_cast<unsigned long *>(point));
}

static std::unique_ptr<message_queue> victim_queue;
static unsigned char victim_buffer[YARDSTICK_LENGTH];

static bool prepare(void *point)
{
	victim_queue.reset(new message_queue(create_only, name_of(point).c_str(),
					     CAPACITY, YARDSTICK_LENGTH));
	for (unsigned i = 0; i < YARDSTICK_MESSAGES; i++) {
		yardstick_fill(victim_buffer, i);
		if (!victim_queue->try_send(victim_buffer, sizeof(victim_buffer), 0))
			return false;
	}
	yardstick_fill(victim_buffer, YARDSTICK_MESSAGES);
	return true;
}

static void run_send(void *)
{
	victim_queue->try_send(victim_buffer, sizeof(victim_buffer), 0);
}

static void run_receive(void *)
{
	message_queue::size_type size;
	unsigned priority;

	victim_queue->try_receive(victim_buffer, sizeof(victim_buffer), size, priority);
}

/* The serials from @first up to @end are there, once and in order. */
static int drain(message_queue &queue, unsigned *ret_first, unsigned *ret_end)
{
	unsigned char buffer[YARDSTICK_LENGTH];
	message_queue::size_type size;
	unsigned priority, count = 0, first = 0;

	while (queue.try_receive(buffer, sizeof(buffer), size, priority)) {
		if (count == 0)
			while (first < YARDSTICK_MESSAGES && !yardstick_is(buffer, first))
				first++;
		if (!yardstick_is(buffer, first + count) || ++count > CAPACITY)
			return -1;
	}
	*ret_first = first;
	*ret_end = first + count;
	return 0;
}

static int survive(void *point, unsigned new_first, unsigned new_end)
{
	unsigned char buffer[YARDSTICK_LENGTH] = {0};
	unsigned first, end;

	try {
		message_queue queue(open_only, name_of(point).c_str());
		unsigned count = 0;

		if (drain(queue, &first, &end) < 0)
			return YARDSTICK_DAMAGED;
		while (count <= CAPACITY && queue.try_send(buffer, sizeof(buffer), 0))
			count++;
		if (count != CAPACITY)
			return YARDSTICK_DAMAGED;
	} catch (...) {
		return YARDSTICK_DAMAGED;
	}
	if (first == 0 && end == YARDSTICK_MESSAGES)
		return YARDSTICK_OLD;
	return first == new_first && end == new_end ? YARDSTICK_NEW : YARDSTICK_DAMAGED;
}

static int survive_send(void *point)
{
	return survive(point, 0, YARDSTICK_MESSAGES + 1);
}

static int survive_receive(void *point)
{
	return survive(point, 1, YARDSTICK_MESSAGES);
}

static void clean(void *point)
{
	message_queue::remove(name_of(point).c_str());
}

int main()
{
	const struct yardstick yardsticks[] = {
		{"Boost try_send", prepare, run_send, survive_send, clean, false},
		{"Boost try_receive", prepare, run_receive, survive_receive, clean,
		 false},
	};
	int failed = 0;

	base = getpid();
	trace_begin();
	for (const struct yardstick &yardstick : yardsticks)
		failed |= yardstick_measure(&yardstick);
	return failed;
}
