/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_MEMBER_H
#define SUPPORT_MEMBER_H

/* support/member.h - another process in a space, and what this one is there */

#include <fcntl.h>
#include <space/space.h>
#include <support/child.h>
#include <support/place.h>

static inline uint32_t self(struct naru_space *space)
{
	uint32_t id;

	must_be(nr_space_self(space, &id), 0);
	return id;
}

/* A child that says who it is, then waits for the end of @until, then exits. */
struct member {
	struct room *room;
	pid_t pid;
	uint32_t id;
	int says[2];
	int until[2];
	bool exec_cat; /* instead of waiting, be cat(1), from until to says */
};

static inline int be_member(void *data)
{
	struct member *member = data;
	uint32_t id = self(member->room->space);
	char byte;

	must(write(member->says[1], &id, sizeof(id)) == sizeof(id));
	close(member->until[1]);
	if (member->exec_cat) {
		must(dup2(member->until[0], STDIN_FILENO) == STDIN_FILENO);
		must(dup2(member->says[1], STDOUT_FILENO) == STDOUT_FILENO);
		execlp("cat", "cat", (char *)NULL);
		return 1;
	}
	must(read(member->until[0], &byte, 1) == 0);
	return 0;
}

static inline void join_as(struct member *member, struct room *room,
			   int (*body)(void *member))
{
	member->room = room;
	must(pipe2(member->says, O_CLOEXEC) == 0 && pipe2(member->until, O_CLOEXEC) == 0);
	member->pid = child_start(body, member);
	close(member->says[1]);
	close(member->until[0]);
	must(read(member->says[0], &member->id, sizeof(member->id)) ==
	     sizeof(member->id));
}

static inline void join(struct member *member, struct room *room)
{
	join_as(member, room, be_member);
}

static inline void part(struct member *member)
{
	close(member->says[0]);
	close(member->until[1]);
}

#endif /* SUPPORT_MEMBER_H */
