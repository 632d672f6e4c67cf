/* SPDX-License-Identifier: MIT */

#include <queue/check.h>

#include <errno.h>
#include <queue/census.h>
#include <queue/death.h>
#include <queue/waiter.h>
#include <stdio.h>

/* A check that is going on. */
struct check {
	struct naru_queue *queue;
	const char *name;
	uint32_t id;
	bool repair;
	void (*tell)(void *data, const struct naru_finding *finding);
	void *data;
};

static void tell(const struct check *check, enum naru_severity severity, bool repaired,
		 const char *text)
{
	const struct naru_finding finding = {
		.severity = severity,
		.object = check->name,
		.text = text,
		.repaired = repaired,
	};

	check->tell(check->data, &finding);
}

static void tell_unusable(const struct check *check, int error)
{
	char text[NARU_NAME_MAX + 200];

	switch (error) {
	case -EACCES:
		tell(check, NARU_SEVERITY_NOTICE, false,
		     "no permission to look into it: ask its owner, or be root");
		return;
	case -EPROTONOSUPPORT:
		tell(check, NARU_SEVERITY_ERROR, false,
		     "it was made by another version of naru: drain it with that one, or "
		     "remove it");
		return;
	default:
		snprintf(text, sizeof(text),
			 "it is damaged (%s): what cannot be drained is lost; remove it "
			 "with: naru rm %s",
			 naru_error_text(error), check->name);
		tell(check, NARU_SEVERITY_ERROR, false, text);
	}
}

static bool is_dead(const struct check *check, uint32_t owner)
{
	owner &= NR_PEER_ID_MASK;
	return owner != 0 && owner != NR_OWNER_DONE &&
	       !nr_space_alive(check->queue->space, owner);
}

/* What needs no lock to be seen. */
static void check_locks(const struct check *check)
{
	const struct nr_queue_shared *shared = check->queue->shared;

	if (is_dead(check, nr_load_relaxed(&shared->senders.lock)) ||
	    is_dead(check, nr_load_relaxed(&shared->receivers.lock)))
		tell(check, NARU_SEVERITY_NOTICE, check->repair,
		     "a process died in the middle of a call: the next call repairs it");
}

static int check_contents(const struct check *check)
{
	const struct nr_store *store = &check->queue->store;
	int r = nr_heap_check(&store->heap);

	if (r == 0)
		r = nr_index_check(&store->heap);
	return r < 0 ? r : nr_census(check->queue);
}

static void check_held(const struct check *check)
{
	struct nr_counts counts = nr_side_counts(&check->queue->shared->receivers);
	uint64_t back = 0;

	if (nr_queue_reap_locked(check->queue, &counts, &back) > 0)
		tell(check, NARU_SEVERITY_NOTICE, true,
		     "a process died with messages claimed or taken: they are free, or "
		     "back in their place");
}

static void check_whole(const struct check *check)
{
	struct nr_deadline deadline = nr_deadline_in(NR_HOLD_LOCK_MS);
	struct naru_queue *queue = check->queue;
	int r;

	r = nr_senders_lock(queue, check->id, &deadline);
	if (r == 0) {
		r = nr_receivers_lock(queue, check->id, &deadline);
		if (r == 0) {
			r = check_contents(check);
			if (r == 0 && check->repair)
				check_held(check);
			nr_receivers_unlock(queue);
		}
		nr_senders_unlock(queue);
	}
	if (r == -ETIMEDOUT)
		tell(check, NARU_SEVERITY_WARNING, false,
		     "a process holds its lock and does not go on (is it stopped?): "
		     "continue "
		     "it or end it");
	else if (r < 0)
		tell_unusable(check, r);
	else if (check->repair)
		nr_wake_all(queue);
}

int nr_queue_check(struct naru_space *space, const char *name, int flags,
		   void (*tell_function)(void *data, const struct naru_finding *finding),
		   void *data)
{
	struct check check = {
		.name = name,
		.repair = flags & NARU_CHECK_REPAIR,
		.tell = tell_function,
		.data = data,
	};
	int r;

	r = naru_queue_open(space, name, NULL, &check.queue);
	/* Removed since it was listed: nothing is wrong with that. */
	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		tell_unusable(&check, r);
		return 0;
	}
	r = nr_queue_enter(check.queue, &check.id);
	if (r == 0) {
		check_locks(&check);
		check_whole(&check);
	}
	naru_queue_close(check.queue);
	return r == -EIDRM ? 0 : r;
}
