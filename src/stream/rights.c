/* SPDX-License-Identifier: MIT */

#include <stream/rights.h>

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sockets.h>

/* More than one may come from a peer that means us ill; then these are closed. */
enum { FDS = 4 };

union control {
	struct cmsghdr header;
	unsigned char bytes[CMSG_SPACE(FDS * sizeof(int))];
};

ssize_t nr_rights_send(int socket, const void *data, size_t length, int fd)
{
	struct iovec part = {.iov_base = (void *)data, .iov_len = length};
	union control control = {
		.header = {.cmsg_len = CMSG_LEN(sizeof(fd)),
			   .cmsg_level = SOL_SOCKET,
			   .cmsg_type = SCM_RIGHTS},
	};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(sizeof(fd)),
	};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return nr_socket_send_message(socket, &message);
}

static int keep_first(const struct cmsghdr *header, int kept)
{
	size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
		if (kept < 0)
			kept = nr_file_above_standard(fd);
		else
			nr_file_close(fd);
	}
	return kept;
}

ssize_t nr_rights_receive(int socket, void *buffer, size_t size, int *ret_fd)
{
	struct iovec part = {.iov_base = buffer, .iov_len = size};
	union control control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = nr_socket_receive_message(socket, &message);
	struct cmsghdr *header;

	*ret_fd = -1;
	if (n < 0)
		return n;
	for (header = CMSG_FIRSTHDR(&message); header;
	     header = CMSG_NXTHDR(&message, header))
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
			*ret_fd = keep_first(header, *ret_fd);
	/* No room in our table of descriptors: it is lost. */
	if (*ret_fd < 0 && message.msg_flags & MSG_CTRUNC)
		return -EMFILE;
	return n;
}
