/* SPDX-License-Identifier: MIT */

/*
 * Edge:
 *	[map]	who has mapped the file swaps it in, with release; who uses it loads it
 *with acquire => it has been checked.
 */

#include <queue/sessions.h>

#include <base/atomic.h>
#include <base/log.h>
#include <errno.h>
#include <fcntl.h>
#include <queue/beside.h>
#include <space/object.h>
#include <sys/file.h>
#include <sys/identity.h>
#include <sys/map.h>

int nr_once_check(const struct naru_once *once, uint64_t count)
{
	if ((once->session[0] | once->session[1]) == 0 || once->number == 0 ||
	    once->number > UINT64_MAX - count)
		return -EINVAL;
	return 0;
}

static int open_file(struct naru_queue *queue, int directory)
{
	char name[NR_BESIDE_NAME];

	nr_beside_name(name, queue->name, queue->inode, NR_BESIDE_SESSIONS);
	return nr_file_open(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
			    0);
}

/*
 * Whoever may put files into the space can have put this one there, who need not be one
 * who may use the queue.
 */
static int check_owner(struct naru_queue *queue, int directory, const struct stat *file)
{
	struct stat stat;
	int r = nr_file_stat_at(directory, queue->name, &stat);

	if (r < 0)
		return r == -ENOENT ? -EIDRM : r;
	if (file->st_uid == stat.st_uid || file->st_uid == 0 ||
	    file->st_uid == nr_identity_user() || stat.st_mode & S_IWOTH ||
	    (stat.st_mode & S_IWGRP && file->st_gid == stat.st_gid))
		return 0;
	nr_log("%s: the file of its sessions belongs to user %ld, who may not use the "
	       "queue: remove it",
	       queue->name, (long)file->st_uid);
	return -EACCES;
}

static int map_file(struct naru_queue *queue, int directory, int fd,
		    struct nr_sessions_shared **ret_sessions)
{
	struct nr_sessions_shared *sessions;
	struct stat stat;
	void *address;
	int r = nr_file_stat(fd, &stat);

	if (r == 0 && (!S_ISREG(stat.st_mode) || stat.st_size < (off_t)sizeof(*sessions)))
		r = -EBADMSG;
	if (r == 0)
		r = check_owner(queue, directory, &stat);
	if (r == 0)
		r = nr_map_file(fd, 0, sizeof(*sessions), true, NULL, &address);
	if (r < 0)
		return r;
	sessions = address;
	if (nr_read_once(&sessions->magic) != NR_SESSIONS_MAGIC)
		r = -EBADMSG;
	else if (nr_read_once(&sessions->version) != NR_SESSIONS_VERSION)
		r = -EPROTONOSUPPORT;
	if (r < 0) {
		nr_unmap(address, sizeof(*sessions));
		return r;
	}
	*ret_sessions = sessions;
	return 0;
}

/* The new file's: whoever may use the queue may use it. */
static int set_up(struct naru_queue *queue, const struct nr_object_new *object)
{
	const struct nr_sessions_shared head = {
		.magic = NR_SESSIONS_MAGIC,
		.version = NR_SESSIONS_VERSION,
	};
	struct stat stat;
	int r = nr_file_stat_at(object->directory, queue->name, &stat);
	ssize_t n;

	if (r < 0)
		return r == -ENOENT ? -EIDRM : r;
	n = nr_file_write(object->fd, &head, offsetof(struct nr_sessions_shared, sent));
	if (n < 0)
		return (int)n;
	/* Who may not give it away leaves it with the group that it has. */
	(void)nr_file_owner(object->fd, stat.st_uid, stat.st_gid);
	return nr_file_mode(object->fd, stat.st_mode & 0777);
}

/* 1: to be begun again. -EEXIST: another one was faster. */
static int make_file(struct naru_queue *queue)
{
	struct nr_object_new object;
	char name[NR_BESIDE_NAME];
	int r;

	/* dies here: whoever removes the queue looks for the file in vain */
	nr_store_relaxed(&queue->shared->beside, 1);
	r = nr_object_begin(queue->space, sizeof(struct nr_sessions_shared), &object);
	if (r < 0)
		return r;
	nr_beside_name(name, queue->name, queue->inode, NR_BESIDE_SESSIONS);
	r = set_up(queue, &object);
	if (r == 0)
		r = nr_object_publish(queue->space, &object, name);
	if (r != 0) {
		nr_object_abandon(&object);
		return r;
	}
	nr_file_close(object.fd);
	/* dies here: if the queue was removed meanwhile, the doctor finds it */
	if (!nr_load_relaxed(&queue->shared->removed))
		return 0;
	nr_file_unlink(object.directory, name);
	return -EIDRM;
}

int nr_sessions_map(struct naru_queue *queue)
{
	struct nr_sessions_shared *sessions, *other = NULL;
	int directory, fd, r;

	if (nr_load_acquire(&queue->sessions)) /* [map] */
		return 0;
	directory = nr_space_directory(queue->space);
	if (directory < 0)
		return directory;
	while ((fd = open_file(queue, directory)) == -ENOENT) {
		r = make_file(queue);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	if (fd < 0)
		return fd == -ELOOP || fd == -ENXIO ? -EBADMSG : fd;
	r = map_file(queue, directory, fd, &sessions);
	nr_file_close(fd);
	if (r < 0)
		return r;
	/* Another thread may have done the same. */
	if (!nr_swap_if(&queue->sessions, &other, sessions)) /* [map] */
		nr_unmap(sessions, sizeof(*sessions));
	return 0;
}

void nr_sessions_unmap(struct naru_queue *queue)
{
	struct nr_sessions_shared *sessions = nr_load_relaxed(&queue->sessions);

	if (sessions)
		nr_unmap(sessions, sizeof(*sessions));
}

static struct nr_session_shared *table(struct naru_queue *queue,
				       enum nr_direction direction)
{
	struct nr_sessions_shared *sessions = nr_load_relaxed(&queue->sessions);

	return direction == NR_SENT ? sessions->sent : sessions->released;
}

static struct nr_note_shared *note_of(struct naru_queue *queue,
				      enum nr_direction direction)
{
	return direction == NR_SENT ? &queue->shared->note_sent
				    : &queue->shared->note_released;
}

static uint64_t epoch_of(const struct naru_queue *queue, enum nr_direction direction)
{
	const struct nr_queue_shared *shared = queue->shared;

	return nr_load_relaxed(direction == NR_SENT ? &shared->senders.epoch
						    : &shared->receivers.epoch);
}

static bool is_of(const struct nr_session_shared *entry, const uint64_t name[2])
{
	return nr_load_relaxed(&entry->used) != 0 &&
	       nr_load_relaxed(&entry->name[0]) == name[0] &&
	       nr_load_relaxed(&entry->name[1]) == name[1];
}

/* Its entry; or, with *ret_known false, the one to be its: the least recently used. */
static struct nr_session_shared *look_up(struct naru_queue *queue,
					 enum nr_direction direction,
					 const uint64_t name[2], bool *ret_known)
{
	struct nr_session_shared *entries = table(queue, direction), *oldest = entries;
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < NR_SESSIONS; i++) {
		uint64_t used = nr_load_relaxed(&entries[i].used);

		if (is_of(&entries[i], name)) {
			*ret_known = true;
			return &entries[i];
		}
		if (used < least) {
			least = used;
			oldest = &entries[i];
		}
	}
	*ret_known = false;
	return oldest;
}

/* Its entry, a new one if there was none. */
static struct nr_session_shared *
entry_of(struct naru_queue *queue, enum nr_direction direction, const uint64_t name[2])
{
	bool known;
	struct nr_session_shared *entry = look_up(queue, direction, name, &known);

	if (known)
		return entry;
	nr_store_relaxed(&entry->used, 0);
	nr_program_order();
	/* dies here: the entry is free */
	nr_store_relaxed(&entry->name[0], name[0]);
	nr_store_relaxed(&entry->name[1], name[1]);
	nr_store_relaxed(&entry->last, 0);
	nr_program_order();
	nr_store_relaxed(&entry->used, epoch_of(queue, direction) + 1);
	return entry;
}

/* A note that the dead have left is done: I2. The side's lock is held. */
static void finish_note(struct naru_queue *queue, enum nr_direction direction)
{
	struct nr_note_shared *note = note_of(queue, direction);
	uint64_t name[2];

	if (__builtin_expect(nr_load_relaxed(&note->state) == 0, 1))
		return;
	name[0] = nr_load_relaxed(&note->name[0]);
	name[1] = nr_load_relaxed(&note->name[1]);
	nr_store_relaxed(&entry_of(queue, direction, name)->last,
			 nr_load_relaxed(&note->last));
	nr_program_order();
	/* dies here: done once more by the next one */
	nr_store_relaxed(&note->state, 0);
}

/* A direction keeps the number of its entry, plus 1, in naru_once.private_. */
static unsigned hint_shift(enum nr_direction direction)
{
	return direction == NR_SENT ? 0 : 32;
}

static void set_hint(struct naru_queue *queue, enum nr_direction direction,
		     struct naru_once *once, const struct nr_session_shared *entry)
{
	unsigned shift = hint_shift(direction);
	uint64_t hint = (uint64_t)(entry - table(queue, direction)) + 1;

	once->private_ &= ~(UINT64_C(0xffffffff) << shift);
	once->private_ |= hint << shift;
}

/* By the hint. NULL: it is another's. */
static struct nr_session_shared *hinted(struct naru_queue *queue,
					enum nr_direction direction,
					const struct naru_once *once)
{
	uint32_t hint = (uint32_t)(once->private_ >> hint_shift(direction));
	struct nr_session_shared *entry;

	if (hint == 0 || hint > NR_SESSIONS)
		return NULL;
	entry = &table(queue, direction)[hint - 1];
	return is_of(entry, once->session) ? entry : NULL;
}

uint64_t nr_session_last(struct naru_queue *queue, enum nr_direction direction,
			 struct naru_once *once)
{
	struct nr_session_shared *entry;
	bool known = true;

	finish_note(queue, direction);
	entry = hinted(queue, direction, once);
	if (!entry)
		entry = look_up(queue, direction, once->session, &known);
	if (!known)
		return 0;
	set_hint(queue, direction, once, entry);
	nr_store_relaxed(&entry->used, epoch_of(queue, direction) + 1);
	return nr_load_relaxed(&entry->last);
}

void nr_session_begin(struct naru_queue *queue, enum nr_direction direction,
		      struct naru_once *once, uint64_t last)
{
	struct nr_note_shared *note = note_of(queue, direction);
	const struct nr_queue_shared *shared = queue->shared;

	/* Not before it is needed: who only asks takes no place from others. */
	if (!hinted(queue, direction, once))
		set_hint(queue, direction, once,
			 entry_of(queue, direction, once->session));
	nr_store_relaxed(&note->name[0], once->session[0]);
	nr_store_relaxed(&note->name[1], once->session[1]);
	nr_store_relaxed(&note->last, last);
	nr_store_relaxed(&note->mark, direction == NR_SENT
					      ? nr_side_counts(&shared->senders).position
					      : epoch_of(queue, direction));
	nr_program_order();
	/* dies here, or before the change: cleared by nr_session_repair() */
	nr_store_relaxed(&note->state, 1);
	nr_program_order();
}

void nr_session_end(struct naru_queue *queue, enum nr_direction direction,
		    const struct naru_once *once, bool done)
{
	struct nr_note_shared *note = note_of(queue, direction);
	struct nr_session_shared *entry = hinted(queue, direction, once);

	nr_program_order();
	/* dies here: done, and finished by who looks a session up */
	if (done && entry)
		nr_store_relaxed(&entry->last, nr_load_relaxed(&note->last));
	nr_program_order();
	nr_store_relaxed(&note->state, 0);
}

void nr_session_repair(struct naru_queue *queue, enum nr_direction direction,
		       uint64_t position)
{
	struct nr_note_shared *note = note_of(queue, direction);
	uint64_t now = direction == NR_SENT ? position : epoch_of(queue, direction);

	if (nr_load_relaxed(&note->state) != 0 && nr_load_relaxed(&note->mark) == now)
		nr_store_relaxed(&note->state, 0);
	nr_program_order();
}

int nr_session_recall(struct naru_queue *queue, uint32_t id, enum nr_direction direction,
		      struct naru_once *once, struct nr_deadline *deadline,
		      uint64_t *ret_last)
{
	int r = direction == NR_SENT ? nr_senders_lock(queue, id, deadline)
				     : nr_receivers_lock(queue, id, deadline);

	if (r < 0)
		return r;
	*ret_last = nr_session_last(queue, direction, once);
	if (direction == NR_SENT)
		nr_senders_unlock(queue);
	else
		nr_receivers_unlock(queue);
	return 0;
}

int naru_queue_recall(struct naru_queue *queue, struct naru_once *once,
		      uint64_t *ret_sent, uint64_t *ret_released)
{
	struct nr_deadline deadline = nr_deadline_in(NR_HOLD_LOCK_MS);
	uint64_t sent = 0, released = 0;
	uint32_t id;
	int r;

	if (nr_queue_is_away(queue))
		return -EOPNOTSUPP;
	if ((once->session[0] | once->session[1]) == 0)
		return -EINVAL;
	r = nr_queue_enter(queue, &id);
	if (r == 0)
		r = nr_sessions_map(queue);
	if (r == 0 && ret_sent)
		r = nr_session_recall(queue, id, NR_SENT, once, &deadline, &sent);
	if (r == 0 && ret_released)
		r = nr_session_recall(queue, id, NR_RELEASED, once, &deadline, &released);
	if (r < 0)
		return r == -ETIMEDOUT ? -EAGAIN : r;
	if (ret_sent)
		*ret_sent = sent;
	if (ret_released)
		*ret_released = released;
	return 0;
}
