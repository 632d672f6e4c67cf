/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_IMAGE_H
#define TESTS_CRASH_IMAGE_H

/*
 * crash-image.h - a space's files, copied
 *
 * The whole of what processes share is in the files of the space. A copy of them,
 * made while a process stands still between two instructions, is what others
 * would find if it had been killed there: also that it is dead, as nobody holds a
 * lock on the copy. What goes with the process is not copied: files that have no
 * name yet, and the bytes in FIFOs that nobody else has open.
 *
 * The copy of a file has another inode number. Where that is part of a name (of a
 * file beside a queue, ".NAME-<inode>.r") the copy's name tells the copy's.
 */

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { IMAGE_FILES = 8, IMAGE_NAME = 64 };

struct image {
	unsigned count;
	struct image_file {
		char name[IMAGE_NAME];
		mode_t mode; /* with its kind: a regular file or a FIFO */
		ino_t inode; /* of which there may be several names */
		size_t size;
		size_t room;
		unsigned char *bytes;
		size_t gap, gap_end; /* nobody's memory: not looked at, nor copied */
		/* Of the file that is watched. */
		int fd;
		size_t mapped;
		unsigned char *map;
	} file[IMAGE_FILES];
	DIR *directory; /* while it is watched */
};

/* Look at the files that are in @directory now. */
void image_watch(struct image *image, const char *directory);

/* Copy the contents that have changed since the last time; true if any have. */
bool image_update(struct image *image);

/*
 * True if names, modes, or the files that the names mean have changed since they
 * were last looked at: then what is there now is watched.
 */
bool image_update_names(struct image *image);

/* Stop looking; the copy stays. */
void image_unwatch(struct image *image);

/* Make @directory hold exactly these files. */
void image_write(const struct image *image, const char *directory);

/* A copy of the copy; unwatched. */
void image_copy(const struct image *image, struct image *ret_copy);
void image_free(struct image *image);

#endif /* TESTS_CRASH_IMAGE_H */
