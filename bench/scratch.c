/* SPDX-License-Identifier: MIT */

#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int bench_scratch_create(struct bench_scratch *ret_scratch)
{
	const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	struct bench_scratch scratch;

	snprintf(scratch.path, sizeof(scratch.path), "%s/naru-bench-XXXXXX", parent);
	if (!mkdtemp(scratch.path))
		return -errno;
	*ret_scratch = scratch;
	return 0;
}

void bench_scratch_remove(const struct bench_scratch *scratch)
{
	DIR *directory = opendir(scratch->path);
	struct dirent *entry;

	if (directory) {
		while ((entry = readdir(directory)))
			unlinkat(dirfd(directory), entry->d_name, 0);
		closedir(directory);
	}
	rmdir(scratch->path);
}
