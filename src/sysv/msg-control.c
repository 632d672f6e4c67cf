/* SPDX-License-Identifier: MIT */

/* sysv/msg-control.c - msgctl(2) */

#include <sysv/msg.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sysv/apply.h>
#include <sysv/memory.h>
#include <sysv/perm.h>

#define SECOND INT64_C(1000000000)

static int stat_queue(struct nr_ids *ids, int id, struct naru_queue_stat *ret_stat)
{
	char name[NR_IDS_NAME_MAX];
	struct naru_queue *queue;
	int r;

	ret_stat->size = sizeof(*ret_stat);
	nr_ids_name(NR_SYSV_MSG, id, name);
	r = naru_queue_open(ids->space, name, NULL, &queue);
	if (r < 0)
		return r;
	r = naru_queue_stat(queue, ret_stat);
	naru_queue_close(queue);
	return r;
}

static int fill(struct nr_msg *msg, const struct nr_ids_entry *entry,
		struct msqid_ds *buffer)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	struct msqid_ds ds = {
		.msg_qbytes = entry->size,
		.msg_ctime = entry->changed,
	};
	struct nr_visit visit;
	int r = nr_slot_enter(&msg->slots, entry->id, NR_SLOT_READ, &visit);

	if (r == 0) {
		r = naru_queue_stat(visit.object, &stat);
		nr_slot_leave(&visit);
	} else if (r == -EACCES) {
		/* MSG_STAT_ANY tells everybody, as far as the file's mode lets it. */
		r = stat_queue(msg->ids, entry->id, &stat);
		r = r == -EACCES ? 0 : r;
	}
	if (r < 0)
		return r;
	nr_perm_fill(&ds.msg_perm, entry);
	ds.msg_stime = stat.last_send / SECOND;
	ds.msg_rtime = stat.last_receive / SECOND;
	ds.__msg_cbytes = stat.bytes;
	ds.msg_qnum = stat.messages;
	ds.msg_lspid = stat.last_sender;
	ds.msg_lrpid = stat.last_receiver;
	return nr_memory_give(buffer, &ds, sizeof(ds));
}

static int stat_one(struct nr_msg *msg, int id, int command, struct msqid_ds *buffer)
{
	struct nr_ids_entry entry;
	int r;

	if (command == IPC_STAT)
		r = nr_ids_find(msg->ids, NR_SYSV_MSG, id, &entry);
	else
		r = nr_ids_at(msg->ids, NR_SYSV_MSG, id, &entry);
	if (r == 0 && command != MSG_STAT_ANY)
		r = nr_ids_permit(&entry, 0444);
	if (r == 0) {
		nr_ids_settle(msg->ids, NR_SYSV_MSG, entry.id);
		r = fill(msg, &entry, buffer);
	}
	return r < 0 ? r : command == IPC_STAT ? 0 : entry.id;
}

struct change {
	struct nr_msg *msg;
	const struct msqid_ds *wanted;
};

static int change(void *data, struct nr_ids_entry *entry)
{
	const struct change *change = data;
	struct nr_ids *ids = change->msg->ids;
	int r = nr_ids_own(entry);

	if (r == 0)
		r = nr_perm_update(entry, &change->wanted->msg_perm);
	if (r < 0)
		return r;
	entry->size = change->wanted->msg_qbytes;
	nr_ids_unsettle(ids, NR_SYSV_MSG, entry->id);
	/* dies here: nr_ids_settle() */
	return nr_apply(ids, NR_SYSV_MSG, entry);
}

static int set(struct nr_msg *msg, int id, const struct msqid_ds *buffer)
{
	struct msqid_ds wanted;
	struct change data = {msg, &wanted};
	int r = nr_memory_readable(buffer, sizeof(*buffer));

	if (r < 0)
		return r;
	memcpy(&wanted, buffer, sizeof(wanted));
	return nr_ids_change(msg->ids, NR_SYSV_MSG, id, change, &data);
}

static int remove_queue(struct nr_msg *msg, int id)
{
	char name[NR_IDS_NAME_MAX];
	int r = nr_ids_remove(msg->ids, NR_SYSV_MSG, id, nr_perm_allow_removal, NULL);

	if (r < 0)
		return r;
	/* dies here: who waits looks at the entry every now and then */
	nr_ids_name(NR_SYSV_MSG, id, name);
	(void)naru_queue_remove(msg->ids->space, name);
	return 0;
}

/* Roughly, and from the file: to open a queue takes ten times as long. */
static void add_one(struct nr_ids *ids, int id, struct msginfo *info)
{
	char name[NR_IDS_NAME_MAX];
	struct nr_queue_shared shared;
	struct nr_counts sent, removed;
	int fd = nr_space_directory(ids->space);
	ssize_t n;

	nr_ids_name(NR_SYSV_MSG, id, name);
	if (fd >= 0)
		fd = nr_file_open(fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return;
	n = nr_file_read_at(fd, &shared, sizeof(shared), 0);
	nr_file_close(fd);
	if (n != sizeof(shared))
		return;
	sent = nr_side_counts(&shared.senders);
	removed = nr_side_counts(&shared.receivers);
	info->msgmap += (int)(sent.messages - removed.messages);
	info->msgtql += (int)(sent.bytes - removed.bytes);
}

static void add_up(struct nr_msg *msg, int last, struct msginfo *info)
{
	for (int i = 0; i <= last; i++) {
		struct nr_ids_entry entry;

		if (nr_ids_at(msg->ids, NR_SYSV_MSG, i, &entry) == 0)
			add_one(msg->ids, entry.id, info);
	}
}

/* What means nothing any more has the kernel's numbers. */
static int info(struct nr_msg *msg, int command, void *buffer)
{
	struct msginfo info = {
		.msgmax = (int)nr_ids_limit(msg->ids, NR_SYSV_MSGMAX),
		.msgmnb = (int)nr_ids_limit(msg->ids, NR_SYSV_MSGMNB),
		.msgmni = (int)nr_ids_limit(msg->ids, NR_SYSV_MSGMNI),
		.msgssz = 16,
		.msgseg = 0xffff,
	};
	struct nr_ids_usage usage;
	int r = nr_ids_usage(msg->ids, NR_SYSV_MSG, &usage);

	if (r < 0)
		return r;
	if (command == MSG_INFO) {
		info.msgpool = (int)usage.used;
		add_up(msg, usage.last, &info);
	} else {
		info.msgpool = 512000;
		info.msgmap = info.msgtql = 16384;
	}
	r = nr_memory_give(buffer, &info, sizeof(info));
	return r < 0 ? r : usage.last < 0 ? 0 : usage.last;
}

int nr_msg_control(struct nr_msg *msg, int id, int command, struct msqid_ds *buffer)
{
	if (id < 0 || command < 0)
		return -EINVAL;
	switch (command) {
	case IPC_INFO:
	case MSG_INFO:
		return info(msg, command, buffer);
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		return stat_one(msg, id, command, buffer);
	case IPC_SET:
		return set(msg, id, buffer);
	case IPC_RMID:
		return remove_queue(msg, id);
	default:
		return -EINVAL;
	}
}
