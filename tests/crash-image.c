/* SPDX-License-Identifier: MIT */

/* crash-image.c - copy a space's files out of, and into, a directory */

#include "crash-image.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void fatal(const char *what)
{
	perror(what);
	exit(1);
}

static void map(struct image_file *file)
{
	struct stat stat;
	void *address;

	if (fstat(file->fd, &stat) < 0)
		fatal("fstat");
	if ((size_t)stat.st_size == file->mapped)
		return;
	if (file->map)
		munmap(file->map, file->mapped);
	file->mapped = (size_t)stat.st_size;
	file->map = NULL;
	if (file->mapped == 0)
		return;
	address = mmap(NULL, file->mapped, PROT_READ, MAP_SHARED, file->fd, 0);
	if (address == MAP_FAILED)
		fatal("mmap");
	file->map = address;
}

static void watch(struct image *image, int directory, const char *name)
{
	struct image_file *file = &image->file[image->count];
	struct stat stat;

	if (fstatat(directory, name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
		fatal(name);
	if (!S_ISREG(stat.st_mode))
		return;
	if (image->count == IMAGE_FILES || strlen(name) >= sizeof(file->name)) {
		fprintf(stderr, "more or other files than expected: %s\n", name);
		exit(1);
	}
	*file = (struct image_file){.size = (size_t)-1};
	memcpy(file->name, name, strlen(name) + 1);
	file->fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0)
		fatal(name);
	image->count++;
}

/*
 * All but what the kernel writes when a process dies, which it has not: without the file
 * survivors ask for the lock, and find it dead.
 */
void image_watch(struct image *image, const char *directory)
{
	DIR *files = opendir(directory);
	struct dirent *entry;

	if (!files)
		fatal(directory);
	*image = (struct image){0};
	while ((entry = readdir(files)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, ".deaths") != 0)
			watch(image, dirfd(files), entry->d_name);
	closedir(files);
}

bool image_update(struct image *image)
{
	bool changed = false;

	for (unsigned i = 0; i < image->count; i++) {
		struct image_file *file = &image->file[i];

		map(file);
		if (file->size == file->mapped &&
		    memcmp(file->bytes, file->map, file->size) == 0)
			continue;
		changed = true;
		if (file->room < file->mapped) {
			free(file->bytes);
			file->room = file->mapped;
			file->bytes = malloc(file->room);
			if (!file->bytes)
				fatal("malloc");
		}
		file->size = file->mapped;
		memcpy(file->bytes, file->map, file->size);
	}
	return changed;
}

void image_unwatch(struct image *image)
{
	for (unsigned i = 0; i < image->count; i++) {
		struct image_file *file = &image->file[i];

		if (file->map)
			munmap(file->map, file->mapped);
		if (file->fd >= 0)
			close(file->fd);
		file->map = NULL;
		file->mapped = 0;
		file->fd = -1;
	}
}

static void write_file(const struct image_file *file, int directory)
{
	int fd = openat(directory, file->name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			0600);
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) < 0)
		fatal(file->name);
	if ((size_t)stat.st_size != file->size && ftruncate(fd, (off_t)file->size) < 0)
		fatal("ftruncate");
	for (size_t done = 0; done < file->size;) {
		ssize_t r =
			pwrite(fd, file->bytes + done, file->size - done, (off_t)done);

		if (r <= 0)
			fatal("pwrite");
		done += (size_t)r;
	}
	close(fd);
}

static bool has(const struct image *image, const char *name)
{
	for (unsigned i = 0; i < image->count; i++)
		if (strcmp(image->file[i].name, name) == 0)
			return true;
	return false;
}

void image_write(const struct image *image, const char *directory)
{
	DIR *files = opendir(directory);
	struct dirent *entry;

	if (!files)
		fatal(directory);
	while ((entry = readdir(files)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !has(image, entry->d_name) &&
		    unlinkat(dirfd(files), entry->d_name, 0) < 0)
			fatal(entry->d_name);
	for (unsigned i = 0; i < image->count; i++)
		write_file(&image->file[i], dirfd(files));
	closedir(files);
}

void image_copy(const struct image *image, struct image *ret_copy)
{
	*ret_copy = *image;
	for (unsigned i = 0; i < image->count; i++) {
		struct image_file *file = &ret_copy->file[i];

		file->bytes = malloc(file->size + 1);
		if (!file->bytes)
			fatal("malloc");
		memcpy(file->bytes, image->file[i].bytes, file->size);
		file->room = file->size;
		file->map = NULL;
		file->mapped = 0;
		file->fd = -1;
	}
}

void image_free(struct image *image)
{
	image_unwatch(image);
	for (unsigned i = 0; i < image->count; i++)
		free(image->file[i].bytes);
	*image = (struct image){0};
}
