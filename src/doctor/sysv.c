/* SPDX-License-Identifier: MIT */

#include <doctor/sysv.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sysv/registry.h>

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

/* Under the kind's lock: nobody is about to make or to remove it. */
static int check_locked(struct nr_ids *ids, enum nr_sysv_kind kind, int id,
			const char *name, int flags, bool *ret_removed)
{
	struct nr_ids_entry entry;
	int r = nr_registry_lock(ids, kind);

	*ret_removed = false;
	if (r < 0)
		return r;
	r = nr_ids_find(ids, kind, id, &entry) < 0;
	if (r > 0 && flags & NARU_CHECK_REPAIR)
		*ret_removed = nr_object_remove(ids->space, name) == 0;
	nr_registry_unlock(ids, kind);
	return r;
}

int nr_sysv_check(struct naru_space *space, const char *name, int flags,
		  void (*tell)(void *data, const struct naru_finding *finding),
		  void *data)
{
	struct naru_finding finding = {
		.severity = NARU_SEVERITY_NOTICE,
		.object = name,
		.text = "belongs to a System V identifier that is not there: its maker "
			"or remover has died",
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
	if (r > 0)
		tell(data, &finding);
	return r;
}
