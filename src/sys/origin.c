/* SPDX-License-Identifier: MIT */

#include <sys/origin.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/process.h>
#include <sys/stat.h>

enum { START_FIELD = 22, STATE_FIELD = 3 };

/* The @field-th of proc(5)'s stat; the second one's text may hold spaces. */
static const char *field_of(const char *text, int field)
{
	const char *at = strrchr(text, ')');

	for (int i = 2; at && i < field; i++) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	return at;
}

static uint64_t number_at(const char *text)
{
	uint64_t number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (uint64_t)(*text - '0');
	return number;
}

/* When it started; 0: nobody knows, or it has ended. */
static uint64_t start_of(int32_t pid)
{
	char path[32], text[1024];
	const char *state, *start;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = nr_file_open(AT_FDCWD, path, O_RDONLY, 0);
	if (fd < 0)
		return 0;
	n = nr_file_read(fd, text, sizeof(text) - 1);
	nr_file_close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	state = field_of(text, STATE_FIELD);
	start = field_of(text, START_FIELD);
	if (!state || !start || *state == 'Z' || *state == 'X')
		return 0;
	return number_at(start);
}

static uint64_t own_pid_space(void)
{
	struct stat stat;
	int fd = nr_file_open(AT_FDCWD, "/proc/self/ns/pid", O_RDONLY, 0);
	int r;

	if (fd < 0)
		return 0;
	r = nr_file_stat(fd, &stat);
	nr_file_close(fd);
	return r < 0 ? 0 : stat.st_ino;
}

void nr_origin_own(struct nr_origin *ret_origin)
{
	*ret_origin = (struct nr_origin){
		.pid = nr_process_id(),
		.pid_space = own_pid_space(),
		.start = start_of(nr_process_id()),
	};
}

bool nr_origin_goes_on(const struct nr_origin *origin)
{
	return origin->start != 0 && origin->pid_space != 0 &&
	       start_of(origin->pid) == origin->start &&
	       own_pid_space() == origin->pid_space;
}
