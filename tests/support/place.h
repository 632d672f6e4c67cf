/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_PLACE_H
#define SUPPORT_PLACE_H

/* support/place.h - files in a room, and other users in it */

#include <grp.h>
#include <stdio.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/stat.h>
#include <unistd.h>

/* Users that nobody else is likely to be. */
enum { ALICE = 54321, BOB = 54322 };

/* For a child: be that user from now on. */
static inline void become(uid_t user)
{
	must(setgroups(0, NULL) == 0);
	must(setresgid(user, user, user) == 0);
	must(setresuid(user, user, user) == 0);
}

/* For a test: skip it if it cannot use become(). */
static inline void need_root(void)
{
	if (geteuid() != 0) {
		print_message("only root can become another user\n");
		skip();
	}
}

/* The path of a file of the room, valid until the next call. */
static inline const char *in(struct room *room, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", room->path, name);
	return path;
}

static inline mode_t mode_of(const char *path)
{
	struct stat stat;

	must(lstat(path, &stat) == 0);
	return stat.st_mode & 07777;
}

#endif /* SUPPORT_PLACE_H */
