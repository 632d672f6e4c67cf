/* SPDX-License-Identifier: MIT */

#include <sys/poller.h>

#include <stddef.h>
#include <sys/call.h>
#include <sys/clock.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <time.h>

static_assert(sizeof(struct pollfd) == 8, "layout");
static_assert(sizeof(struct timespec) == 16, "layout");
#ifdef __x86_64__
static_assert(sizeof(struct epoll_event) == 12, "layout");
#endif

static struct timespec time_left(uint64_t until_ns)
{
	uint64_t now = nr_clock_monotonic();
	uint64_t left = until_ns > now ? until_ns - now : 0;

	return (struct timespec){
		.tv_sec = (time_t)(left / 1000000000u),
		.tv_nsec = (long)(left % 1000000000u),
	};
}

int nr_poll_descriptors(struct pollfd *descriptors, uint32_t count, uint64_t until_ns)
{
	struct timespec left;

	if (until_ns == UINT64_MAX)
		return (int)nr_call_once(SYS_ppoll, descriptors, count, NULL, NULL, 0);
	left = time_left(until_ns);
	return (int)nr_call_once(SYS_ppoll, descriptors, count, &left, NULL, 0);
}

int nr_poller_open(void)
{
	int fd = (int)nr_call(SYS_epoll_create1, EPOLL_CLOEXEC);

	return fd < 0 ? fd : nr_file_above_standard(fd);
}

int nr_poller_mark(void)
{
	int fd = (int)nr_call(SYS_eventfd2, 1, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? fd : nr_file_above_standard(fd);
}

static int control(int poller, int operation, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = {.events = events, .data.u64 = data};

	return (int)nr_call(SYS_epoll_ctl, poller, operation, fd, &event);
}

int nr_poller_add(int poller, int fd, uint32_t events, uint64_t data)
{
	return control(poller, EPOLL_CTL_ADD, fd, events, data);
}

int nr_poller_change(int poller, int fd, uint32_t events, uint64_t data)
{
	return control(poller, EPOLL_CTL_MOD, fd, events, data);
}

void nr_poller_drop(int poller, int fd)
{
	(void)control(poller, EPOLL_CTL_DEL, fd, 0, 0);
}

/* epoll_pwait(2) counts in milliseconds, so the time is ppoll(2)'s. */
int nr_poller_wait(int poller, struct epoll_event *ret_events, int count,
		   uint64_t until_ns)
{
	struct pollfd self = {.fd = poller, .events = POLLIN};
	int r = (int)nr_call_once(SYS_epoll_pwait, poller, ret_events, count, 0, NULL, 0);

	if (r != 0 || until_ns == 0)
		return r;
	r = nr_poll_descriptors(&self, 1, until_ns);
	if (r <= 0)
		return r;
	return (int)nr_call_once(SYS_epoll_pwait, poller, ret_events, count, 0, NULL, 0);
}
