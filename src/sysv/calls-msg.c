/* SPDX-License-Identifier: MIT */

#include <sysv/calls.h>
#include <sysv/msg.h>

NARU_API int msgget(key_t key, int flags)
{
	const struct nr_border border = nr_border_begin(false);
	struct nr_msg *msg;
	int r = nr_msg_default(&msg);

	return (int)nr_border_end(border, r < 0 ? r : nr_msg_get(msg, key, flags));
}

NARU_API int msgsnd(int id, const void *message, size_t size, int flags)
{
	const struct nr_border border = nr_border_begin(true);
	struct nr_msg *msg;
	int r = nr_msg_default(&msg);

	return (int)nr_border_end(border,
				  r < 0 ? r : nr_msg_send(msg, id, message, size, flags));
}

NARU_API ssize_t msgrcv(int id, void *message, size_t size, long type, int flags)
{
	const struct nr_border border = nr_border_begin(true);
	struct nr_msg *msg;
	int r = nr_msg_default(&msg);

	return nr_border_end(
		border, r < 0 ? r : nr_msg_receive(msg, id, message, size, type, flags));
}

NARU_API int msgctl(int id, int command, struct msqid_ds *buffer)
{
	const struct nr_border border = nr_border_begin(false);
	struct nr_msg *msg;
	int r = nr_msg_default(&msg);

	return (int)nr_border_end(border,
				  r < 0 ? r : nr_msg_control(msg, id, command, buffer));
}

NR_OWN(msgget);
NR_OWN(msgsnd);
NR_OWN(msgrcv);
NR_OWN(msgctl);
