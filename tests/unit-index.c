/* SPDX-License-Identifier: MIT */

/* The index: against a model, changes undone at every store, depth. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <queue/index.h>
#include <support/random.h>
#include <support/sandbox.h>

enum { GRANULES = 400, MESSAGES = 150 };

struct message {
	uint32_t reference;
	int64_t type;
	uint64_t position;
	bool stored; /* else it is taken */
};

struct model {
	struct sandbox *sandbox;
	struct message message[MESSAGES];
	uint32_t count;
	uint64_t position; /* of the next one */
	uint64_t random;
};

/* A new message, stored. */
static int make_park(struct nr_heap *heap, void *data)
{
	struct message *message = data;
	struct nr_block_shared *block;
	int r = nr_heap_allocate(heap, 2, &message->reference);

	if (r < 0)
		return r;
	block = nr_heap_block(heap, message->reference);
	block->type = message->type;
	block->length = NR_GRANULE;
	block->position = message->position;
	memset(block + 1, (int)message->position, NR_GRANULE);
	return nr_index_insert(heap, message->reference);
}

static int make_take(struct nr_heap *heap, void *data)
{
	const struct message *message = data;
	struct nr_block_shared *block = nr_heap_block(heap, message->reference);
	int r = nr_index_remove(heap, message->reference);

	if (r == 0)
		nr_journal_write(heap->journal, block->kind, NR_BLOCK_TAKEN);
	return r == 0 && heap->journal->full ? -EBADMSG : r;
}

static int make_give_back(struct nr_heap *heap, void *data)
{
	const struct message *message = data;

	return nr_index_insert(heap, message->reference);
}

static int make_release(struct nr_heap *heap, void *data)
{
	const struct message *message = data;

	return nr_heap_free(heap, message->reference);
}

static int make_unpark(struct nr_heap *heap, void *data)
{
	const struct message *message = data;
	int r = nr_index_remove(heap, message->reference);

	return r < 0 ? r : nr_heap_free(heap, message->reference);
}

static int64_t some_type(uint64_t *random)
{
	switch (random_below(random, 4)) {
	case 0:
		return INT64_MAX - (int64_t)random_below(random, 3);
	case 1:
		return INT64_C(1) << random_below(random, 63);
	case 2:
		return (int64_t)(random_next(random) >> 1 | 1);
	default:
		return 1 + (int64_t)random_below(random, 12);
	}
}

/* What nr_index_find() should find, NULL for none. */
static const struct message *find(const struct model *model,
				  const struct nr_select *select)
{
	const struct message *found = NULL;

	for (uint32_t i = 0; i < model->count; i++) {
		const struct message *message = &model->message[i];
		bool better;

		if (!message->stored || !nr_select_admits(select, message->type))
			continue;
		better = !found || message->position < found->position;
		if (found && select->kind == NR_SELECT_LOWEST &&
		    message->type != found->type)
			better = message->type < found->type;
		if (better)
			found = message;
	}
	return found;
}

static void assert_finds(const struct model *model, enum nr_select_kind kind,
			 int64_t type)
{
	const struct nr_select select = {kind, type};
	const struct message *expected = find(model, &select);
	uint32_t reference = 0;
	int r = nr_index_find(&model->sandbox->heap, &select, &reference);

	assert_int_equal(r, expected ? 0 : -ENOMSG);
	assert_int_equal(reference, expected ? expected->reference : 0);
}

static int count_one(void *data, uint32_t message, const struct nr_block_shared *block)
{
	uint64_t *count = data;

	assert_int_equal(block->kind, NR_BLOCK_STORED);
	assert_true(message > 0);
	return ++*count == 1000 ? 7 : 0;
}

static void assert_like_model(struct model *model)
{
	const struct nr_heap *heap = &model->sandbox->heap;
	uint64_t stored = 0, walked = 0;

	for (uint32_t i = 0; i < model->count; i++)
		stored += model->message[i].stored;
	assert_int_equal(heap->shared->stored, stored);
	assert_int_equal(nr_index_walk(heap, count_one, &walked), 0);
	assert_int_equal(walked, stored);
	walked = 999;
	assert_int_equal(nr_index_walk(heap, count_one, &walked), stored ? 7 : 0);
	assert_int_equal(nr_heap_check(heap), 0);
	assert_int_equal(nr_index_check(heap), 0);

	assert_finds(model, NR_SELECT_ANY, 0);
	for (uint32_t i = 0; i < 8; i++) {
		int64_t type = some_type(&model->random);

		if (model->count > 0 && i % 2)
			type = model->message[random_below(&model->random, model->count)]
				       .type;
		assert_finds(model, NR_SELECT_TYPE, type);
		assert_finds(model, NR_SELECT_LOWEST, type);
		assert_finds(model, NR_SELECT_EXCEPT, type);
	}
}

static void step(struct model *model, bool shrinking)
{
	uint64_t choice = random_below(&model->random, 8);
	struct message *message;
	int r;

	if (model->count == 0 || choice < (shrinking ? 1 : 3)) {
		if (model->count == MESSAGES)
			return;
		message = &model->message[model->count];
		message->type = some_type(&model->random);
		message->position = model->position++;
		message->stored = true;
		r = sandbox_change(model->sandbox, make_park, message);
		assert_true(r == 0 || r == -ENOSPC);
		model->count += r == 0;
		return;
	}
	message = &model->message[random_below(&model->random, model->count)];
	if (message->stored && choice < 6) {
		assert_int_equal(sandbox_change(model->sandbox, make_take, message), 0);
		message->stored = false;
	} else if (!message->stored && choice < 6) {
		r = sandbox_change(model->sandbox, make_give_back, message);
		assert_true(r == 0 || r == -ENOSPC);
		message->stored = r == 0;
	} else {
		r = sandbox_change(model->sandbox,
				   message->stored ? make_unpark : make_release, message);
		assert_int_equal(r, 0);
		*message = model->message[--model->count];
	}
}

static void test_against_a_model(void **state)
{
	struct model model = {.sandbox = sandbox_open(GRANULES, GRANULES), .random = 1};

	(void)state;
	assert_like_model(&model);
	for (uint32_t i = 0; i < 6000; i++) {
		step(&model, i / 600 % 2);
		assert_like_model(&model);
	}
	while (model.count > 0)
		step(&model, true);
	assert_int_equal(nr_heap_block(&model.sandbox->heap, 1)->size, GRANULES - 1);
	sandbox_close(model.sandbox);
}

/* A tree as deep as can be, the oldest message at its lowest leaf. */
static void test_depth(void **state)
{
	struct sandbox *sandbox = sandbox_open(GRANULES, GRANULES);
	struct message message[63];
	const struct nr_select any = {.kind = NR_SELECT_ANY};
	uint32_t found;

	(void)state;
	for (uint32_t i = 0; i < 63; i++) {
		message[i] = (struct message){
			.type = INT64_C(1) << (62 - i),
			.position = 1000 - i,
		};
		assert_int_equal(sandbox_change(sandbox, make_park, &message[i]), 0);
		assert_int_equal(nr_index_check(&sandbox->heap), 0);
	}
	for (uint32_t i = 63; i-- > 0;) {
		assert_int_equal(nr_index_find(&sandbox->heap, &any, &found), 0);
		assert_int_equal(found, message[i].reference);
		assert_int_equal(sandbox_change(sandbox, make_take, &message[i]), 0);
		assert_true(sandbox->journal.count < 120);
		assert_int_equal(nr_index_check(&sandbox->heap), 0);
		assert_int_equal(sandbox_change(sandbox, make_give_back, &message[i]), 0);
		assert_true(sandbox->journal.count < 120);
		assert_int_equal(nr_index_check(&sandbox->heap), 0);
		assert_int_equal(sandbox_change(sandbox, make_unpark, &message[i]), 0);
	}
	assert_int_equal(nr_heap_block(&sandbox->heap, 1)->size, GRANULES - 1);
	sandbox_close(sandbox);
}

static void test_refused(void **state)
{
	struct sandbox *sandbox = sandbox_open(GRANULES, GRANULES);
	struct message message = {.type = 0, .position = 5};
	struct message same = {.type = 3, .position = 5};
	struct message newer = {.type = 3, .position = 6};
	struct message nobody = {.reference = GRANULES};

	(void)state;
	assert_int_equal(sandbox_change(sandbox, make_park, &message), -EBADMSG);
	message.type = -3;
	assert_int_equal(sandbox_change(sandbox, make_park, &message), -EBADMSG);
	message.type = 3;
	assert_int_equal(sandbox_change(sandbox, make_park, &message), 0);
	assert_int_equal(sandbox_change(sandbox, make_park, &same), -EBADMSG);
	assert_int_equal(sandbox_change(sandbox, make_park, &newer), 0);
	assert_int_equal(sandbox_change(sandbox, make_park, &same), -EBADMSG);
	assert_int_equal(sandbox_change(sandbox, make_give_back, &message), -EBADMSG);
	assert_int_equal(sandbox_change(sandbox, make_take, &message), 0);
	assert_int_equal(sandbox_change(sandbox, make_take, &message), -EBADMSG);
	assert_int_equal(sandbox_change(sandbox, make_give_back, &nobody), -EBADMSG);
	assert_int_equal(sandbox_change(sandbox, make_release, &message), 0);
	sandbox_close(sandbox);
}

static void test_no_room_for_a_type(void **state)
{
	struct sandbox *sandbox = sandbox_open(6, 6);
	struct message message = {.type = 1, .position = 1};
	struct message other = {.type = 2, .position = 2};
	struct message more = {.type = 1, .position = 3};

	(void)state;
	assert_int_equal(sandbox_change(sandbox, make_park, &message), 0);
	assert_int_equal(sandbox_change(sandbox, make_park, &other), -ENOSPC);
	assert_int_equal(sandbox_change(sandbox, make_park, &more), 0);
	assert_int_equal(nr_index_check(&sandbox->heap), 0);
	sandbox_close(sandbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_a_model),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_room_for_a_type),
	};

	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
