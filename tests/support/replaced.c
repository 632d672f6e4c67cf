/* SPDX-License-Identifier: MIT */

/*
 * support/replaced.c - a library that takes the place of libc's system calls
 *
 * It stands before libc, as a preloaded one does. libc's own calls do not come here:
 * whoever calls one of these by name is ended, and told by which.
 */

#include <stdio.h>
#include <stdlib.h>
#include <support/replaced.h>

bool replaced_is_there;

static void refuse(const char *name)
{
	fprintf(stderr, "%s() was called\n", name);
	abort();
}

/* By its name in the library, whatever the headers say of it. */
#define REPLACE(name)                                                                    \
	__attribute__((visibility("default"))) void replaced_##name(void) __asm__(       \
		#name);                                                                  \
	void replaced_##name(void)                                                       \
	{                                                                                \
		refuse(#name);                                                           \
	}

REPLACE(syscall)

REPLACE(open)
REPLACE(open64)
REPLACE(openat)
REPLACE(openat64)
REPLACE(creat)
REPLACE(creat64)
REPLACE(close)
REPLACE(read)
REPLACE(write)
REPLACE(pread)
REPLACE(pread64)
REPLACE(pwrite)
REPLACE(pwrite64)
REPLACE(fcntl)
REPLACE(fcntl64)
REPLACE(fallocate)
REPLACE(fallocate64)
REPLACE(posix_fallocate)
REPLACE(posix_fallocate64)
REPLACE(ftruncate)
REPLACE(ftruncate64)

REPLACE(stat)
REPLACE(stat64)
REPLACE(fstat)
REPLACE(fstat64)
REPLACE(lstat)
REPLACE(lstat64)
REPLACE(fstatat)
REPLACE(fstatat64)
REPLACE(statx)
REPLACE(__xstat)
REPLACE(__xstat64)
REPLACE(__fxstat)
REPLACE(__fxstat64)
REPLACE(__fxstatat)
REPLACE(__fxstatat64)
REPLACE(statfs)
REPLACE(statfs64)
REPLACE(fstatfs)
REPLACE(fstatfs64)
REPLACE(statvfs)
REPLACE(statvfs64)
REPLACE(fstatvfs)
REPLACE(fstatvfs64)

REPLACE(chmod)
REPLACE(fchmod)
REPLACE(fchmodat)
REPLACE(chown)
REPLACE(fchown)
REPLACE(fchownat)
REPLACE(link)
REPLACE(linkat)
REPLACE(unlink)
REPLACE(unlinkat)
REPLACE(mkdir)
REPLACE(mkdirat)
REPLACE(mkfifo)
REPLACE(mkfifoat)
REPLACE(mknod)
REPLACE(mknodat)
REPLACE(__xmknod)
REPLACE(__xmknodat)
REPLACE(readlink)
REPLACE(readlinkat)
REPLACE(realpath)
REPLACE(getcwd)
REPLACE(opendir)
REPLACE(fdopendir)
REPLACE(readdir)
REPLACE(readdir64)
REPLACE(closedir)

REPLACE(getpid)
REPLACE(getuid)
REPLACE(geteuid)
REPLACE(getgid)
REPLACE(getegid)
REPLACE(getrlimit)
REPLACE(getrlimit64)
REPLACE(prlimit)
REPLACE(prlimit64)

REPLACE(mmap)
REPLACE(mmap64)
REPLACE(munmap)
REPLACE(madvise)
