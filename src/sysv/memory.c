/* SPDX-License-Identifier: MIT */

#include <sysv/memory.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/probe.h>
#include <sysv/epoch.h>

enum {
	PAGE = 4096, /* or a part of one, where they are larger */
	KEPT = 64,
	WRITABLE = 1, /* in the low bits of a page's address */
	READABLE = 2,
};

/* Of this thread. A signal handler that gets in between loses some of it, no more. */
static _Thread_local struct {
	uint32_t epoch;
	uintptr_t page[KEPT];
} kept __attribute__((tls_model("initial-exec")));

static uintptr_t *place_of(uintptr_t page)
{
	uint32_t epoch = nr_epoch_of(&nr_epochs.memory);

	if (kept.epoch != epoch) {
		memset(kept.page, 0, sizeof(kept.page));
		kept.epoch = epoch;
	}
	return &kept.page[page / PAGE % KEPT];
}

static bool probe(uintptr_t page, uintptr_t wanted)
{
	return wanted == WRITABLE ? nr_probe_write((void *)page)
				  : nr_probe_read((const void *)page);
}

static int check(uintptr_t address, size_t length, uintptr_t wanted)
{
	uintptr_t last = address + length - 1, page;

	if (length == 0)
		return 0;
	/* At 0 there is nothing; and the kernel takes it for "no argument". */
	if (last < address || address < PAGE)
		return -EFAULT;
	for (page = address & ~(uintptr_t)(PAGE - 1); page <= last; page += PAGE) {
		uintptr_t *place = place_of(page), what = wanted;

		if ((*place & ~(uintptr_t)(PAGE - 1)) == page) {
			if (*place & wanted)
				continue;
			what |= *place & (PAGE - 1);
		}
		if (!probe(page, wanted))
			return -EFAULT;
		*place = page | what;
		if (page + PAGE < page)
			break;
	}
	return 0;
}

int nr_memory_readable(const void *address, size_t length)
{
	return check((uintptr_t)address, length, READABLE);
}

int nr_memory_writable(void *address, size_t length)
{
	return check((uintptr_t)address, length, WRITABLE);
}

int nr_memory_give(void *to, const void *from, size_t length)
{
	int r = nr_memory_writable(to, length);

	if (r == 0)
		memcpy(to, from, length);
	return r;
}
