/* SPDX-License-Identifier: MIT */

/* crash-image.c - copy a space's files out of, and into, a directory */

#include "crash-image.h"
#include "trace.h"

#include <fcntl.h>
#include <layout/queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GROWN_MAX = 65536 }; /* no test makes a ring larger than that */

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

/* Behind the ring of a queue there is nothing, up to the heap, but where it grows. */
static void find_gap(struct image_file *file)
{
	const struct nr_queue_shared *shared = (const void *)file->map;
	size_t ring, from;

	file->gap = file->gap_end = 0;
	if (file->mapped < NR_QUEUE_RING || shared->object.magic != NR_QUEUE_MAGIC)
		return;
	ring = atomic_load(&shared->ring_size);
	from = shared->ring_offset + (ring > GROWN_MAX ? ring : GROWN_MAX);
	if (from < shared->heap_offset && shared->heap_offset < file->mapped) {
		file->gap = from;
		file->gap_end = shared->heap_offset;
	}
}

static bool is_same(const struct image_file *file)
{
	size_t gap = file->gap, end = file->gap_end;

	return file->size == file->mapped && memcmp(file->bytes, file->map, gap) == 0 &&
	       memcmp(file->bytes + end, file->map + end, file->size - end) == 0;
}

static void copy(const struct image_file *file, unsigned char *to,
		 const unsigned char *from)
{
	memcpy(to, from, file->gap);
	memcpy(to + file->gap_end, from + file->gap_end, file->size - file->gap_end);
}

static void unwatch_file(struct image_file *file)
{
	if (file->map)
		munmap(file->map, file->mapped);
	if (file->fd >= 0)
		close(file->fd);
	file->map = NULL;
	file->mapped = 0;
	file->fd = -1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct image_file *)a)->name,
		      ((const struct image_file *)b)->name);
}

/*
 * The names that are there now, in order; nothing is watched yet. ".deaths" is left out:
 * the kernel writes to it when a process dies, which it has not. Without it survivors ask
 * for the lock, and find it dead.
 */
static unsigned list(DIR *directory, struct image_file *ret_file)
{
	struct dirent *entry;
	unsigned count = 0;

	rewinddir(directory);
	while ((entry = readdir(directory))) {
		struct image_file *file = &ret_file[count];
		struct stat stat;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    !strcmp(entry->d_name, ".deaths"))
			continue;
		if (fstatat(dirfd(directory), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) <
		    0)
			fatal(entry->d_name);
		if (!S_ISREG(stat.st_mode) && !S_ISFIFO(stat.st_mode))
			continue;
		if (count == IMAGE_FILES || strlen(entry->d_name) >= IMAGE_NAME) {
			fprintf(stderr, "more or other files than expected: %s\n",
				entry->d_name);
			exit(1);
		}
		*file = (struct image_file){.mode = stat.st_mode,
					    .inode = stat.st_ino,
					    .fd = -1,
					    .size = (size_t)-1};
		strcpy(file->name, entry->d_name);
		count++;
	}
	qsort(ret_file, count, sizeof(*ret_file), by_name);
	return count;
}

static void watch_files(struct image *image)
{
	for (unsigned i = 0; i < image->count; i++) {
		struct image_file *file = &image->file[i];

		if (!S_ISREG(file->mode))
			continue;
		file->fd =
			openat(dirfd(image->directory), file->name, O_RDONLY | O_CLOEXEC);
		if (file->fd < 0)
			fatal(file->name);
	}
}

void image_watch(struct image *image, const char *directory)
{
	*image = (struct image){.directory = opendir(directory)};
	if (!image->directory)
		fatal(directory);
	image->count = list(image->directory, image->file);
	watch_files(image);
}

bool image_update_names(struct image *image)
{
	struct image_file now[IMAGE_FILES];
	unsigned count = list(image->directory, now);
	bool same = count == image->count;

	for (unsigned i = 0; same && i < count; i++)
		same = strcmp(now[i].name, image->file[i].name) == 0 &&
		       now[i].mode == image->file[i].mode &&
		       now[i].inode == image->file[i].inode;
	if (same)
		return false;
	for (unsigned i = 0; i < image->count; i++) {
		unwatch_file(&image->file[i]);
		free(image->file[i].bytes);
	}
	memcpy(image->file, now, count * sizeof(now[0]));
	image->count = count;
	watch_files(image);
	return true;
}

bool image_update(struct image *image)
{
	bool changed = false;

	for (unsigned i = 0; i < image->count; i++) {
		struct image_file *file = &image->file[i];

		if (!S_ISREG(file->mode))
			continue;
		map(file);
		find_gap(file);
		if (is_same(file))
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
		copy(file, file->bytes, file->map);
	}
	return changed;
}

void image_unwatch(struct image *image)
{
	for (unsigned i = 0; i < image->count; i++)
		unwatch_file(&image->file[i]);
	if (image->directory)
		closedir(image->directory);
	image->directory = NULL;
}

/* The first name of the file that @i is a name of. */
static unsigned first_name(const struct image *image, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (image->file[k].inode == image->file[i].inode)
			return k;
	return i;
}

static void write_bytes(int fd, const struct image_file *file, size_t from, size_t to)
{
	while (from < to) {
		ssize_t r = pwrite(fd, file->bytes + from, to - from, (off_t)from);

		if (r <= 0)
			fatal("pwrite");
		from += (size_t)r;
	}
}

/* Returns the inode number of the copy. */
static ino_t write_file(const struct image_file *file, int directory)
{
	int fd = openat(directory, file->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			0600);
	struct stat stat;

	if (fd < 0 || fchmod(fd, file->mode & 07777) < 0 || fstat(fd, &stat) < 0)
		fatal(file->name);
	write_bytes(fd, file, 0, file->gap);
	write_bytes(fd, file, file->gap_end, file->size);
	close(fd);
	return stat.st_ino;
}

/* The name that the copy of a file beside a queue has, or its own. */
static const char *copy_name(const struct image *image, const struct image_file *file,
			     const ino_t *copies)
{
	const char *dash = strrchr(file->name, '-');
	static char name[2 * IMAGE_NAME];
	char *end = NULL;
	ino_t inode = dash ? strtoull(dash + 1, &end, 16) : 0;

	for (unsigned i = 0; inode && i < image->count; i++) {
		if (!S_ISREG(image->file[i].mode) || image->file[i].inode != inode)
			continue;
		snprintf(name, sizeof(name), "%.*s-%llx%s", (int)(dash - file->name),
			 file->name, (unsigned long long)copies[i], end);
		return name;
	}
	return file->name;
}

static void write_beside(const struct image *image, const struct image_file *file,
			 const ino_t *copies, int directory)
{
	const char *name = copy_name(image, file, copies);

	if (S_ISFIFO(file->mode) &&
	    (mkfifoat(directory, name, 0600) < 0 ||
	     fchmodat(directory, name, file->mode & 07777, 0) < 0))
		fatal(name);
	if (S_ISREG(file->mode) && renameat(directory, file->name, directory, name) < 0)
		fatal(name);
}

void image_write(const struct image *image, const char *path)
{
	ino_t copies[IMAGE_FILES] = {0};
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		fatal(path);
	trace_clear(path);
	for (unsigned i = 0; i < image->count; i++) {
		const struct image_file *file = &image->file[i];
		unsigned first = first_name(image, i);

		if (!S_ISREG(file->mode))
			continue;
		if (first == i)
			copies[i] = write_file(file, directory);
		else if (linkat(directory, image->file[first].name, directory, file->name,
				0) < 0)
			fatal(file->name);
		else
			copies[i] = copies[first];
	}
	for (unsigned i = 0; i < image->count; i++)
		if (image->file[i].name[0] == '.' && image->file[i].name[1] != 'n')
			write_beside(image, &image->file[i], copies, directory);
	close(directory);
}

void image_copy(const struct image *image, struct image *ret_copy)
{
	*ret_copy = *image;
	ret_copy->directory = NULL;
	for (unsigned i = 0; i < image->count; i++) {
		struct image_file *file = &ret_copy->file[i];

		file->map = NULL;
		file->mapped = 0;
		file->fd = -1;
		if (!S_ISREG(file->mode))
			continue;
		file->bytes = malloc(file->size + 1);
		if (!file->bytes)
			fatal("malloc");
		copy(file, file->bytes, image->file[i].bytes);
		file->room = file->size;
	}
}

void image_free(struct image *image)
{
	image_unwatch(image);
	for (unsigned i = 0; i < image->count; i++)
		free(image->file[i].bytes);
	*image = (struct image){0};
}
