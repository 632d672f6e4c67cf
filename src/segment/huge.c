/* SPDX-License-Identifier: MIT */

#include <segment/huge.h>

#include <errno.h>
#include <layout/segment.h>
#include <sys/map.h>

int nr_segment_collapse(int fd, uint64_t offset, uint64_t length)
{
	const struct nr_map_how how = {.writable = true, .alignment = NR_HUGE_PAGE};
	void *address;
	int r = nr_map_file_as(fd, offset, length, &how, &address);

	if (r < 0)
		return r;
	r = nr_map_collapse(address, length);
	nr_unmap(address, length);
	if (r == -EINVAL || r == -ENOSYS)
		return -EOPNOTSUPP;
	return r == -EAGAIN || r == -EBUSY ? -ENOMEM : r;
}
