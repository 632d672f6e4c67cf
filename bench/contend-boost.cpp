/* SPDX-License-Identifier: MIT */

/* Boost.Interprocess message_queue. */

#include "contenders.h"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <unistd.h>

namespace
{

using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using boost::interprocess::open_only;
using boost::interprocess::permissions;

struct channel {
	const bench_plan *plan;
	std::string there;
	std::string back;
};

struct end {
	std::unique_ptr<message_queue> out;
	std::unique_ptr<message_queue> in;
	bool blocking;
};

int error_of(const boost::interprocess::interprocess_exception &failure)
{
	int number = failure.get_native_error();

	return number > 0 ? -number : -EIO;
}

std::string name_of(const char *what)
{
	return "naru-bench-" + std::to_string(getpid()) + "-" + what;
}

void make(const std::string &name, const bench_plan *plan)
{
	message_queue(create_only, name.c_str(), plan->messages ? plan->messages : 1,
		      plan->message, permissions(0600));
}

void destroy(void *data)
{
	auto *made = static_cast<channel *>(data);

	message_queue::remove(made->there.c_str());
	message_queue::remove(made->back.c_str());
	message_queue::remove(name_of("life").c_str());
	delete made;
}

int create(const bench_plan *plan, void **ret_channel)
{
	auto *made = new channel{plan, name_of("there"), name_of("back")};

	try {
		make(made->there, plan);
		if (plan->two_way)
			make(made->back, plan);
	} catch (const boost::interprocess::interprocess_exception &failure) {
		destroy(made);
		return error_of(failure);
	}
	*ret_channel = made;
	return 0;
}

int open_end(void *data, bench_side side, unsigned, void **ret_end)
{
	auto *made = static_cast<channel *>(data);
	bool turned = made->plan->two_way && side == BENCH_RECEIVER;
	const std::string &out = turned ? made->back : made->there;
	const std::string &in = made->plan->two_way && !turned ? made->back : made->there;

	try {
		*ret_end = new end{
			std::make_unique<message_queue>(open_only, out.c_str()),
			std::make_unique<message_queue>(open_only, in.c_str()),
			made->plan->blocking,
		};
	} catch (const boost::interprocess::interprocess_exception &failure) {
		return error_of(failure);
	}
	return 0;
}

void close_end(void *data)
{
	delete static_cast<end *>(data);
}

int send_one(void *data, int64_t, void *message, size_t length)
{
	auto *own = static_cast<end *>(data);

	try {
		if (own->blocking)
			own->out->send(message, length, 0);
		else if (!own->out->try_send(message, length, 0))
			return -EAGAIN;
	} catch (const boost::interprocess::interprocess_exception &failure) {
		return error_of(failure);
	}
	return 0;
}

ssize_t receive_one(void *data, int64_t, void *buffer, size_t size)
{
	auto *own = static_cast<end *>(data);
	message_queue::size_type length = 0;
	unsigned priority;

	try {
		if (own->blocking)
			own->in->receive(buffer, size, length, priority);
		else if (!own->in->try_receive(buffer, size, length, priority))
			return -EAGAIN;
	} catch (const boost::interprocess::interprocess_exception &failure) {
		return error_of(failure);
	}
	return static_cast<ssize_t>(length);
}

/* It has no default size of its own: naru's stands in. */
int life(void *, size_t capacity)
{
	const std::string name = name_of("life");
	const char message[64] = "first";

	try {
		message_queue queue(create_only, name.c_str(),
				    (capacity ? capacity : 1 << 20) / sizeof(message),
				    sizeof(message), permissions(0600));

		queue.send(message, sizeof(message), 0);
		message_queue::remove(name.c_str());
	} catch (const boost::interprocess::interprocess_exception &failure) {
		return error_of(failure);
	}
	return 0;
}

} // namespace

const struct contender bench_boost = {
	"Boost",
	BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_GATHER | BENCH_CAN_SHARE |
		BENCH_CAN_LIFE,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
	create,
	destroy,
	open_end,
	close_end,
	send_one,
	receive_one,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
	life,
	nullptr,
	nullptr,
	nullptr,
	0,
};
