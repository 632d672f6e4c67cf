/* SPDX-License-Identifier: MIT */

#include <sysv/proc.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/memory-file.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define PROC	"/proc/"
#define SYSVIPC "sysvipc/"

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

/* Is @directory that one? */
static bool is_directory(int directory, const char *path)
{
	struct stat stat, wanted;
	int r;

	if (directory == AT_FDCWD)
		r = nr_file_stat_at(AT_FDCWD, ".", &stat);
	else
		r = nr_file_stat(directory, &stat);
	return r == 0 && nr_file_stat_at(AT_FDCWD, path, &wanted) == 0 &&
	       stat.st_dev == wanted.st_dev && stat.st_ino == wanted.st_ino;
}

int nr_proc_find(int directory, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path;
	size_t length = slash ? (size_t)(slash + 1 - path) : 0;
	int which = FILES - 1;

	while (path && which >= 0 && strcmp(name, files[which].name) != 0)
		which--;
	if (!path || which < 0)
		return -1;
	if (length == strlen(PROC SYSVIPC) && memcmp(path, PROC SYSVIPC, length) == 0)
		return which;
	/* Names that mean nothing else are rare enough for a few system calls. */
	if (length == 0)
		return is_directory(directory, PROC SYSVIPC) ? which : -1;
	if (length == strlen(SYSVIPC) && memcmp(path, SYSVIPC, length) == 0)
		return is_directory(directory, PROC) ? which : -1;
	return -1;
}

int nr_proc_open(int which, bool cloexec)
{
	char path[sizeof(PROC SYSVIPC) + 4];
	int fd, r;

	snprintf(path, sizeof(path), PROC SYSVIPC "%s", files[which].name);
	fd = nr_memory_file_open(path, cloexec);
	if (fd < 0)
		return fd;
	r = files[which].write(fd);
	if (r == 0)
		r = nr_memory_file_rewind(fd);
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	return fd;
}
