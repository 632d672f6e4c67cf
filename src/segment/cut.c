/* SPDX-License-Identifier: MIT */

#include <segment/cut.h>

#include <base/log.h>
#include <segment/handover.h>
#include <segment/hold.h>
#include <stdlib.h>
#include <sys/map.h>

unsigned char *nr_attachment_end(const struct nr_attachment *it)
{
	size_t page = nr_page_size();

	return it->address + (it->length + page - 1) / page * page;
}

void nr_attachment_tell(const struct nr_attachment *it, struct nr_attached *ret_attached)
{
	*ret_attached = (struct nr_attached){
		.address = it->origin,
		.length = it->length,
		.read_only = it->read_only,
		.tag = it->tag,
		.device = it->file->kept.device,
		.inode = it->file->kept.inode,
	};
}

/* Another piece of it; it counts if a hold can be had. */
static void add_piece(const struct nr_attachment *of, unsigned char *address,
		      size_t length, unsigned char *origin)
{
	struct nr_attachment *it = calloc(1, sizeof(*it));

	if (!it)
		return;
	*it = *of;
	it->address = address;
	it->length = length;
	it->origin = origin;
	it->hold = NULL;
	if (nr_hold_take(it->file, false, &it->hold) < 0)
		nr_log("segment %s: a part that is attached will not count",
		       it->file->name);
	nr_segment_file_reference(it->file);
	nr_attached_add(it);
}

/* Cut one that has bytes there. */
static void cut_one(struct nr_attachment *it, unsigned char *from,
		    const unsigned char *to, struct nr_attachment **gone)
{
	unsigned char *end = nr_attachment_end(it);

	if (to < end && from > it->address)
		add_piece(it, it->address + (to - it->address),
			  it->length - (size_t)(to - it->address), it->origin);
	if (from > it->address) {
		it->length = (size_t)(from - it->address);
	} else if (to < end) {
		it->length -= (size_t)(to - it->address);
		it->address += to - it->address;
	} else {
		nr_attached_remove(it);
		nr_hold_drop(it->hold);
		nr_handover_await();
		it->next = *gone;
		*gone = it;
	}
}

struct range {
	unsigned char *from;
	const unsigned char *to;
};

static bool has_bytes(const struct nr_attachment *it, void *data)
{
	const struct range *range = data;

	return it->address < range->to && nr_attachment_end(it) > range->from;
}

void nr_cut(unsigned char *from, const unsigned char *to, struct nr_attachment **gone)
{
	struct range range = {from, to};
	struct nr_attachment *it;

	while ((it = nr_attached_first(has_bytes, &range)) != NULL)
		cut_one(it, from, to, gone);
}

void nr_cut_bury(struct nr_attachment *gone,
		 void (*tell)(void *data, const struct nr_attached *attached), void *data)
{
	while (gone) {
		struct nr_attachment *next = gone->next;
		struct nr_attached attached;

		nr_attachment_tell(gone, &attached);
		nr_segment_file_release(gone->file);
		free(gone);
		if (tell)
			tell(data, &attached);
		gone = next;
	}
}

static unsigned char *round_up(unsigned char *address, size_t length)
{
	size_t page = nr_page_size();

	return address + (length + page - 1) / page * page;
}

static bool is_done(long result)
{
	return result >= 0 || result < -4095;
}

long nr_segment_unmap(void *address, size_t length, const struct nr_unmapping *unmapping)
{
	struct nr_attachment *gone = NULL;
	long result;

	/* Inside it is an allocator's memory, and the lock is ours. */
	if (nr_attached_is_inside() || !nr_attached_may_be(address, length))
		return unmapping->call(unmapping->data);
	nr_attached_enter();
	result = unmapping->call(unmapping->data);
	if (is_done(result))
		nr_cut(address, round_up(address, length), &gone);
	nr_attached_leave();
	nr_cut_bury(gone, unmapping->detached, unmapping->data);
	return result;
}

/* mremap(2) has put the bytes to @to. */
static void follow(const struct nr_remap *remap, unsigned char *to,
		   struct nr_attachment **gone)
{
	unsigned char *from = remap->address, *end = round_up(from, remap->length);
	struct range first = {from, from + 1};
	struct nr_attachment *it;

	if (to != from)
		nr_cut(to, round_up(to, remap->wanted), gone);
	it = nr_attached_first(has_bytes, &first);
	if (to != from) {
		if (it)
			add_piece(it, to, remap->wanted, to - (from - it->origin));
		if (!remap->stays)
			nr_cut(from, end, gone);
	} else if (remap->wanted < remap->length) {
		nr_cut(round_up(to, remap->wanted), end, gone);
	} else if (it && nr_attachment_end(it) == end) {
		it->length = (size_t)(to - it->address) + remap->wanted;
	}
}

long nr_segment_remap(const struct nr_remap *remap, const struct nr_unmapping *unmapping)
{
	struct nr_attachment *gone = NULL;
	long result;

	if (nr_attached_is_inside() ||
	    (!nr_attached_may_be(remap->address, 1) &&
	     !nr_attached_may_be(remap->target, remap->wanted)))
		return unmapping->call(unmapping->data);
	nr_attached_enter();
	result = unmapping->call(unmapping->data);
	if (is_done(result))
		follow(remap, (unsigned char *)result, &gone);
	nr_attached_leave();
	nr_cut_bury(gone, unmapping->detached, unmapping->data);
	return result;
}
