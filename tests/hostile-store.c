/* SPDX-License-Identifier: MIT */

/*
 * What a peer with write access can do to a queue's store, its ring, its counts, its
 * journal and the file of its sessions, one word at a time: every field is given values
 * that mislead whoever walks over it, and then calls of all kinds are made. They may
 * fail; none may crash or go on without end, and a check must see what it can see.
 * Meant for a build with AddressSanitizer and UBSan.
 *
 *	hostile-store [STATE [DAMAGE [WALK]]]	numbers, as a failure tells them
 */

#include <stdio.h>
#include <stdlib.h>
#include <support/child.h>
#include <support/damage.h>
#include <support/must.h>
#include <support/walks.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { HANG_SECONDS = 30, FAILURES = 10, LARGEST_FILE = 1 << 20 };

/* Where a process is; its parent sees it. */
struct place {
	unsigned long state, damage, walk;
	unsigned long made;
	bool unseen; /* a check has not seen the damage */
};

struct tour {
	struct laden laden;
	struct damages damages[LADEN_STATES];
	struct place *place;
	struct place only; /* where it is to be, as far as that was told */
	int told;
};

static void walk(struct tour *tour, const struct damage *damage)
{
	const struct walk *of = &walks[tour->place->walk];
	struct laden *laden = &tour->laden;
	struct naru_queue *queue = NULL;

	laden_restore(laden, (enum laden_state)tour->place->state);
	damage_do(laden, damage);
	alarm(HANG_SECONDS);
	if (of->name &&
	    naru_queue_open(laden->room->space, LADEN_NAME, NULL, &queue) == 0) {
		of->make(laden, queue);
		naru_queue_close(queue);
	}
	if (!of->name && damage->seen)
		tour->place->unseen = walks_check(laden, 0) == 0;
	alarm(0);
	tour->place->made++;
}

static bool is_wanted(const struct tour *tour)
{
	const struct place *place = tour->place, *only = &tour->only;

	return (place->state == LADEN_WHOLE || walks[place->walk].torn) &&
	       (tour->told < 1 || place->state == only->state) &&
	       (tour->told < 2 || place->damage == only->damage) &&
	       (tour->told < 3 || place->walk == only->walk);
}

/* On to the next place; false: that was the last. */
static bool advance(struct tour *tour)
{
	struct place *place = tour->place;

	if (walks[place->walk].name) {
		place->walk++;
		return true;
	}
	place->walk = 0;
	if (++place->damage < tour->damages[place->state].count)
		return true;
	place->damage = 0;
	return ++place->state < LADEN_STATES;
}

/* In a child, from where it stands until all is done or something is wrong. */
static int go_on(void *data)
{
	/* To be talked into a huge file is a failure: SIGXFSZ ends the round. */
	const struct rlimit limit = {LARGEST_FILE, LARGEST_FILE};
	struct tour *tour = data;
	struct place *place = tour->place;

	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	do {
		if (is_wanted(tour))
			walk(tour, &tour->damages[place->state].list[place->damage]);
		if (place->unseen)
			return 1;
	} while (advance(tour));
	return 0;
}

static void tell(const struct tour *tour, int status)
{
	const struct place *place = tour->place;
	const struct damage *damage = &tour->damages[place->state].list[place->damage];
	const char *name = walks[place->walk].name;

	fprintf(stderr, "%lu %lu %lu: %s of block %u made 0x%llx, then: %s: %s %d\n",
		place->state, place->damage, place->walk, damage->what, damage->block,
		(unsigned long long)damage->value, name ? name : "check",
		place->unseen ? "not seen," : "ended with", status);
}

static void open_tour(struct tour *tour, int count, char **arguments)
{
	laden_open(&tour->laden);
	for (enum laden_state state = LADEN_WHOLE; state < LADEN_STATES; state++) {
		laden_restore(&tour->laden, state);
		tour->damages[state] = damage_list(&tour->laden);
	}
	tour->place = mmap(NULL, sizeof(*tour->place), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(tour->place != MAP_FAILED);
	tour->told = count - 1;
	tour->only = (struct place){
		.state = count > 1 ? strtoul(arguments[1], NULL, 0) : 0,
		.damage = count > 2 ? strtoul(arguments[2], NULL, 0) : 0,
		.walk = count > 3 ? strtoul(arguments[3], NULL, 0) : 0,
	};
}

static void close_tour(struct tour *tour)
{
	for (int state = 0; state < LADEN_STATES; state++)
		free(tour->damages[state].list);
	laden_close(&tour->laden);
}

int main(int count, char **arguments)
{
	static struct tour tour;
	int failures = 0, status;

	open_tour(&tour, count, arguments);
	do {
		status = child_run(go_on, &tour);
		if (status == 0)
			break;
		tell(&tour, status);
		tour.place->unseen = false;
	} while (++failures < FAILURES && advance(&tour));
	printf("%lu walks, %d failures\n", tour.place->made, failures);
	close_tour(&tour);
	return failures > 0;
}
