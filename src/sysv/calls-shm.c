/* SPDX-License-Identifier: MIT */

#include <sysv/calls.h>
#include <sysv/shm.h>

NARU_API int shmget(key_t key, size_t size, int flags)
{
	const struct nr_border border = nr_border_begin(false);
	struct nr_ids *ids;
	int r = nr_ids_default(&ids);

	return (int)nr_border_end(border, r < 0 ? r : nr_shm_get(ids, key, size, flags));
}

NARU_API void *shmat(int id, const void *address, int flags)
{
	const struct nr_border border = nr_border_begin(false);
	struct nr_ids *ids;
	void *attached;
	int r = nr_ids_default(&ids);

	if (r == 0)
		r = nr_shm_attach(ids, id, address, flags, &attached);
	return (void *)nr_border_end(border, r < 0 ? r : (long)attached);
}

NARU_API int shmdt(const void *address)
{
	const struct nr_border border = nr_border_begin(false);
	struct nr_ids *ids;
	int r = nr_ids_default(&ids);

	return (int)nr_border_end(border, r < 0 ? r : nr_shm_detach(ids, address));
}

NARU_API int shmctl(int id, int command, struct shmid_ds *buffer)
{
	const struct nr_border border = nr_border_begin(false);
	struct nr_ids *ids;
	int r = nr_ids_default(&ids);

	return (int)nr_border_end(border,
				  r < 0 ? r : nr_shm_control(ids, id, command, buffer));
}

NR_OWN(shmget);
NR_OWN(shmat);
NR_OWN(shmdt);
NR_OWN(shmctl);
