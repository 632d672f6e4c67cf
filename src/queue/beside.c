/* SPDX-License-Identifier: MIT */

#include <queue/beside.h>

#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>

static const enum nr_beside all[] = {NR_BESIDE_READABLE, NR_BESIDE_WRITABLE,
				     NR_BESIDE_SESSIONS};

void nr_beside_name(char out[NR_BESIDE_NAME], const char *name, uint64_t inode,
		    enum nr_beside what)
{
	snprintf(out, NR_BESIDE_NAME, ".%s-%" PRIx64 ".%c", name, inode, what);
}

void nr_beside_unlink(struct naru_space *space, const char *name, uint64_t inode)
{
	int directory = nr_space_directory(space);
	char file[NR_BESIDE_NAME];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		nr_beside_name(file, name, inode, all[i]);
		nr_file_unlink(directory, file);
	}
}

void nr_beside_access(struct naru_queue *queue)
{
	int directory = nr_space_directory(queue->space);
	char file[NR_BESIDE_NAME];
	struct stat stat;

	if (directory < 0 || nr_file_stat_at(directory, queue->name, &stat) < 0)
		return;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		mode_t kind = all[i] == NR_BESIDE_SESSIONS ? S_IFREG : S_IFIFO;

		nr_beside_name(file, queue->name, queue->inode, all[i]);
		nr_file_access_try(directory, file, kind | (stat.st_mode & 0777),
				   stat.st_uid, stat.st_gid);
	}
}
