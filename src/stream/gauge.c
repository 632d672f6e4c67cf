/* SPDX-License-Identifier: MIT */

#include <stream/gauge.h>

#include <sys/file.h>
#include <sys/poller.h>

int nr_gauge_open(struct nr_gauge *gauge, int fd, uint32_t events)
{
	int r;

	*gauge = NR_GAUGE_CLOSED;
	r = nr_poller_open();
	if (r < 0)
		return r;
	gauge->poller = r;
	r = nr_gauge_add(gauge, fd, events);
	if (r < 0)
		nr_gauge_close(gauge);
	return r;
}

int nr_gauge_add(struct nr_gauge *gauge, int fd, uint32_t events)
{
	return nr_poller_add(gauge->poller, fd, events, 0);
}

void nr_gauge_close(struct nr_gauge *gauge)
{
	if (gauge->poller >= 0)
		nr_file_close(gauge->poller);
	if (gauge->mark >= 0)
		nr_file_close(gauge->mark);
	*gauge = NR_GAUGE_CLOSED;
}

static int make_mark(struct nr_gauge *gauge)
{
	int fd = nr_poller_mark(), r;

	if (fd < 0)
		return fd;
	r = nr_poller_add(gauge->poller, fd, EPOLLIN, 0);
	if (r < 0)
		nr_file_close(fd);
	else
		gauge->mark = fd;
	return r;
}

int nr_gauge_mark(struct nr_gauge *gauge, bool marked)
{
	int r;

	if (marked == gauge->marked)
		return 0;
	if (gauge->mark < 0)
		r = make_mark(gauge);
	else
		r = nr_poller_change(gauge->poller, gauge->mark, marked ? EPOLLIN : 0, 0);
	if (r == 0)
		gauge->marked = marked;
	return r;
}
