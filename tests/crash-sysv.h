/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_SYSV_H
#define TESTS_CRASH_SYSV_H

/* crash-sysv.h - the System V calls on identifiers in which a process dies */

#include <stdbool.h>
#include <sysv/ids.h>

enum { SURVIVOR_FAILED = 2 };

struct sysv_case {
	const char *name;
	bool (*prepare)(void *data);
	void (*run)(void *data);
	int (*survive)(void *data); /* 0: not done, 1: done */
	int (*sleeper)(void *data); /* who is asleep meanwhile, until it is removed */
};

extern const struct sysv_case sysv_cases[];
extern const unsigned sysv_cases_count;

/* Where all of it happens, and how many have died there. */
extern const char *sysv_space_path;
extern unsigned long sysv_turn;

/* For all cases: open the space, complain, look that nothing is left. */
extern struct nr_ids sysv_ids;
bool sysv_open(void *data);
bool sysv_is(const char *what, long value, long expected);
bool sysv_is_clean(void);
bool sysv_is_lowest(int object);
bool sysv_is_settled(enum nr_sysv_kind kind, int object);
bool sysv_doctor_settles(enum nr_sysv_kind kind, int object);
bool sysv_usage_is_right(enum nr_sysv_kind kind);
bool sysv_prepare_nothing(void *data);

/* crash-sysv-segments.c */
bool sysv_prepare_segment(void *data);
bool sysv_prepare_attached(void *data);
bool sysv_prepare_left(void *data);
void sysv_make_segment(void *data);
void sysv_attach(void *data);
void sysv_detach(void *data);
void sysv_set_segment(void *data);
void sysv_remove_segment(void *data);
int sysv_find_segment(void *data);
int sysv_find_segment_set(void *data);

/* crash-sysv-sets.c */
bool sysv_prepare_set_to_be(void *data);
bool sysv_prepare_set(void *data);
void sysv_make_set(void *data);
void sysv_set_set(void *data);
int sysv_find_set_set(void *data);
void sysv_remove_set(void *data);
int sysv_find_set_made(void *data);
int sysv_find_set_gone(void *data);
int sysv_sleep_at_set(void *data);

#endif /* TESTS_CRASH_SYSV_H */
