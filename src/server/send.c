/* SPDX-License-Identifier: MIT */

/* server/send.c - SEND: from where the stream has the bytes, straight into the queue */

#include <errno.h>
#include <server/request.h>
#include <server/stuck.h>

enum { AT_ONCE = 128 };

/* Items that were read from the body, once. */
struct batch {
	struct naru_item items[AT_ONCE];
	size_t ends[AT_ONCE]; /* offsets in the body behind each */
	uint32_t count;
};

/* 0, or -EBADMSG: they do not fit in the body. */
static int read_items(const unsigned char *body, size_t length, size_t offset,
		      uint32_t count, struct batch *ret_batch)
{
	uint32_t n;

	for (n = 0; n < count && n < AT_ONCE; n++) {
		struct nr_wire_item item;

		if (length - offset < sizeof(item))
			return -EBADMSG;
		nr_wire_read(&item, body + offset, sizeof(item));
		offset += sizeof(item);
		if (item.length > length - offset ||
		    nr_wire_padded(item.length) > length - offset)
			return -EBADMSG;
		ret_batch->items[n].type = item.type;
		ret_batch->items[n].data = (void *)(uintptr_t)(body + offset);
		ret_batch->items[n].length = item.length;
		offset += nr_wire_padded(item.length);
		ret_batch->ends[n] = offset;
	}
	ret_batch->count = n;
	return 0;
}

static ssize_t send_batch(struct nr_connection *connection, const struct batch *batch,
			  uint64_t number)
{
	struct naru_queue *queue = connection->served->queue;

	if (connection->request.flags & NR_WIRE_QUIET)
		return naru_queue_send_batch(queue, batch->items, batch->count, 0);
	connection->send_once.number = number;
	return naru_queue_send_once(queue, &connection->send_once, batch->items,
				    batch->count, 0);
}

/* It comes again, and what it has sent is in the queue: there is nothing to wait for. */
static bool comes_again(struct nr_connection *connection, uint64_t number)
{
	uint64_t sent = 0;

	return !(connection->request.flags & NR_WIRE_QUIET) &&
	       nr_stuck(connection->served) == 0 &&
	       nr_stuck_note(connection->served,
			     naru_queue_recall(connection->served->queue,
					       &connection->send_once, &sent, NULL)) ==
		       0 &&
	       sent >= number;
}

static int answer(struct nr_connection *connection, int value)
{
	if (!(connection->request.flags & NR_WIRE_QUIET))
		nr_answer(connection, value, NULL, 0);
	return NR_ANSWERED;
}

static int fail(struct nr_connection *connection, int error)
{
	/* What is in the queue is told first; the next call says what the matter is. */
	if (connection->done > 0 && !(connection->request.flags & NR_WIRE_QUIET))
		return answer(connection, (int)connection->done);
	return nr_queue_error(connection, error, "SEND");
}

int nr_verb_send(struct nr_connection *connection, const unsigned char *body)
{
	struct nr_wire_send send;
	struct batch batch;
	ssize_t n;
	int r;

	nr_wire_read(&send, body, sizeof(send));
	if (send.count < 1 || send.count > NR_WIRE_BATCH_MAX || send.unused != 0 ||
	    send.number > UINT64_MAX - NR_WIRE_BATCH_MAX ||
	    (send.number == 0 && !(connection->request.flags & NR_WIRE_QUIET)))
		return nr_queue_error(connection, -EINVAL, "SEND");
	if (connection->done == 0)
		connection->done_end = sizeof(send);
	while (connection->done < send.count) {
		r = read_items(body, connection->request.length, connection->done_end,
			       send.count - connection->done, &batch);
		if (r < 0)
			return fail(connection, r);
		connection->wants = (int64_t)batch.items[0].length;
		if (connection->done == 0 &&
		    nr_served_is_behind(connection, NARU_WRITABLE) &&
		    !comes_again(connection, send.number))
			return NR_WAITS_TO_WRITE;
		n = send_batch(connection, &batch, send.number + connection->done);
		if (n == -EAGAIN) {
			if (connection->done > 0 &&
			    !(connection->request.flags & NR_WIRE_QUIET))
				break;
			return NR_WAITS_TO_WRITE;
		}
		if (n <= 0)
			return fail(connection, n < 0 ? (int)n : -EBADMSG);
		connection->done += (uint32_t)n;
		connection->done_end = batch.ends[n - 1];
	}
	return answer(connection, (int)connection->done);
}
