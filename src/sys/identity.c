/* SPDX-License-Identifier: MIT */

#include <sys/identity.h>

#include <linux/capability.h>
#include <stdlib.h>
#include <sys/call.h>
#include <sys/resource.h>

enum { GROUPS_MAX = 65536 }; /* NGROUPS_MAX of the kernel */

uint32_t nr_identity_user(void)
{
	return (uint32_t)nr_call_once(SYS_geteuid);
}

uint32_t nr_identity_group(void)
{
	return (uint32_t)nr_call_once(SYS_getegid);
}

static bool is_among(const uint32_t *groups, long count, uint32_t group)
{
	for (long i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return false;
}

bool nr_identity_in_group(uint32_t group)
{
	uint32_t few[64], *all;
	long count;
	bool found;

	if (nr_identity_group() == group)
		return true;
	count = nr_call(SYS_getgroups, 64, few);
	if (count >= 0)
		return is_among(few, count, group);
	all = malloc(GROUPS_MAX * sizeof(*all));
	if (!all)
		return false;
	count = nr_call(SYS_getgroups, GROUPS_MAX, all);
	found = is_among(all, count, group);
	free(all);
	return found;
}

bool nr_identity_may(int capability)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (nr_call(SYS_capget, &head, data) < 0)
		return false;
	return data[capability / 32].effective >> capability % 32 & 1;
}

uint64_t nr_identity_locked_max(void)
{
	struct rlimit limit;

	if (nr_call(SYS_prlimit64, 0, RLIMIT_MEMLOCK, 0, &limit) < 0)
		return 0;
	return limit.rlim_cur;
}
