/* SPDX-License-Identifier: MIT */

#include <stdarg.h>
#include <sysv/calls.h>
#include <sysv/sem.h>

NARU_API int semget(key_t key, int semaphores, int flags)
{
	const struct nr_border border = nr_border_begin(false);
	struct nr_sem *sem;
	int r = nr_sem_default(&sem);

	return (int)nr_border_end(border,
				  r < 0 ? r : nr_sem_get(sem, key, semaphores, flags));
}

/* The kernel takes no more bits of the number of operations, either. */
NARU_API int semop(int id, struct sembuf *operations, size_t count)
{
	const struct nr_border border = nr_border_begin(false);
	struct nr_sem *sem;
	int r = nr_sem_default(&sem);

	if (r == 0 && (uint32_t)count == 1 && nr_sem_operate_at_once(sem, id, operations))
		return (int)nr_border_end(border, 0);
	return (int)nr_border_end(
		border,
		r < 0 ? r : nr_sem_operate(sem, id, operations, (uint32_t)count, NULL));
}

NARU_API int semtimedop(int id, struct sembuf *operations, size_t count,
			const struct timespec *timeout)
{
	const struct nr_border border = nr_border_begin(false);
	struct nr_sem *sem;
	int r = nr_sem_default(&sem);

	return (int)nr_border_end(
		border,
		r < 0 ? r
		      : nr_sem_operate(sem, id, operations, (uint32_t)count, timeout));
}

/* Who passes no argument uses none of what is read here. */
NARU_API int semctl(int id, int number, int command, ...)
{
	const struct nr_border border = nr_border_begin(false);
	union nr_sem_argument argument;
	struct nr_sem *sem;
	va_list list;
	int r;

	va_start(list, command);
	argument = va_arg(list, union nr_sem_argument);
	va_end(list);
	r = nr_sem_default(&sem);
	return (int)nr_border_end(
		border, r < 0 ? r : nr_sem_control(sem, id, number, command, argument));
}

NR_OWN(semget);
NR_OWN(semop);
NR_OWN(semtimedop);
NR_OWN(semctl);
