/* SPDX-License-Identifier: MIT */

/* order-sysv-space.c - the space, what is locked in it, and what must not be left */

#include "order-sysv.h"
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <layout/set.h>
#include <stdio.h>
#include <unistd.h>

static struct naru_space *space;
struct nr_ids order_ids;
struct nr_msg order_msg;
struct nr_sem order_sem;

bool order_is(const char *what, long value, long expected)
{
	if (value != expected)
		trace_complain("%s: %ld, not %ld", what, value, expected);
	return value == expected;
}

bool order_open(void *data)
{
	(void)data;
	return order_is("space", naru_space_open(order_space_path, NULL, &space), 0) &&
	       order_is("ids", nr_ids_open(space, &order_ids), 0) &&
	       order_is("msg", nr_msg_open(&order_ids, &order_msg), 0) &&
	       order_is("sem", nr_sem_open(&order_ids, &order_sem), 0);
}

static uint32_t word_of(const char *name, off_t offset)
{
	char path[300];
	uint32_t word = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", order_space_path, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (pread(fd, &word, sizeof(word), offset) != sizeof(word))
		word = 0;
	close(fd);
	return word;
}

bool order_is_locked(void)
{
	char queue[NR_IDS_NAME_MAX], set[NR_IDS_NAME_MAX];
	uint32_t locks = 0;

	nr_ids_name(NR_SYSV_MSG, (int)order->id, queue);
	nr_ids_name(NR_SYSV_SEM, (int)order->id, set);
	for (int i = 0; i < NR_SYSV_KINDS; i++)
		locks |= word_of(NR_SYSV_FILE,
				 (off_t)offsetof(struct nr_sysv_shared, table[i].lock));
	locks |= word_of(queue, (off_t)offsetof(struct nr_queue_shared, senders.lock));
	locks |= word_of(queue, (off_t)offsetof(struct nr_queue_shared, receivers.lock));
	locks |= word_of(set, (off_t)offsetof(struct nr_set_shared, lock));
	return locks != 0;
}

static void complain_of(void *data, const struct naru_finding *finding)
{
	(void)data;
	if (finding->object)
		trace_complain("%s: %s", finding->object, finding->text);
}

void order_verify(enum nr_sysv_kind kind, uint32_t used)
{
	struct nr_ids_usage usage;

	order_is("usage", nr_ids_usage(&order_ids, kind, &usage), 0);
	order_is("used", usage.used, used);
	order_is("check", naru_space_check(space, 0, complain_of, NULL), 0);
}

bool order_is_gone(long r)
{
	return r == -EINVAL || r == -EIDRM;
}
