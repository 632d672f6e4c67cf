/* SPDX-License-Identifier: MIT */

#include <sysv/proc.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/memory-file.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define DIRECTORY "/proc/sysvipc/"

static int write_line(int fd, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int write_line(int fd, const char *format, ...)
{
	char line[512];
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	return nr_file_write(fd, line, (size_t)length) == length ? 0 : -ENOSPC;
}

static int write_msg(int fd)
{
	struct msqid_ds ds;
	int last = msgctl(0, MSG_INFO, (void *)&(struct msginfo){0});
	int r = write_line(fd, "       key      msqid perms      cbytes       qnum lspid "
			       "lrpid   uid   gid  cuid  cgid      stime      rtime      "
			       "ctime\n");

	for (int i = 0; i <= last && r == 0; i++) {
		int id = msgctl(i, MSG_STAT_ANY, &ds);

		if (id < 0)
			continue;
		r = write_line(
			fd,
			"%10d %10d  %4o  %10lu %10lu %5d %5d %5u %5u %5u %5u %10ld "
			"%10ld %10ld\n",
			ds.msg_perm.__key, id, (unsigned)ds.msg_perm.mode,
			ds.__msg_cbytes, ds.msg_qnum, ds.msg_lspid, ds.msg_lrpid,
			ds.msg_perm.uid, ds.msg_perm.gid, ds.msg_perm.cuid,
			ds.msg_perm.cgid, ds.msg_stime, ds.msg_rtime, ds.msg_ctime);
	}
	return r;
}

static int write_shm(int fd)
{
	struct shmid_ds ds;
	int last = shmctl(0, SHM_INFO, (void *)&(struct shm_info){0});
	int r = write_line(fd,
			   "       key      shmid perms                  size  cpid  "
			   "lpid nattch   uid   gid  cuid  cgid      atime      dtime "
			   "     ctime                   rss                  swap\n");

	for (int i = 0; i <= last && r == 0; i++) {
		int id = shmctl(i, SHM_STAT_ANY, &ds);

		if (id < 0)
			continue;
		r = write_line(fd,
			       "%10d %10d  %4o %21zu %5d %5d  %5lu %5u %5u %5u %5u %10ld "
			       "%10ld %10ld %21lu %21lu\n",
			       ds.shm_perm.__key, id, (unsigned)ds.shm_perm.mode,
			       ds.shm_segsz, ds.shm_cpid, ds.shm_lpid, ds.shm_nattch,
			       ds.shm_perm.uid, ds.shm_perm.gid, ds.shm_perm.cuid,
			       ds.shm_perm.cgid, ds.shm_atime, ds.shm_dtime, ds.shm_ctime,
			       0ul, 0ul);
	}
	return r;
}

static int write_sem(int fd)
{
	struct semid_ds ds;
	int last = semctl(0, 0, SEM_INFO, &(struct seminfo){0});
	int r = write_line(fd,
			   "       key      semid perms      nsems   uid   gid  cuid  "
			   "cgid      otime      ctime\n");

	for (int i = 0; i <= last && r == 0; i++) {
		int id = semctl(i, 0, SEM_STAT_ANY, &ds);

		if (id < 0)
			continue;
		r = write_line(fd, "%10d %10d  %4o %10lu %5u %5u %5u %5u %10ld %10ld\n",
			       ds.sem_perm.__key, id, (unsigned)ds.sem_perm.mode,
			       ds.sem_nsems, ds.sem_perm.uid, ds.sem_perm.gid,
			       ds.sem_perm.cuid, ds.sem_perm.cgid, ds.sem_otime,
			       ds.sem_ctime);
	}
	return r;
}

static const struct {
	const char *name;
	int (*write)(int fd);
} files[] = {{"msg", write_msg}, {"shm", write_shm}, {"sem", write_sem}};

enum { FILES = sizeof(files) / sizeof(files[0]) };

static int find(const char *path)
{
	if (strncmp(path, DIRECTORY, strlen(DIRECTORY)) != 0)
		return -1;
	for (int i = 0; i < FILES; i++)
		if (strcmp(path + strlen(DIRECTORY), files[i].name) == 0)
			return i;
	return -1;
}

bool nr_proc_is_ours(const char *path)
{
	return path && find(path) >= 0;
}

int nr_proc_open(const char *path, bool cloexec)
{
	int fd = nr_memory_file_open(path, cloexec), r;

	if (fd < 0)
		return fd;
	r = files[find(path)].write(fd);
	if (r == 0)
		r = nr_memory_file_rewind(fd);
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	return fd;
}
