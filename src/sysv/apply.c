/* SPDX-License-Identifier: MIT */

#include <sysv/apply.h>

#include <errno.h>
#include <queue/set.h>
#include <sys/file.h>

uint32_t nr_apply_mode(enum nr_sysv_kind kind, uint32_t mode)
{
	uint32_t any = (mode | mode >> 1) & 0222;

	return kind == NR_SYSV_SHM ? (mode & 0666) | 0400 : any | any << 1 | 0600;
}

static int set_access(struct naru_space *space, const char *name, uint32_t mode,
		      const struct nr_ids_entry *entry)
{
	int directory = nr_space_directory(space), r;
	struct stat stat;

	if (directory < 0)
		return directory;
	r = nr_file_stat_at(directory, name, &stat);
	if (r < 0)
		return r == -ENOENT ? -EIDRM : r;
	return nr_file_access(directory, name, S_IFREG | mode,
			      stat.st_uid == entry->uid ? (uid_t)-1 : entry->uid,
			      stat.st_gid == entry->gid ? (gid_t)-1 : entry->gid);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Make the queue's limits follow a new msg_qbytes. No message is more than @largest. */
static int follow(struct naru_queue *queue, uint64_t qbytes, uint64_t largest)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	uint64_t bytes, messages;
	int r = naru_queue_stat(queue, &stat);

	if (r < 0)
		return r;
	/* Those who wait for room have asked for memory before: give them as much. */
	bytes = stat.capacity + stat.waiting_senders * largest;
	messages = stat.capacity_messages + stat.waiting_senders;
	if (qbytes < bytes || stat.waiting_senders == 0)
		bytes = least(qbytes, stat.capacity);
	if (qbytes < messages || stat.waiting_senders == 0)
		messages = least(qbytes, stat.capacity_messages);
	return nr_queue_set_limits(queue, bytes, messages);
}

static int set_limits(struct nr_ids *ids, const char *name, uint64_t qbytes)
{
	struct naru_queue *queue;
	int r = naru_queue_open(ids->space, name, NULL, &queue);

	if (r == 0) {
		r = follow(queue, qbytes, nr_ids_limit(ids, NR_SYSV_MSGMAX));
		naru_queue_close(queue);
	}
	return r == -ENOSPC ? -ENOMEM : r;
}

int nr_apply(struct nr_ids *ids, enum nr_sysv_kind kind, const struct nr_ids_entry *entry)
{
	char name[NR_IDS_NAME_MAX];
	int r;

	nr_ids_name(kind, entry->id, name);
	r = set_access(ids->space, name, nr_apply_mode(kind, entry->mode), entry);
	return r < 0 || kind != NR_SYSV_MSG ? r : set_limits(ids, name, entry->size);
}
