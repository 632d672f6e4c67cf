/* SPDX-License-Identifier: MIT */

#include <sysv/calls.h>
#include <sysv/shm.h>

NARU_API int shmget(key_t key, size_t size, int flags)
{
	struct nr_ids *ids;
	int r = nr_ids_default(&ids);

	return (int)nr_answer(r < 0 ? r : nr_shm_get(ids, key, size, flags));
}

NARU_API void *shmat(int id, const void *address, int flags)
{
	struct nr_ids *ids;
	void *attached;
	int r = nr_ids_default(&ids);

	if (r == 0)
		r = nr_shm_attach(ids, id, address, flags, &attached);
	return r < 0 ? (void *)nr_answer(r) : attached;
}

NARU_API int shmdt(const void *address)
{
	struct nr_ids *ids;
	int r = nr_ids_default(&ids);

	return (int)nr_answer(r < 0 ? r : nr_shm_detach(ids, address));
}

NARU_API int shmctl(int id, int command, struct shmid_ds *buffer)
{
	struct nr_ids *ids;
	int r = nr_ids_default(&ids);

	return (int)nr_answer(r < 0 ? r : nr_shm_control(ids, id, command, buffer));
}
