/* SPDX-License-Identifier: MIT */

/* Peers: a process's id, and whether another is alive. */

#include <pthread.h>
#include <signal.h>
#include <support/member.h>
#include <sys/file.h>
#include <sys/wait.h>

static struct nr_peer_shared *slot_of(struct room *room, uint32_t id)
{
	return &room->space->peers->slot[(id & (NR_PEERS - 1)) - 1];
}

static void test_child_of_fork_is_another_peer(void **state)
{
	struct room *room = *state;
	uint32_t id = self(room->space), alive, stale;
	struct member child = {0};

	assert_int_not_equal(id & (NR_PEERS - 1), 0);
	assert_true(nr_space_alive(room->space, id));
	assert_int_equal(nr_space_pid(room->space, id), getpid());
	join(&child, room);
	assert_int_not_equal(child.id & (NR_PEERS - 1), id & (NR_PEERS - 1));
	assert_int_equal(self(room->space), id);
	assert_true(nr_space_alive(room->space, child.id));
	assert_int_equal(nr_space_pid(room->space, child.id), child.pid);
	assert_int_equal(nr_space_count_peers(room->space, &alive, &stale), 0);
	assert_int_equal(alive, 2);
	assert_int_equal(stale, 0);
	part(&child);
	assert_int_equal(child_await(child.pid), 0);
	assert_false(nr_space_alive(room->space, child.id));
}

static void test_ids_that_are_nobody(void **state)
{
	struct room *room = *state;
	uint32_t id = self(room->space);

	assert_false(nr_space_alive(room->space, 0));
	assert_false(nr_space_alive(room->space, 1u << NR_PEER_SLOT_BITS));
	assert_false(nr_space_alive(room->space, id | 1u << 31));
	assert_false(nr_space_alive(room->space, id + (1u << NR_PEER_SLOT_BITS)));
	assert_false(nr_space_alive(room->space, NR_PEER_ID_MASK));
	assert_int_equal(nr_space_pid(room->space, NR_PEER_ID_MASK), 0);
}

static void test_killed_is_dead_before_it_is_waited_for(void **state)
{
	struct room *room = *state;
	struct member child = {0};
	uint32_t alive, stale;
	siginfo_t info;

	join(&child, room);
	assert_int_equal(kill(child.pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT), 0);
	assert_false(nr_space_alive(room->space, child.id));
	assert_int_equal(nr_space_pid(room->space, child.id), 0);
	child_await(child.pid);
	part(&child);

	assert_int_equal(nr_space_count_peers(room->space, &alive, &stale), 0);
	assert_int_equal(alive, 1);
	assert_int_equal(stale, 1);
	assert_int_equal(nr_space_clear_peers(room->space), 1);
	assert_int_equal(nr_space_count_peers(room->space, &alive, &stale), 0);
	assert_int_equal(alive, 1);
	assert_int_equal(stale, 0);
	assert_true(nr_space_alive(room->space, self(room->space)));
}

/* Says who it is, leaves a child behind, which does nothing in the space, and dies. */
static int die_before_child(void *data)
{
	struct member *member = data;
	uint32_t id = self(member->room->space);
	char byte;

	if (fork() == 0) {
		close(member->until[1]);
		must(read(member->until[0], &byte, 1) == 0);
		_exit(0);
	}
	must(write(member->says[1], &id, sizeof(id)) == sizeof(id));
	return 0;
}

static void test_dead_though_its_child_lives(void **state)
{
	struct room *room = *state;
	struct member child = {0};

	join_as(&child, room, die_before_child);
	assert_int_equal(child_await(child.pid), 0);
	assert_false(nr_space_alive(room->space, child.id));
	part(&child);
}

static void test_stopped_is_alive(void **state)
{
	struct room *room = *state;
	struct member child = {0};
	int status;

	join(&child, room);
	assert_int_equal(kill(child.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(child.pid, &status, WUNTRACED), child.pid);
	assert_true(nr_space_alive(room->space, child.id));
	part(&child);
	child_kill(child.pid);
	assert_false(nr_space_alive(room->space, child.id));
}

static void test_exec_ends_the_peer(void **state)
{
	struct room *room = *state;
	struct member child = {.exec_cat = true};
	char byte = 'x';

	join(&child, room);
	/* When cat answers, exec is over. */
	assert_int_equal(write(child.until[1], &byte, 1), 1);
	assert_int_equal(read(child.says[0], &byte, 1), 1);
	assert_false(nr_space_alive(room->space, child.id));
	assert_int_equal(waitpid(child.pid, NULL, WNOHANG), 0);
	part(&child);
	assert_int_equal(child_await(child.pid), 0);
}

static void test_a_slot_is_never_the_same_id_again(void **state)
{
	struct room *room = *state;
	uint32_t id = self(room->space);
	struct nr_peer_shared *slot = slot_of(room, id);
	struct naru_space *space = NULL;

	naru_space_close(room->space);
	assert_int_equal(naru_space_open(room->path, NULL, &room->space), 0);
	assert_int_equal(self(room->space), id + (1u << NR_PEER_SLOT_BITS));

	/* The last one, a number out of range, and the unused first one. */
	slot = slot_of(room, id);
	slot->generation = NR_PEER_GENERATIONS - 2;
	naru_space_close(room->space);
	assert_int_equal(naru_space_open(room->path, NULL, &room->space), 0);
	assert_int_equal(self(room->space) >> NR_PEER_SLOT_BITS, 1);
	slot = slot_of(room, id);
	slot->generation = UINT32_MAX;
	naru_space_close(room->space);
	assert_int_equal(naru_space_open(room->path, NULL, &room->space), 0);
	assert_int_equal(self(room->space) >> NR_PEER_SLOT_BITS, 1);

	/* Two handles of one process are two peers, and one's end is its own. */
	assert_int_equal(naru_space_open(room->path, NULL, &space), 0);
	id = self(space);
	assert_int_not_equal(id, self(room->space));
	assert_true(nr_space_alive(room->space, id));
	naru_space_close(space);
	assert_false(nr_space_alive(room->space, id));
	assert_true(nr_space_alive(room->space, self(room->space)));
}

static int open_crowded(void *data)
{
	struct room *room = data;
	struct naru_space *space = NULL;
	uint32_t id = 0;

	must_be(nr_space_self(room->space, &id), -EUSERS);
	must_be(naru_space_open(room->path, NULL, &space), -EUSERS);
	must(id == 0 && !space);
	return 0;
}

static void test_too_many_processes(void **state)
{
	struct room *room = *state;
	const size_t all = sizeof(struct nr_peers_shared);
	const size_t own =
		sizeof(struct nr_peer_shared) * (self(room->space) & (NR_PEERS - 1));
	int fd = open(in(room, NR_PEERS_FILE), O_RDWR | O_CLOEXEC);

	assert_int_equal(nr_file_lock(fd, 16, own - 16), 0);
	assert_int_equal(nr_file_lock(fd, own + 16, all - own - 16), 0);
	assert_int_equal(child_run(open_crowded, room), 0);

	/* One slot free is enough, wherever it is. */
	assert_int_equal(nr_file_unlock(fd, all - 16, 16), 0);
	naru_space_close(room->space);
	assert_int_equal(nr_file_lock(fd, own, 16), 0);
	assert_int_equal(naru_space_open(room->path, NULL, &room->space), 0);
	assert_int_equal(self(room->space) & (NR_PEERS - 1), NR_PEERS - 1);
	close(fd);
}

static void *who_am_i(void *data)
{
	return (void *)(uintptr_t)self(data);
}

static int register_by_threads(void *data)
{
	struct room *room = data;
	pthread_t thread[8];
	void *id;

	for (int i = 0; i < 8; i++)
		must(pthread_create(&thread[i], NULL, who_am_i, room->space) == 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(thread[i], &id);
		must((uintptr_t)id == self(room->space));
	}
	return 0;
}

static void test_threads_are_one_peer(void **state)
{
	assert_int_equal(child_run(register_by_threads, *state), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_child_of_fork_is_another_peer),
		in_a_room(test_ids_that_are_nobody),
		in_a_room(test_killed_is_dead_before_it_is_waited_for),
		in_a_room(test_dead_though_its_child_lives),
		in_a_room(test_stopped_is_alive),
		in_a_room(test_exec_ends_the_peer),
		in_a_room(test_a_slot_is_never_the_same_id_again),
		in_a_room(test_too_many_processes),
		in_a_room(test_threads_are_one_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
