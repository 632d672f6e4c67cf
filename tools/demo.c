/* SPDX-License-Identifier: MIT */
/* tools/demo.c - naru demo: a file goes through a queue, though processes are killed */

#include <tools/command.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <tools/away.h>
#include <tools/demo.h>
#include <tools/options.h>
#include <tools/report.h>
#include <tools/sha256.h>
#include <tools/units.h>
#include <unistd.h>

struct demo_options {
	const char *file;
	uint64_t senders;
	uint64_t receivers;
	uint64_t chunk;
};

#define FIELD(name) offsetof(struct demo_options, name)

static const struct nr_option options[] = {
	{"file", 'f', "PATH", "the file to move; default one that is there", nr_read_text,
	 FIELD(file)},
	{"senders", 's', "N", "processes that send; default 2", nr_read_count,
	 FIELD(senders)},
	{"receivers", 'r', "N", "processes that receive; default 2", nr_read_count,
	 FIELD(receivers)},
	{"chunk", 0, "SIZE", "bytes of the file in a message; default 512", nr_read_size,
	 FIELD(chunk)},
	{0},
};

struct demo {
	struct nr_tool *tool;
	struct nr_job job;
	char directory[4096];
	char sent[NR_SHA256_TEXT];
};

/* Every Debian has the first two. */
static const char *default_file(void)
{
	static const char *const paths[] = {"/usr/bin/perl", "/bin/bash", "/bin/sh"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (access(paths[i], R_OK) == 0)
			return paths[i];
	}
	return "/proc/self/exe";
}

static int remove_entry(const char *path, const struct stat *status, int kind,
			struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

static int make_directory(struct demo *demo)
{
	const char *parent = demo->tool->space_path;

	if (parent && nr_is_url(parent))
		return nr_space_failed(parent, -EOPNOTSUPP);
	if (!parent)
		parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");
	snprintf(demo->directory, sizeof(demo->directory), "%s/naru-demo-XXXXXX",
		 parent ? parent : "/tmp");
	if (mkdtemp(demo->directory))
		return NR_OK;
	demo->directory[0] = '\0';
	return nr_space_failed(parent ? parent : "/tmp", -errno);
}

static int map_file(struct demo *demo, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *memory;

	if (fd < 0 || fstat(fd, &status) < 0)
		return nr_file_failed("read", path);
	if (!S_ISREG(status.st_mode) || status.st_size == 0) {
		close(fd);
		return nr_failed(
			"%s is empty or no regular file; give another with --file", path);
	}
	memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE,
		      fd, 0);
	close(fd);
	if (memory == MAP_FAILED)
		return nr_file_failed("read", path);
	demo->job.file = memory;
	demo->job.length = (size_t)status.st_size;
	return NR_OK;
}

/* Its blocks are reserved, so that a full file system is told here. */
static int make_copy(struct demo *demo)
{
	char path[sizeof(demo->directory) + 16];
	void *memory;
	int fd, r;

	snprintf(path, sizeof(path), "%s/received", demo->directory);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return nr_file_failed("create", path);
	r = posix_fallocate(fd, 0, (off_t)demo->job.length);
	memory = r == 0 ? mmap(NULL, demo->job.length, PROT_READ | PROT_WRITE, MAP_SHARED,
			       fd, 0)
			: MAP_FAILED;
	errno = r ? r : errno;
	close(fd);
	if (memory == MAP_FAILED)
		return nr_file_failed("create", path);
	demo->job.copy = memory;
	return NR_OK;
}

static void *map_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		exit(nr_failed("no memory left; end other programs, then try again"));
	return memory;
}

static void set_copies(struct nr_job *job, uint64_t copies)
{
	if (job->arrived)
		munmap((void *)job->arrived, (size_t)job->total);
	job->chunks = (job->length + job->chunk - 1) / job->chunk;
	job->copies = copies;
	job->total = job->chunks * copies;
	job->arrived = map_shared((size_t)job->total);
}

static int explain(int r)
{
	switch (r) {
	case NR_JOB_INTERRUPTED:
		return NR_INTERRUPTED;
	case NR_JOB_STUCK:
		return nr_failed("the demo is stuck: no message arrives any more; please "
				 "report it");
	case NR_JOB_WORKER_FAILED:
		return nr_failed("a process of the demo failed");
	default:
		return nr_failed("cannot make the demo's queue: %s", naru_error_text(r));
	}
}

static int check_copy(const struct demo *demo)
{
	char received[NR_SHA256_TEXT];

	if (nr_sha256(demo->job.copy, demo->job.length, received) < 0)
		return nr_failed("no memory left; end other programs, then try again");
	if (strcmp(received, demo->sent) != 0)
		return nr_failed("the received file differs: %s; please report it",
				 received);
	return NR_OK;
}

static int run_job(struct demo *demo, const struct nr_road *road, bool kills,
		   const char *label, struct nr_outcome *ret_outcome)
{
	int r = nr_job_run(&demo->job, road, kills, label, ret_outcome);

	return r != 0 ? explain(r) : check_copy(demo);
}

/* So many copies that the job lasts a while: what is short is not well measured. */
static int choose_copies(struct demo *demo)
{
	static const double trial_seconds = 0.2, seconds = 0.8;
	struct nr_outcome outcome;
	uint64_t copies = 1;

	for (;;) {
		int status;

		set_copies(&demo->job, copies);
		status = run_job(demo, &nr_road_naru, false, "trial", &outcome);
		if (status != NR_OK)
			return status;
		if (outcome.seconds >= trial_seconds)
			break;
		copies *= 4;
	}
	if (outcome.seconds < seconds)
		copies = (uint64_t)((double)copies * seconds / outcome.seconds) + 1;
	set_copies(&demo->job, copies);
	return NR_OK;
}

static void print_kill(const char *what, const struct nr_kill *kill)
{
	char after[NR_UNIT_MAX];

	if (kill->pid == 0)
		printf("  killed     no %s: it had ended already\n", what);
	else
		printf("  killed     %s %u, process %d, after %s messages; replaced by "
		       "%d\n",
		       what, kill->worker + 1, (int)kill->pid,
		       nr_print_count(kill->after, after), (int)kill->replacement);
}

static void print_rate(const char *label, const struct nr_job *job, double seconds)
{
	char rate[NR_UNIT_MAX], bytes[NR_UNIT_MAX];

	printf("  %-28s %6.2f s  %12s messages/s  %10s/s\n", label, seconds,
	       nr_print_count((uint64_t)((double)job->total / seconds), rate),
	       nr_print_size((uint64_t)((double)(job->copies * job->length) / seconds),
			     bytes));
}

static void print_plan(const struct demo *demo, const char *path)
{
	const struct nr_job *job = &demo->job;
	char size[NR_UNIT_MAX], total[NR_UNIT_MAX], copies[NR_UNIT_MAX];

	printf("A file goes through a queue: %u senders, %u receivers, and SIGKILL.\n\n",
	       job->senders, job->receivers);
	printf("  file       %s, %s, %s times over\n", path,
	       nr_print_size(job->length, size), nr_print_count(job->copies, copies));
	printf("  messages   %s of %zu bytes; the type tells the copy, the number the "
	       "place\n",
	       nr_print_count(job->total, total), job->chunk);
	printf("  space      %s, removed at the end\n", demo->directory);
}

static void print_killed(const struct demo *demo, const struct nr_outcome *outcome)
{
	char total[NR_UNIT_MAX], twice[NR_UNIT_MAX];

	print_kill("receiver", &outcome->receiver);
	print_kill("sender", &outcome->sender);
	nr_print_count(demo->job.total, total);
	printf("  arrived    %s of %s; %s came twice, redelivered: dropped\n", total,
	       total, nr_print_count(outcome->twice, twice));
	/* check_copy() has compared them. */
	printf("  sent       %s\n  received   %s\n  SHA-256    identical\n\n", demo->sent,
	       demo->sent);
}

/* Some have none: Android, gVisor, a seccomp filter. */
static int run_kernel(struct demo *demo, double safe_seconds, double copies_seconds)
{
	struct nr_outcome kernel;
	int r = nr_job_run(&demo->job, &nr_road_sysv, false, "msgsnd/msgrcv", &kernel);

	if (r == -ENOSYS || r == -EPERM || r == -ENOSPC) {
		printf("  the kernel's msgsnd/msgrcv: not here: %s\n",
		       naru_error_text(r));
		return NR_OK;
	}
	r = r != 0 ? explain(r) : check_copy(demo);
	if (r != NR_OK)
		return r;
	print_rate("the kernel's msgsnd/msgrcv", &demo->job, kernel.seconds);
	printf("\nnaru is %.1f times as fast, and %.1f times when it receives like the "
	       "kernel's queue:\ncopies, which are lost if their receiver dies. So there "
	       "nobody is killed.\n",
	       kernel.seconds / safe_seconds, kernel.seconds / copies_seconds);
	return NR_OK;
}

static int run_all(struct demo *demo, const char *path)
{
	struct nr_outcome killed, safe, copies;
	int status = choose_copies(demo);

	if (status != NR_OK)
		return status;
	print_plan(demo, path);
	status = run_job(demo, &nr_road_naru, true, "two killed", &killed);
	if (status != NR_OK)
		return status;
	print_killed(demo, &killed);
	print_rate("naru, two processes killed", &demo->job, killed.seconds);
	status = run_job(demo, &nr_road_naru, false, "nobody killed", &safe);
	if (status != NR_OK)
		return status;
	print_rate("naru, nobody killed", &demo->job, safe.seconds);
	status = run_job(demo, &nr_road_copies, false, "copies", &copies);
	if (status != NR_OK)
		return status;
	print_rate("naru, copies in batches", &demo->job, copies.seconds);
	return run_kernel(demo, safe.seconds, copies.seconds);
}

static int check_usage(const struct demo_options *given, int arguments)
{
	if (arguments > 0)
		return nr_bad_usage(&nr_command_demo,
				    "it takes no arguments; a file is given "
				    "with --file");
	if (given->senders > NR_WORKERS_MAX || given->receivers > NR_WORKERS_MAX)
		return nr_bad_usage(&nr_command_demo, "at most %d senders and receivers",
				    NR_WORKERS_MAX);
	if (given->chunk > NR_CHUNK_MAX)
		return nr_bad_usage(&nr_command_demo,
				    "--chunk is at most %d, for the kernel's "
				    "sake",
				    NR_CHUNK_MAX);
	return NR_OK;
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct demo_options given = {.senders = 2, .receivers = 2, .chunk = 512};
	struct demo demo = {.tool = tool};
	int first = nr_options_parse(tool, &nr_command_demo, argc, argv, &given);
	int status;

	if (first <= 0)
		return -first;
	status = check_usage(&given, argc - first);
	if (status != NR_OK)
		return status;
	if (!given.file)
		given.file = default_file();
	demo.job.directory = demo.directory;
	demo.job.senders = (unsigned)given.senders;
	demo.job.receivers = (unsigned)given.receivers;
	demo.job.chunk = (size_t)given.chunk;
	demo.job.board = map_shared(sizeof(*demo.job.board));
	status = map_file(&demo, given.file);
	if (status != NR_OK)
		return status;
	if (nr_sha256(demo.job.file, demo.job.length, demo.sent) < 0)
		return nr_failed("no memory left; end other programs, then try again");
	nr_job_catch_signals();
	status = make_directory(&demo);
	if (status == NR_OK)
		status = make_copy(&demo);
	if (status == NR_OK)
		status = run_all(&demo, given.file);
	if (demo.directory[0])
		nftw(demo.directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	return status;
}

const struct nr_command nr_command_demo = {
	.name = "demo",
	.usage = "[--file PATH] [OPTION...]",
	.summary = "see a file go through a queue, though processes are killed",
	.text = "Several processes send a file in chunks, several receive it. One of "
		"each is\n"
		"killed on the way, and replaced. Then the same through msgsnd and "
		"msgrcv.\n",
	.options = options,
	.run = run,
};
