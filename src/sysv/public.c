/* SPDX-License-Identifier: MIT */

/* sysv/public.c - naru/sysv.h */

#include <naru/sysv.h>

#include <base/options.h>
#include <errno.h>
#include <sysv/msg.h>
#include <sysv/shm.h>

static const size_t places[NR_SYSV_LIMITS] = {
	[NR_SYSV_SHMMAX] = offsetof(struct naru_sysv_limits, shmmax),
	[NR_SYSV_SHMALL] = offsetof(struct naru_sysv_limits, shmall),
	[NR_SYSV_SHMMNI] = offsetof(struct naru_sysv_limits, shmmni),
	[NR_SYSV_MSGMAX] = offsetof(struct naru_sysv_limits, msgmax),
	[NR_SYSV_MSGMNB] = offsetof(struct naru_sysv_limits, msgmnb),
	[NR_SYSV_MSGMNI] = offsetof(struct naru_sysv_limits, msgmni),
	[NR_SYSV_SEMMSL] = offsetof(struct naru_sysv_limits, semmsl),
	[NR_SYSV_SEMMNS] = offsetof(struct naru_sysv_limits, semmns),
	[NR_SYSV_SEMOPM] = offsetof(struct naru_sysv_limits, semopm),
	[NR_SYSV_SEMMNI] = offsetof(struct naru_sysv_limits, semmni),
};

static uint64_t *field(struct naru_sysv_limits *limits, int limit)
{
	return (void *)((unsigned char *)limits + places[limit]);
}

int naru_sysv_get_limits(struct naru_space *space, struct naru_sysv_limits *ret_limits)
{
	struct naru_sysv_limits limits = {.size = sizeof(limits)};
	struct nr_ids ids;
	int r = nr_ids_open(space, &ids);

	if (r < 0)
		return r;
	for (int i = 0; i < NR_SYSV_LIMITS; i++)
		*field(&limits, i) = nr_ids_limit(&ids, (enum nr_sysv_limit)i);
	nr_ids_close(&ids);
	return nr_options_return(ret_limits, sizeof(limits), &limits);
}

int naru_sysv_set_limits(struct naru_space *space, const struct naru_sysv_limits *limits)
{
	struct naru_sysv_limits wanted;
	struct nr_ids ids;
	int r = nr_options_copy(&wanted, sizeof(wanted), limits);

	for (int i = 0; r == 0 && i < NR_SYSV_LIMITS; i++)
		if (*field(&wanted, i) > nr_ids_limit_most((enum nr_sysv_limit)i))
			r = -EINVAL;
	if (r == 0)
		r = nr_ids_open(space, &ids);
	if (r < 0)
		return r;
	for (int i = 0; i < NR_SYSV_LIMITS; i++)
		if (*field(&wanted, i))
			nr_ids_set_limit(&ids, (enum nr_sysv_limit)i, *field(&wanted, i));
	nr_ids_close(&ids);
	return 0;
}

/* The numbers that are not in the registry, as far as we may see them. */
static void look_into(struct nr_ids *ids, enum nr_sysv_kind kind, struct nr_msg *msg,
		      struct naru_sysv_entry *entry)
{
	struct msqid_ds ds;

	if (kind == NR_SYSV_SHM) {
		(void)nr_shm_count(ids, entry->id, &entry->attachments);
	} else if (kind == NR_SYSV_MSG &&
		   nr_msg_control(msg, entry->id % (int)NR_SYSV_ENTRIES, MSG_STAT_ANY,
				  &ds) >= 0) {
		entry->bytes = ds.__msg_cbytes;
		entry->messages = ds.msg_qnum;
	}
}

static int walk(struct nr_ids *ids, enum nr_sysv_kind kind, struct nr_msg *msg,
		int (*visit)(void *data, const struct naru_sysv_entry *entry), void *data)
{
	struct nr_ids_usage usage;
	int r = nr_ids_usage(ids, kind, &usage);

	for (int i = 0; r == 0 && i <= usage.last; i++) {
		struct naru_sysv_entry entry;
		struct nr_ids_entry it;

		if (nr_ids_at(ids, kind, i, &it) < 0 ||
		    (kind == NR_SYSV_SHM && nr_shm_find(ids, it.id, &it) < 0))
			continue;
		entry = (struct naru_sysv_entry){
			.id = it.id,
			.key = it.key,
			.uid = it.uid,
			.gid = it.gid,
			.cuid = it.cuid,
			.cgid = it.cgid,
			.mode = it.mode & 0777,
			.removed = NR_SYSV_STATE(it.word) == NR_SYSV_DEST,
			.locked = kind == NR_SYSV_SHM && it.mode & SHM_LOCKED,
			.size = it.size,
			.changed = it.changed,
		};
		look_into(ids, kind, msg, &entry);
		r = visit(data, &entry);
	}
	return r;
}

int naru_sysv_list(struct naru_space *space, enum naru_sysv_kind kind,
		   int (*visit)(void *data, const struct naru_sysv_entry *entry),
		   void *data)
{
	struct nr_ids ids;
	struct nr_msg msg;
	int r;

	if ((unsigned)kind >= NR_SYSV_KINDS)
		return -EINVAL;
	r = nr_ids_open(space, &ids);
	if (r < 0)
		return r;
	r = nr_msg_open(&ids, &msg);
	if (r == 0) {
		r = walk(&ids, (enum nr_sysv_kind)kind, &msg, visit, data);
		nr_msg_close(&msg);
	}
	nr_ids_close(&ids);
	return r;
}
