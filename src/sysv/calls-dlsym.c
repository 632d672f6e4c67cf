/* SPDX-License-Identifier: MIT */

/*
 * sysv/calls-dlsym.c - who asks libc itself for one of the twelve calls gets ours
 *
 * That is how other languages call C: ctypes.CDLL("libc.so.6").shmget looks into libc
 * alone, where a preloaded library is not found. Other handles and names are as before.
 */

#include <sysv/calls.h>

#include <dlfcn.h>
#include <gnu/lib-names.h>
#include <stddef.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

typedef void *(*symbol_function)(void *handle, const char *name);
typedef void (*any_function)(void);

/* Our own definitions, whoever else has some of these names, too. */
#define CALLS(what)                                                                      \
	what(msgget) what(msgsnd) what(msgrcv) what(msgctl) what(shmget) what(shmat)     \
		what(shmdt) what(shmctl) what(semget) what(semop) what(semctl)           \
			what(semtimedop)
#define DECLARE(name) extern __typeof__(name) nr_own_##name;
#define ENTRY(name)   {#name, (any_function)nr_own_##name},

CALLS(DECLARE)

static const struct {
	const char *name;
	any_function function;
} calls[] = {CALLS(ENTRY)};

/* A sanitizer asks before it has made the memory that its checks look at. */
#define EARLY __attribute__((no_sanitize("address", "undefined")))

/* libc's own, or another preloaded library's; by its version, or we would find ours. */
static EARLY symbol_function next_dlsym(void)
{
	static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17",
					       "GLIBC_2.27"};
	static void *_Atomic kept;
	void *next = nr_load_relaxed(&kept);
	symbol_function function;

	for (size_t i = 0; !next && i < sizeof(versions) / sizeof(versions[0]); i++)
		next = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
	nr_store_relaxed(&kept, next);
	*(void **)&function = next;
	return function;
}

/*
 * Nothing of libc's is called for a name that is not ours: sanitizers take over strcmp(3)
 * and its like, and ask here where the real one is before theirs can be called.
 */
static EARLY bool is_same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static EARLY void *find_ours(const char *name)
{
	void *found = NULL;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (is_same(name, calls[i].name))
			*(any_function *)&found = calls[i].function;
	return found;
}

static EARLY bool is_libcs(symbol_function next, const void *found, const char *name)
{
	static void *_Atomic kept;
	void *libc = nr_load_relaxed(&kept);

	if (!libc)
		libc = dlopen(LIBC_SO, RTLD_LAZY | RTLD_NOLOAD);
	nr_store_relaxed(&kept, libc);
	return libc && found == next(libc, name);
}

/* A jump, as dlopen(3), where who calls it matters. */
NARU_API EARLY void *dlsym(void *handle, const char *name)
{
	symbol_function next = next_dlsym();
	void *ours = find_ours(name), *found;

	if (!next)
		return ours;
	if (!ours || handle == RTLD_DEFAULT || handle == RTLD_NEXT)
		return next(handle, name);
	found = next(handle, name);
	return found && is_libcs(next, found, name) ? ours : found;
}
