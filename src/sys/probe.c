/* SPDX-License-Identifier: MIT */

#include <sys/probe.h>

#include <errno.h>
#include <linux/futex.h>
#include <stdint.h>
#include <sys/call.h>

enum { NO_SUCH_HOW = 77 };

bool nr_probe_read(const void *address)
{
	/* The kernel fetches the set first, and then does not know what to do with it. */
	return address &&
	       nr_call(SYS_rt_sigprocmask, NO_SUCH_HOW, address, 0, 8) != -EFAULT;
}

bool nr_probe_write(void *address)
{
	uint32_t nobody = 0;

	/* Wake nobody, and set no bit: "*address |= 0", atomically. */
	return nr_call(SYS_futex, &nobody, FUTEX_WAKE_OP_PRIVATE, 0, 0, address,
		       FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0)) != -EFAULT;
}
