/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <support/away.h>
#include <support/default-space.h>
#include <support/must.h>
#include <support/served.h>
#include <support/unit.h>

void away_open(struct room *room)
{
	struct served *served = calloc(1, sizeof(*served));
	const char *url = getenv("AWAY");

	must(served && url);
	default_space_of_our_own();
	served_start(served, room->path, url);
	room->served = served;
	must_be(naru_space_open(served->url, NULL, &room->space), 0);
}

void away_close(struct room *room)
{
	naru_space_close(room->space);
	served_kill(room->served);
	free(room->served);
}

void need_here(void)
{
	skip();
}

bool is_away(void)
{
	return true;
}
