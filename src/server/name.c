/* SPDX-License-Identifier: MIT */

#include <server/name.h>

#include <errno.h>
#include <string.h>

static bool is_name(const char *name, size_t length)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return length > 0 && name[0] != '.' && strlen(name) == length &&
	       strspn(name, letters) == length;
}

int nr_name_read(struct nr_connection *connection, const unsigned char *body,
		 size_t offset, uint32_t length, char *ret_name)
{
	if (length <= NARU_NAME_MAX && length <= connection->request.length - offset) {
		nr_wire_read(ret_name, body + offset, length);
		ret_name[length] = '\0';
		if (is_name(ret_name, length))
			return 0;
	}
	nr_answer_error(connection, -EINVAL,
			"a queue's name has 1 to %d of A-Z a-z 0-9 . _ - and no dot in "
			"front",
			NARU_NAME_MAX);
	return -EINVAL;
}
