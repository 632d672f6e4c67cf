/* SPDX-License-Identifier: MIT */

/*
 * sysv/calls-identity.c - setuid(2) and its like: what was permitted is looked at anew
 *
 * Each is the next library's, libc's most often, and ends an epoch: sysv/epoch.h.
 */

#include <sysv/calls.h>

#include <dlfcn.h>
#include <grp.h>
#include <linux/capability.h>
#include <stddef.h>
#include <sysv/epoch.h>
#include <unistd.h>

NARU_API int capset(cap_user_header_t head, const cap_user_data_t data);

/* The function of that name behind us; it is there wherever its callers run. */
static void *next_of(void *_Atomic *kept, const char *name)
{
	void *next = nr_load_relaxed(kept);

	if (!next) {
		next = dlsym(RTLD_NEXT, name);
		nr_store_relaxed(kept, next);
	}
	return next;
}

#define PASS_ON(name, parameters, arguments)                                             \
	NARU_API int name parameters                                                     \
	{                                                                                \
		static void *_Atomic kept;                                               \
		int(*next) parameters;                                                   \
		int r;                                                                   \
                                                                                         \
		*(void **)&next = next_of(&kept, #name);                                 \
		if (!next)                                                               \
			return (int)nr_answer(-ENOSYS);                                  \
		r = next arguments;                                                      \
		nr_epoch_end(&nr_epochs.identity);                                       \
		return r;                                                                \
	}

PASS_ON(setuid, (uid_t user), (user))
PASS_ON(seteuid, (uid_t user), (user))
PASS_ON(setreuid, (uid_t real, uid_t effective), (real, effective))
PASS_ON(setresuid, (uid_t real, uid_t effective, uid_t saved), (real, effective, saved))
PASS_ON(setgid, (gid_t group), (group))
PASS_ON(setegid, (gid_t group), (group))
PASS_ON(setregid, (gid_t real, gid_t effective), (real, effective))
PASS_ON(setresgid, (gid_t real, gid_t effective, gid_t saved), (real, effective, saved))
PASS_ON(setgroups, (size_t count, const gid_t *groups), (count, groups))
PASS_ON(initgroups, (const char *user, gid_t group), (user, group))
PASS_ON(capset, (cap_user_header_t head, const cap_user_data_t data), (head, data))
