/* SPDX-License-Identifier: MIT */

#include <queue/poll.h>

#include <errno.h>
#include <fcntl.h>
#include <queue/admit.h>
#include <queue/beside.h>
#include <queue/waiter.h>
#include <sys/file.h>

/* What the token says. */
enum token {
	TOKEN_NONE = 0,	 /* there is no byte in the FIFO */
	TOKEN_BYTE = 1,	 /* there is one */
	TOKEN_REARM = 2, /* there is one, and the next change is to write another one */
};

static enum nr_beside file_of(enum naru_poll which)
{
	return which == NARU_READABLE ? NR_BESIDE_READABLE : NR_BESIDE_WRITABLE;
}

static _Atomic uint64_t *polling(struct naru_queue *queue, enum naru_poll which)
{
	return which == NARU_READABLE ? queue->shared->polling_readable
				      : queue->shared->polling_writable;
}

static _Atomic uint32_t *token(struct naru_queue *queue, enum naru_poll which)
{
	return which == NARU_READABLE ? &queue->shared->last_send.token
				      : &queue->shared->last_receive.token;
}

static struct nr_fifo *fifo(struct naru_queue *queue, enum naru_poll which)
{
	return &queue->fifo[which == NARU_WRITABLE];
}

static int open_fifo(struct naru_queue *queue, enum naru_poll which,
		     struct stat *ret_stat)
{
	int directory = nr_space_directory(queue->space);
	char name[NR_BESIDE_NAME];
	int fd, r;

	if (directory < 0)
		return directory;
	nr_beside_name(name, queue->name, queue->inode, file_of(which));
	/* With a writer of our own it never says end of file, nor blocks. */
	fd = nr_file_open(directory, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd;
	r = nr_file_stat(fd, ret_stat);
	if (r == 0 && !S_ISFIFO(ret_stat->st_mode))
		r = -EBADMSG;
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	return fd;
}

/* Anybody who may use the queue may use its FIFO. */
static int make_fifo(struct naru_queue *queue, enum naru_poll which)
{
	int directory = nr_space_directory(queue->space);
	char name[NR_BESIDE_NAME];
	struct stat stat;
	int r;

	if (directory < 0)
		return directory;
	r = nr_file_stat_at(directory, queue->name, &stat);
	if (r < 0)
		return r == -ENOENT ? -EIDRM : r;
	nr_beside_name(name, queue->name, queue->inode, file_of(which));
	r = nr_file_fifo(directory, name, stat.st_mode & 0777, stat.st_uid, stat.st_gid);
	return r == -EEXIST ? 0 : r;
}

/* The guarding lock is held, so no other thread of ours is here. */
static int fifo_fd(struct naru_queue *queue, enum naru_poll which)
{
	struct nr_kept *kept = &fifo(queue, which)->kept;
	struct stat stat;
	int fd = nr_kept_get(kept);

	if (fd >= 0)
		return fd;
	fd = open_fifo(queue, which, &stat);
	if (fd >= 0)
		nr_kept_set(kept, fd, &stat);
	return fd;
}

/* A full FIFO is as readable as one with one byte. */
static int put_byte(int fd)
{
	ssize_t n = nr_file_write(fd, "", 1);

	return n < 0 && n != -EAGAIN ? (int)n : 0;
}

/* A byte more, which pollers by edge are to notice: so the FIFO must not be full. */
static int put_another(int fd)
{
	char bytes[4096];

	if (nr_file_write(fd, "", 1) == 1)
		return 0;
	while (nr_file_read(fd, bytes, sizeof(bytes)) == sizeof(bytes))
		;
	return put_byte(fd);
}

static int put_token(struct naru_queue *queue, enum naru_poll which)
{
	int fd = fifo_fd(queue, which);
	int r;

	/* Without a FIFO nobody polls; who makes it looks at the queue afterwards. */
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	r = put_another(fd);
	/* dies here: a byte too many */
	if (r == 0)
		nr_store_relaxed(token(queue, which), TOKEN_BYTE);
	return r;
}

static bool is_going(const struct naru_queue *queue)
{
	return nr_load_relaxed(&queue->shared->removed) ||
	       nr_load_relaxed(&queue->shared->removing);
}

static int drain(struct naru_queue *queue, enum naru_poll which)
{
	int fd = fifo_fd(queue, which);
	char bytes[64];

	if (fd < 0 && fd != -ENOENT)
		return fd;
	while (fd >= 0 && nr_file_read(fd, bytes, sizeof(bytes)) == sizeof(bytes))
		;
	/* dies here: a byte too few; nr_poll_repair() writes one */
	nr_store_relaxed(token(queue, which), TOKEN_NONE);
	/* Of a removed queue it is to be ready for ever: that byte was not ours. */
	return fd >= 0 && is_going(queue) ? put_byte(fd) : 0;
}

int nr_poll_before_send_slowly(struct naru_queue *queue)
{
	if (nr_load_relaxed(token(queue, NARU_READABLE)) == TOKEN_BYTE)
		return 0;
	return put_token(queue, NARU_READABLE);
}

int nr_poll_before_removal_slowly(struct naru_queue *queue)
{
	if (nr_load_relaxed(token(queue, NARU_WRITABLE)) == TOKEN_BYTE)
		return 0;
	return put_token(queue, NARU_WRITABLE);
}

void nr_poll_before_return(struct naru_queue *queue)
{
	uint32_t none = TOKEN_NONE;
	struct stat stat;
	int fd;

	if (!nr_poll_any(polling(queue, NARU_READABLE)))
		return;
	/* The descriptor that we keep belongs to the senders' lock. */
	fd = open_fifo(queue, NARU_READABLE, &stat);
	if (fd < 0)
		return;
	/* Who has rearmed meanwhile wants to hear of the next one, too. */
	if (put_byte(fd) == 0)
		nr_swap_if(token(queue, NARU_READABLE), &none, TOKEN_BYTE);
	nr_file_close(fd);
}

static bool is_readable(struct naru_queue *queue)
{
	struct nr_counts removed = nr_side_counts(&queue->shared->receivers);

	return nr_read_once(&queue->shared->heap.stored) > 0 ||
	       nr_ring_ready(&queue->ring, removed.position);
}

/* Both locks are held. */
static int agree(struct naru_queue *queue, enum naru_poll which)
{
	bool ready = which == NARU_READABLE ? is_readable(queue) : nr_admit_any(queue);

	if (ready == (nr_load_relaxed(token(queue, which)) != TOKEN_NONE))
		return 0;
	return ready ? put_token(queue, which) : drain(queue, which);
}

static int lock_both(struct naru_queue *queue, uint32_t id)
{
	struct nr_deadline deadline = nr_deadline_in(0);
	int r = nr_senders_lock(queue, id, &deadline);

	if (r < 0)
		return r;
	r = nr_receivers_lock(queue, id, &deadline);
	if (r < 0)
		nr_senders_unlock(queue);
	return r;
}

static void unlock_both(struct naru_queue *queue)
{
	nr_receivers_unlock(queue);
	nr_senders_unlock(queue);
}

/* Who died while he polled does not any more. */
static void forget_dead(struct naru_queue *queue, enum naru_poll which)
{
	for (uint32_t entry = 0; entry < NR_WAITERS; entry++) {
		_Atomic uint64_t *word = &polling(queue, which)[entry / 64];
		uint64_t bit = UINT64_C(1) << entry % 64;
		uint32_t owner;

		if (!(nr_load_relaxed(word) & bit))
			continue;
		owner = nr_load_relaxed(&queue->waiters[entry].owner);
		if (!nr_space_alive(queue->space, owner & NR_PEER_ID_MASK))
			nr_fetch_and(word, ~bit);
	}
}

void nr_poll_refresh(struct naru_queue *queue, uint32_t id, enum naru_poll which)
{
	if (!nr_poll_any(polling(queue, which)))
		return;
	if (lock_both(queue, id) < 0)
		return;
	if (++fifo(queue, which)->refreshed % 64 == 0)
		forget_dead(queue, which);
	agree(queue, which);
	unlock_both(queue);
}

void nr_poll_repair(struct naru_queue *queue, enum naru_poll which)
{
	nr_store_relaxed(token(queue, which), TOKEN_NONE);
	if (nr_poll_any(polling(queue, which)))
		put_token(queue, which);
}

void nr_poll_removed(struct naru_queue *queue)
{
	if (!nr_load_relaxed(&queue->shared->beside))
		return;
	for (enum naru_poll which = NARU_READABLE; which <= NARU_WRITABLE; which++) {
		struct stat stat;
		int fd = nr_kept_get(&fifo(queue, which)->kept);
		int own = -1;

		if (fd < 0)
			fd = own = open_fifo(queue, which, &stat);
		if (fd >= 0)
			put_byte(fd);
		if (own >= 0)
			nr_file_close(own);
	}
}

void nr_poll_forget_removal(struct naru_queue *queue, uint32_t id, uint32_t removing)
{
	if (lock_both(queue, id) < 0)
		return;
	/* dies here: bytes too many, which go when the locks are taken over */
	if (nr_swap_if(&queue->shared->removing, &removing, 0))
		for (enum naru_poll which = NARU_READABLE; which <= NARU_WRITABLE;
		     which++) {
			drain(queue, which);
			agree(queue, which);
		}
	unlock_both(queue);
}

/* Both locks are held. */
static int begin_polling(struct naru_queue *queue, uint32_t id, enum naru_poll which)
{
	struct nr_fifo *own = fifo(queue, which);
	bool first;
	int fd, entry;

	forget_dead(queue, which);
	first = !nr_poll_any(polling(queue, which));
	fd = fifo_fd(queue, which);
	if (fd == -ENOENT) {
		int r;

		nr_store_relaxed(&queue->shared->beside, 1);
		r = make_fifo(queue, which);
		if (r < 0)
			return r;
		first = true;
		fd = fifo_fd(queue, which);
	}
	if (fd < 0 || (own->entry >= 0 && own->id == id))
		return fd;
	entry = nr_waiter_acquire(queue, id);
	if (entry < 0)
		return -EMFILE;
	own->entry = entry;
	own->id = id;
	/*
	 * What earlier pollers left in the FIFO is nothing to rely upon; and who is about
	 * to remove the queue may have looked for it too early.
	 */
	if (first)
		drain(queue, which);
	/* dies here: the entry is reclaimed when the table is full */
	nr_fetch_or(&polling(queue, which)[entry / 64], UINT64_C(1) << entry % 64);
	return fd;
}

int naru_queue_fd(struct naru_queue *queue, enum naru_poll which)
{
	uint32_t id;
	int fd, r;

	if (which != NARU_READABLE && which != NARU_WRITABLE)
		return -EINVAL;
	if (nr_queue_is_away(queue))
		return nr_remote_calls.fd(queue->remote, which);
	r = nr_queue_enter(queue, &id);
	if (r < 0)
		return r;
	r = lock_both(queue, id);
	if (r < 0)
		return r;
	fd = begin_polling(queue, id, which);
	r = fd < 0 ? fd : agree(queue, which);
	unlock_both(queue);
	if (r == 0 && nr_load_relaxed(&queue->shared->removed))
		r = -EIDRM;
	return r < 0 ? r : fd;
}

int naru_queue_rearm(struct naru_queue *queue, enum naru_poll which)
{
	struct nr_deadline deadline = nr_deadline_in(NR_HOLD_LOCK_MS);
	bool readable = which == NARU_READABLE;
	uint32_t id;
	int r;

	if (which != NARU_READABLE && which != NARU_WRITABLE)
		return -EINVAL;
	if (nr_queue_is_away(queue))
		return nr_remote_calls.rearm(queue->remote, which);
	r = nr_queue_enter(queue, &id);
	if (r == 0)
		r = readable ? nr_senders_lock(queue, id, &deadline)
			     : nr_receivers_lock(queue, id, &deadline);
	if (r < 0)
		return r == -ETIMEDOUT ? -EAGAIN : r;
	if (nr_load_relaxed(token(queue, which)) == TOKEN_BYTE)
		nr_store_relaxed(token(queue, which), TOKEN_REARM);
	if (readable)
		nr_senders_unlock(queue);
	else
		nr_receivers_unlock(queue);
	return 0;
}

void nr_poll_close(struct naru_queue *queue)
{
	for (enum naru_poll which = NARU_READABLE; which <= NARU_WRITABLE; which++) {
		struct nr_fifo *own = fifo(queue, which);
		uint32_t id;

		/* An entry of the parent of a fork is the parent's to release. */
		if (own->entry >= 0 && nr_space_self(queue->space, &id) == 0 &&
		    id == own->id) {
			nr_fetch_and(&polling(queue, which)[own->entry / 64],
				     ~(UINT64_C(1) << own->entry % 64));
			nr_waiter_release(queue, own->entry);
		}
		nr_kept_close(&own->kept);
	}
}
