/* SPDX-License-Identifier: MIT */

#include <sysv/epoch.h>

struct nr_epochs nr_epochs = {.identity = 1, .memory = 1};

void nr_epoch_end(_Atomic uint32_t *epoch)
{
	uint32_t next, now = nr_load_relaxed(epoch);

	do
		next = now == UINT32_MAX ? 1 : now + 1;
	while (!nr_swap_if(epoch, &now, next));
}
