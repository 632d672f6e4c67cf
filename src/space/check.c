/* SPDX-License-Identifier: MIT */

/* space/check.c - see space/check.h */

#include <errno.h>
#include <inttypes.h>
#include <space/check.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/clock.h>
#include <sys/file.h>

/* Nobody needs that long to make an object; so its maker is dead. */
#define TEMPORARY_AGE_NS INT64_C(60000000000)
#define FREE_LEAST	 (UINT64_C(16) << 20)

static const char hex_digits[] = "0123456789abcdef";

struct check {
	struct naru_space *space;
	int directory;
	int flags;
	const struct nr_object_checker *checkers;
	size_t checker_count;
	nr_check_function check_socket;
	void (*visit)(void *data, const struct naru_finding *finding);
	void *data;
	int left; /* findings that are WARNING or worse, and not repaired */
};

static void tell(void *data, const struct naru_finding *finding)
{
	struct check *check = data;

	if (finding->severity >= NARU_SEVERITY_WARNING && !finding->repaired)
		check->left++;
	if (check->visit)
		check->visit(check->data, finding);
}

static void __attribute__((format(printf, 5, 6)))
find(struct check *check, enum naru_severity severity, const char *object, bool repaired,
     const char *format, ...)
{
	char text[512];
	struct naru_finding finding = {severity, object, text, repaired};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	tell(check, &finding);
}

static int check_peers(struct check *check)
{
	uint32_t alive, stale;
	struct stat stat;
	int r;

	r = nr_file_stat_at(check->directory, NR_PEERS_FILE, &stat);
	if (r < 0 || !nr_kept_is(&check->space->table, &stat)) {
		find(check, NARU_SEVERITY_WARNING, NULL, false,
		     "the file " NR_PEERS_FILE
		     " was removed or replaced while in use, so "
		     "deaths go unnoticed: stop all programs that use the space, then "
		     "start them again");
		return 0;
	}
	r = nr_space_count_peers(check->space, &alive, &stale);
	if (r < 0 || !stale)
		return r;
	if (check->flags & NARU_CHECK_REPAIR) {
		r = nr_space_clear_peers(check->space);
		if (r < 0 && r != -EACCES)
			return r;
	} else {
		r = 0;
	}
	find(check, NARU_SEVERITY_NOTICE, NULL, r > 0,
	     "slots left by processes that have ended: %" PRIu32
	     "; the next ones take them over",
	     stale);
	return 0;
}

static int check_directory(struct check *check)
{
	struct stat stat;
	int r = nr_file_stat(check->directory, &stat);

	if (r < 0)
		return r;
	if (stat.st_mode & S_IWOTH && !(stat.st_mode & S_ISVTX))
		find(check, NARU_SEVERITY_WARNING, NULL, false,
		     "every user may remove every object: chmod +t %s",
		     check->space->path);
	return 0;
}

static int check_file_system(struct check *check)
{
	static const char shm[] = "/dev/shm";
	const char *path = check->space->path;
	uint64_t size, left;
	int r = nr_file_system(check->directory, &size, &left);

	if (r < 0)
		return r;
	/* Some file systems do not know their size, and say 0. */
	if (!size || (left >= size / 10 && left >= FREE_LEAST))
		return 0;
	if (strncmp(path, shm, strlen(shm)) == 0)
		find(check, NARU_SEVERITY_WARNING, NULL, false,
		     "%s is nearly full (%" PRIu64 " of %" PRIu64 " MiB free): remove "
		     "objects, or mount -o remount,size=%" PRIu64 "M %s, or start the "
		     "container with --shm-size",
		     shm, left >> 20, size >> 20, (size >> 19) + 64, shm);
	else
		find(check, NARU_SEVERITY_WARNING, NULL, false,
		     "the file system of %s is nearly full (%" PRIu64 " of %" PRIu64
		     " MiB free): remove objects or other files, or make it larger",
		     path, left >> 20, size >> 20);
	return 0;
}

/* Remove @name if that is wanted, and tell. */
static void leftover(struct check *check, enum naru_severity severity, const char *name,
		     const char *what)
{
	bool removed = false;
	int r;

	if (check->flags & NARU_CHECK_REPAIR) {
		r = nr_file_unlink(check->directory, name);
		if (r == -ENOENT)
			return;
		removed = r == 0;
	}
	find(check, severity, name, removed, removed ? "%s; removed" : "%s; remove it",
	     what);
}

static bool is_temporary(const char *name)
{
	return strncmp(name, ".new-", 5) == 0;
}

static bool is_old(const struct stat *stat)
{
	int64_t changed =
		(int64_t)stat->st_mtim.tv_sec * 1000000000 + stat->st_mtim.tv_nsec;

	return nr_clock_wall() - changed > TEMPORARY_AGE_NS;
}

static void check_temporary(struct check *check, const char *name)
{
	struct stat stat;

	if (nr_file_stat_at(check->directory, name, &stat) == 0 &&
	    S_ISREG(stat.st_mode) && is_old(&stat))
		leftover(check, NARU_SEVERITY_WARNING, name,
			 "left over by a process that died while it made an object");
}

/* Is it the name of a file beside a queue (queue/beside.h)? Then of which. */
static bool parse_beside(const char *name, char object[NARU_NAME_MAX + 1],
			 ino_t *ret_inode)
{
	const char *dash = strrchr(name, '-'), *digit;
	ino_t inode = 0;
	size_t length;

	if (!dash)
		return false;
	for (digit = dash + 1; strchr(hex_digits, *digit) && *digit; digit++)
		inode = inode << 4 | (ino_t)(strchr(hex_digits, *digit) - hex_digits);
	if (digit == dash + 1 || digit > dash + 1 + 16 || digit[0] != '.' || !digit[1] ||
	    !strchr("rws", digit[1]) || digit[2])
		return false;
	length = (size_t)(dash - name) - 1;
	if (length > NARU_NAME_MAX)
		return false;
	memcpy(object, name + 1, length);
	object[length] = '\0';
	*ret_inode = inode;
	return nr_object_check_name(object) == 0;
}

static void check_beside(struct check *check, const char *name)
{
	char object[NARU_NAME_MAX + 1];
	struct stat stat;
	ino_t inode;
	int r;

	if (!parse_beside(name, object, &inode) ||
	    nr_file_stat_at(check->directory, name, &stat) < 0 ||
	    (stat.st_mode & S_IFMT) !=
		    (name[strlen(name) - 1] == 's' ? S_IFREG : S_IFIFO))
		return;
	r = nr_file_stat_at(check->directory, object, &stat);
	if (r == -ENOENT || (r == 0 && stat.st_ino != inode))
		leftover(check, NARU_SEVERITY_NOTICE, name,
			 "belonged to a queue that is no longer there");
}

/* One under a temporary name may just be about to listen. */
static int check_listener(struct check *check, const char *name)
{
	struct stat stat;

	if (!check->check_socket || nr_file_stat_at(check->directory, name, &stat) < 0 ||
	    !S_ISSOCK(stat.st_mode) || (is_temporary(name) && !is_old(&stat)))
		return 0;
	return check->check_socket(check->space, name, check->flags, tell, check);
}

static int check_object(struct check *check, const char *name)
{
	struct stat stat;
	int kind;

	if (nr_file_stat_at(check->directory, name, &stat) < 0)
		return 0;
	if (!S_ISREG(stat.st_mode)) {
		find(check, NARU_SEVERITY_WARNING, name, false,
		     "is %s, which has no place in a space: move it away",
		     S_ISDIR(stat.st_mode)   ? "a directory"
		     : S_ISLNK(stat.st_mode) ? "a symbolic link"
					     : "a special file");
		return 0;
	}
	kind = nr_object_kind_at(check->directory, name);
	if (kind == -ENOENT)
		return 0;
	if (kind < 0)
		find(check, NARU_SEVERITY_NOTICE, name, false,
		     "cannot be read by this user, so it was not checked");
	else if (kind == NARU_KIND_UNKNOWN || nr_object_check_name(name) < 0)
		find(check, NARU_SEVERITY_NOTICE, name, false,
		     "is not an object of naru's: move it away if it is of use, else "
		     "remove it");
	else
		for (size_t i = 0; i < check->checker_count; i++)
			if (check->checkers[i].kind == (enum naru_kind)kind)
				return check->checkers[i].check(
					check->space, name, check->flags, tell, check);
	return 0;
}

static int check_entry(void *data, const char *name)
{
	struct check *check = data;

	if (name[0] != '.')
		return check_object(check, name);
	if (is_temporary(name))
		check_temporary(check, name);
	check_beside(check, name);
	return check_listener(check, name);
}

int nr_space_check(struct naru_space *space, int flags,
		   const struct nr_object_checker *checkers, size_t count,
		   nr_check_function check_socket,
		   void (*visit)(void *data, const struct naru_finding *finding),
		   void *data)
{
	struct check check = {
		.flags = flags,
		.checkers = checkers,
		.checker_count = count,
		.check_socket = check_socket,
		.visit = visit,
		.data = data,
	};
	int r;

	if (flags & ~NARU_CHECK_REPAIR)
		return -EINVAL;
	r = nr_space_resolve(space, &check.space);
	if (r < 0)
		return r;
	check.directory = nr_space_directory(check.space);
	if (check.directory < 0)
		return check.directory;
	r = check_peers(&check);
	if (r == 0)
		r = check_directory(&check);
	if (r == 0)
		r = check_file_system(&check);
	if (r == 0)
		r = nr_file_list(check.directory, check_entry, &check);
	return r < 0 ? r : check.left;
}
