/* SPDX-License-Identifier: MIT */
#include <support/random.h>
#include <support/vandal.h>

static size_t choose_place(struct vandal *vandal)
{
	size_t limit = vandal->size;

	switch (random_below(&vandal->seed, 4)) {
	case 0:
		break;
	case 1:
		limit = 32768;
		break;
	case 2:
		limit = 4096;
		break;
	default:
		limit = 768;
	}
	return random_below(&vandal->seed, limit < vandal->size ? limit : vandal->size) &
	       ~(size_t)7;
}

static uint64_t choose_value(struct vandal *vandal, uint64_t old)
{
	uint64_t elsewhere = __atomic_load_n(
		(uint64_t *)(void *)(vandal->bytes + choose_place(vandal)),
		__ATOMIC_RELAXED);

	switch (random_below(&vandal->seed, 8)) {
	case 0:
		return random_next(&vandal->seed);
	case 1:
		return random_below(&vandal->seed, 300);
	case 2:
		return elsewhere;
	case 3:
		return old + random_below(&vandal->seed, 129) - 64;
	case 4:
		return UINT64_MAX - random_below(&vandal->seed, 3);
	case 5:
		return 0;
	default:
		return old ^ UINT64_C(1) << random_below(&vandal->seed, 64);
	}
}

void vandal_strike(struct vandal *vandal)
{
	unsigned char *place = vandal->bytes + choose_place(vandal);
	uint64_t *word = (uint64_t *)(void *)place;
	uint64_t value = choose_value(vandal, __atomic_load_n(word, __ATOMIC_RELAXED));

	if (random_below(&vandal->seed, 2))
		__atomic_store_n(word, value, __ATOMIC_RELAXED);
	else
		__atomic_store_n(
			(uint32_t *)(void *)(place + random_below(&vandal->seed, 2) * 4),
			(uint32_t)value, __ATOMIC_RELAXED);
}
