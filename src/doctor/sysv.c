/* SPDX-License-Identifier: MIT */

#include <doctor/sysv.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sysv/registry.h>
#include <sysv/shm.h>

/* "sysv-msg-17": the kind and the identifier. */
static bool parse(const char *name, enum nr_sysv_kind *ret_kind, int *ret_id)
{
	char expected[NR_IDS_NAME_MAX];
	const char *digits = strrchr(name, '-');
	long id = 0;

	if (strncmp(name, NR_SYSV_PREFIX "-", strlen(NR_SYSV_PREFIX "-")) != 0 || !digits)
		return false;
	for (digits++; *digits >= '0' && *digits <= '9' && id <= INT_MAX; digits++)
		id = 10 * id + (*digits - '0');
	if (*digits || id > INT_MAX)
		return false;
	for (int kind = 0; kind < NR_SYSV_KINDS; kind++) {
		nr_ids_name((enum nr_sysv_kind)kind, (int)id, expected);
		if (strcmp(name, expected) == 0) {
			*ret_kind = (enum nr_sysv_kind)kind;
			*ret_id = (int)id;
			return true;
		}
	}
	return false;
}

enum verdict { WHOLE, NOBODYS, UNSETTLED, LEFT };

/* What there is to be told of each, and who is to mend it if the doctor is not. */
static const char *const texts[] = {
	[NOBODYS] = "belongs to a System V identifier that is not there: its maker or "
		    "remover has died",
	[UNSETTLED] =
		"an IPC_SET was cut short, so its file may have another mode, owner "
		"or limit than its identifier: who opens it next, and may, puts "
		"that right",
	[LEFT] = "is removed, and who had it attached last was killed: the next call on "
		 "segments gives its memory back",
};

static enum verdict judge(struct nr_ids *ids, enum nr_sysv_kind kind, int id,
			  struct nr_ids_entry *ret_entry)
{
	if (nr_ids_find(ids, kind, id, ret_entry) < 0)
		return NOBODYS;
	if (kind == NR_SYSV_SHM && nr_shm_is_left(ids, ret_entry))
		return LEFT;
	return nr_registry_is_unsettled(ids, kind, id) ? UNSETTLED : WHOLE;
}

/* Under the kind's lock: nobody is about to make, change or remove it. */
static int check_locked(struct nr_ids *ids, enum nr_sysv_kind kind, int id,
			const char *name, int flags, bool *ret_repaired)
{
	bool repairs = flags & NARU_CHECK_REPAIR;
	struct nr_ids_entry entry;
	enum verdict verdict;
	int r = nr_registry_lock(ids, kind);

	if (r < 0)
		return r;
	verdict = judge(ids, kind, id, &entry);
	if (repairs && verdict == NOBODYS)
		*ret_repaired = nr_object_remove(ids->space, name) == 0;
	else if (repairs && verdict == UNSETTLED)
		*ret_repaired = nr_registry_settle(ids, kind, &entry) == 0;
	nr_registry_unlock(ids, kind);
	if (repairs && verdict == LEFT)
		*ret_repaired = nr_shm_finish(ids, id);
	return (int)verdict;
}

int nr_sysv_check(struct naru_space *space, const char *name, int flags,
		  void (*tell)(void *data, const struct naru_finding *finding),
		  void *data)
{
	struct naru_finding finding = {
		.severity = NARU_SEVERITY_NOTICE,
		.object = name,
	};
	enum nr_sysv_kind kind;
	struct nr_ids ids;
	int id, r;

	if (!parse(name, &kind, &id))
		return 0;
	r = nr_ids_open(space, &ids);
	if (r < 0)
		return r == -EACCES ? 0 : r;
	r = check_locked(&ids, kind, id, name, flags, &finding.repaired);
	nr_ids_close(&ids);
	if (r <= 0)
		return r;
	finding.text = texts[r];
	tell(data, &finding);
	return r != UNSETTLED;
}
