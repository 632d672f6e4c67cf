/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_IMAGE_H
#define TESTS_CRASH_IMAGE_H

/*
 * crash-image.h - a space's files, copied
 *
 * The whole of what processes share is in the files of the space. A copy of them,
 * made while a process stands still between two instructions, is what others
 * would find if it had been killed there: also that it is dead, as nobody holds a
 * lock on the copy.
 */

#include <stdbool.h>
#include <stddef.h>

enum { IMAGE_FILES = 4 };

struct image {
	unsigned count;
	struct image_file {
		char name[64];
		size_t size;
		size_t room;
		unsigned char *bytes;
		/* Of the file that is watched. */
		int fd;
		size_t mapped;
		unsigned char *map;
	} file[IMAGE_FILES];
};

/* Look at the regular files that are in @directory now. */
void image_watch(struct image *image, const char *directory);

/* Copy what has changed since the last time; true if anything has. */
bool image_update(struct image *image);

/* Stop looking; the copy stays. */
void image_unwatch(struct image *image);

/* Make @directory hold exactly these files. */
void image_write(const struct image *image, const char *directory);

/* A copy of the copy; unwatched. */
void image_copy(const struct image *image, struct image *ret_copy);
void image_free(struct image *image);

#endif /* TESTS_CRASH_IMAGE_H */
