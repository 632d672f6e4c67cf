/* SPDX-License-Identifier: MIT */

#include <sys/memfd.h>

#include <linux/memfd.h>
#include <stdio.h>
#include <sys/call.h>

int nr_memfd_open(const char *name, bool cloexec)
{
	return (int)nr_call(SYS_memfd_create, name, cloexec ? MFD_CLOEXEC : 0);
}

int nr_file_seek(int fd, long offset)
{
	long r = nr_call(SYS_lseek, fd, offset, SEEK_SET);

	return r < 0 ? (int)r : 0;
}
