/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_OBJECT_H
#define NARU_SPACE_OBJECT_H

/*
 * space/object.h - one file of a space, whatever is in it
 *
 * An object's file begins with 8 bytes that tell its kind (layout/object.h).
 * It gets its name only when it is whole, by linkat(2): nothing half-made is ever
 * visible under a name. Where O_TMPFILE or linking such a file cannot be had, it is
 * made under a temporary name, ".new-<pid>-<time>", and linked from there; the
 * doctor clears up what a death leaves of that.
 */

#include <space/space.h>
#include <sys/stat.h>

/* 0, or -EINVAL: not 1 to 200 bytes of [A-Za-z0-9._-], or it begins with a dot. */
int nr_object_check_name(const char *name);

struct nr_object_new {
	int fd;		    /* of the file; read and write */
	int directory;	    /* the space's */
	char temporary[48]; /* its temporary name, empty for O_TMPFILE */
};

/*
 * A new file of @size bytes, all reserved and zero, without a name yet. Its mode is
 * 0600 as far as the umask lets it.
 */
int nr_object_begin(struct naru_space *space, uint64_t size,
		    struct nr_object_new *ret_new);

/*
 * Give it its name, which the caller has checked. The descriptor stays open, and
 * the caller's. Otherwise the file is still to be abandoned:
 *
 * -EEXIST	there is one
 * 1		what has no name cannot be given one here: begin again
 */
int nr_object_publish(struct naru_space *space, struct nr_object_new *object,
		      const char *name);

/* Forget a file that has not been published: closes the descriptor. */
void nr_object_abandon(struct nr_object_new *object);

/*
 * Open the file @name for reading and writing: O_NOFOLLOW, and a regular file. Whose
 * it is does not matter here: the directory's mode says who may put files into the
 * space, and the default space is refused if its directory is another user's.
 *
 * -ENOENT	there is none
 * -EBADMSG	it is not a regular file
 */
int nr_object_open(struct naru_space *space, const char *name, int *ret_fd,
		   struct stat *ret_stat);

/* The same for reading only: needs no more permission than that. */
int nr_object_open_to_read(struct naru_space *space, const char *name, int *ret_fd,
			   struct stat *ret_stat);

int nr_object_remove(struct naru_space *space, const char *name);

/*
 * Give the file @fd that mode, unless it is 0, and owner and group as far as @flags say
 * so: NARU_SET_OWNER, NARU_SET_GROUP.
 */
int nr_object_set_access(int fd, uint32_t mode, uint32_t flags, uint32_t owner,
			 uint32_t group);

/* What the first bytes of an object's file say. */
enum naru_kind nr_object_kind(const void *magic);
/* The kind of the file @name, or why it cannot be read. */
int nr_object_kind_at(int directory, const char *name);

#endif /* NARU_SPACE_OBJECT_H */
