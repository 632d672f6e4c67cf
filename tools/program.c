/* SPDX-License-Identifier: MIT */
/* tools/program.c - see tools/program.h */

#include <tools/program.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LIBRARY "libnaru-sysv.so.0"
#define MODULE	"libnaru-tls.so.0"

enum { SCRIPTS_MAX = 4 }; /* of scripts that interpret scripts */

static bool is_there(const char *path)
{
	return access(path, R_OK) == 0;
}

/* @place: seen from the directory that we are in. */
static bool find_beside(const char *place, char ret_path[PATH_MAX])
{
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return false;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	slash[1] = '\0';
	snprintf(path, sizeof(path), "%s%s", self, place);
	return realpath(path, ret_path) && is_there(ret_path);
}

bool nr_program_library(char ret_path[PATH_MAX])
{
	/* Where we are built, and where we are installed. */
	static const char *const places[] = {"../src/" LIBRARY, "../lib/" LIBRARY,
					     "../lib/" NR_LIBRARY_DIRECTORY "/" LIBRARY};
	const char *chosen = getenv("NARU_SYSV_LIBRARY");

	if (chosen && chosen[0])
		return realpath(chosen, ret_path) != NULL && is_there(ret_path);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (find_beside(places[i], ret_path))
			return true;
	return false;
}

void nr_program_use_modules(void)
{
	char path[PATH_MAX];

	if (!find_beside("../src/" MODULE, path))
		return;
	*strrchr(path, '/') = '\0';
	setenv("NARU_MODULES", path, 0);
}

/* As execvp(3) searches. */
static bool find(const char *name, char path[PATH_MAX])
{
	const char *from = getenv("PATH");

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return access(path, F_OK) == 0;
	}
	for (from = from ? from : "/bin:/usr/bin"; from; from = strchr(from, ':')) {
		from += *from == ':';
		snprintf(path, PATH_MAX, "%.*s/%s", (int)strcspn(from, ":"), from, name);
		if (access(path, X_OK) == 0)
			return true;
	}
	path[0] = '\0';
	return false;
}

struct image {
	const unsigned char *bytes;
	size_t size;
};

static bool map(const char *path, struct image *ret_image, struct stat *ret_stat)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *address = MAP_FAILED;

	if (fd < 0)
		return false;
	if (fstat(fd, ret_stat) == 0 && ret_stat->st_size > 0)
		address = mmap(NULL, (size_t)ret_stat->st_size, PROT_READ, MAP_PRIVATE,
			       fd, 0);
	close(fd);
	if (address == MAP_FAILED)
		return false;
	*ret_image = (struct image){address, (size_t)ret_stat->st_size};
	return true;
}

/* "#!": whose the script is. */
static bool read_script(const struct image *image, char path[PATH_MAX])
{
	size_t start = 2, length = 0;

	if (image->size < 4 || memcmp(image->bytes, "#!", 2) != 0)
		return false;
	while (start < image->size && image->bytes[start] == ' ')
		start++;
	while (start + length < image->size && length < PATH_MAX - 1 &&
	       !memchr(" \t\n", image->bytes[start + length], 3))
		length++;
	memcpy(path, image->bytes + start, length);
	path[length] = '\0';
	return true;
}

static const Elf64_Phdr *segment_of(const struct image *image, uint32_t type)
{
	const Elf64_Ehdr *head = (const void *)image->bytes;

	if (head->e_phoff > image->size || head->e_phentsize != sizeof(Elf64_Phdr) ||
	    head->e_phoff % 8 != 0 ||
	    head->e_phnum > (image->size - head->e_phoff) / sizeof(Elf64_Phdr))
		return NULL;
	for (int i = 0; i < head->e_phnum; i++) {
		const Elf64_Phdr *it = (const void *)(image->bytes + head->e_phoff +
						      (size_t)i * sizeof(*it));

		if (it->p_type == type)
			return it;
	}
	return NULL;
}

/*
 * The instruction sequence of one that has the number of a System V call in it, on
 * x86-64: mov $number, %eax; then soon syscall.
 */
static bool is_raw(const struct image *image)
{
#ifdef __x86_64__
	static const unsigned char numbers[] = {29, 30, 31, 64, 65, 66,
						67, 68, 69, 70, 71};
	enum { NEAR = 24 };

	for (size_t i = 0; i + NEAR < image->size; i++) {
		const unsigned char *at = image->bytes + i;

		if (at[0] != 0xb8 || at[2] || at[3] || at[4] ||
		    !memchr(numbers, at[1], sizeof(numbers)))
			continue;
		if (memmem(at + 5, NEAR - 5, "\x0f\x05", 2))
			return true;
	}
#else
	(void)image;
#endif
	return false;
}

static enum nr_obstacle look(const struct image *image, const struct stat *stat,
			     const char *path)
{
	const Elf64_Ehdr *head = (const void *)image->bytes;
	const Elf64_Phdr *interpreter;
	Elf64_Ehdr own;
	int fd;

	if (image->size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
		return NR_OBSTACLE_FOREIGN;
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, &own, sizeof(own)) == sizeof(own) &&
	    (head->e_ident[EI_CLASS] != own.e_ident[EI_CLASS] ||
	     head->e_machine != own.e_machine)) {
		close(fd);
		return NR_OBSTACLE_FOREIGN;
	}
	if (fd >= 0)
		close(fd);
	if (stat->st_mode & (S_ISUID | S_ISGID) ||
	    getxattr(path, "security.capability", NULL, 0) > 0)
		return NR_OBSTACLE_PRIVILEGED;
	interpreter = segment_of(image, PT_INTERP);
	if (!interpreter)
		return NR_OBSTACLE_STATIC;
	if (interpreter->p_offset + interpreter->p_filesz <= image->size &&
	    memmem(image->bytes + interpreter->p_offset, interpreter->p_filesz, "musl",
		   4))
		return NR_OBSTACLE_FOREIGN;
	return is_raw(image) ? NR_OBSTACLE_RAW : NR_OBSTACLE_NONE;
}

enum nr_obstacle nr_program_look(const char *name, char ret_path[PATH_MAX])
{
	if (!find(name, ret_path))
		return NR_OBSTACLE_MISSING;
	for (int i = 0; i < SCRIPTS_MAX; i++) {
		enum nr_obstacle obstacle;
		struct image image;
		struct stat stat;
		bool script;

		if (!map(ret_path, &image, &stat))
			return errno == ENOENT ? NR_OBSTACLE_MISSING
					       : NR_OBSTACLE_UNREADABLE;
		script = read_script(&image, ret_path);
		obstacle = script ? NR_OBSTACLE_NONE : look(&image, &stat, ret_path);
		munmap((void *)(uintptr_t)image.bytes, image.size);
		if (!script)
			return obstacle;
	}
	return NR_OBSTACLE_UNREADABLE;
}
