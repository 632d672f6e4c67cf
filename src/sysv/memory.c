/* SPDX-License-Identifier: MIT */

#include <sysv/memory.h>

#include <errno.h>
#include <string.h>
#include <sys/probe.h>

_Thread_local struct nr_memory_kept nr_memory_kept;

static uintptr_t *place_of(uintptr_t page)
{
	uint32_t epoch = nr_epoch_of(&nr_epochs.memory);

	if (nr_memory_kept.epoch != epoch) {
		memset(nr_memory_kept.page, 0, sizeof(nr_memory_kept.page));
		nr_memory_kept.epoch = epoch;
	}
	return &nr_memory_kept.page[page / NR_MEMORY_PAGE % NR_MEMORY_KEPT];
}

static bool probe(uintptr_t page, uintptr_t wanted)
{
	return wanted == NR_MEMORY_WRITABLE ? nr_probe_write((void *)page)
					    : nr_probe_read((const void *)page);
}

static int check(uintptr_t address, size_t length, uintptr_t wanted)
{
	uintptr_t last = address + length - 1, page;

	if (length == 0)
		return 0;
	/* At 0 there is nothing; and the kernel takes it for "no argument". */
	if (last < address || address < NR_MEMORY_PAGE)
		return -EFAULT;
	for (page = address & ~(uintptr_t)(NR_MEMORY_PAGE - 1); page <= last;
	     page += NR_MEMORY_PAGE) {
		uintptr_t *place = place_of(page), what = wanted;

		if ((*place & ~(uintptr_t)(NR_MEMORY_PAGE - 1)) == page) {
			if (*place & wanted)
				continue;
			what |= *place & (NR_MEMORY_PAGE - 1);
		}
		if (!probe(page, wanted))
			return -EFAULT;
		*place = page | what;
		if (page + NR_MEMORY_PAGE < page)
			break;
	}
	return 0;
}

int nr_memory_readable(const void *address, size_t length)
{
	return check((uintptr_t)address, length, NR_MEMORY_READABLE);
}

int nr_memory_writable(void *address, size_t length)
{
	return check((uintptr_t)address, length, NR_MEMORY_WRITABLE);
}

int nr_memory_give(void *to, const void *from, size_t length)
{
	int r = nr_memory_writable(to, length);

	if (r == 0)
		memcpy(to, from, length);
	return r;
}
