/* SPDX-License-Identifier: MIT */

#include <tools/systemd.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { DESCRIPTORS_MAX = 64 };

size_t nr_systemd_descriptors(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	long number;

	/* They may have been meant for who started us. */
	if (!pid || !count || strtol(pid, NULL, 10) != getpid())
		return 0;
	number = strtol(count, NULL, 10);
	return number > 0 && number <= DESCRIPTORS_MAX ? (size_t)number : 0;
}

void nr_systemd_notify(const char *state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;
	int fd;

	if (length < 2 || length >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, length);
	/* An abstract name. */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	length += offsetof(struct sockaddr_un, sun_path);
	/* It is told once; if it does not hear it, it will ask us by a signal. */
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		      (const struct sockaddr *)&address, (socklen_t)length);
	close(fd);
}
