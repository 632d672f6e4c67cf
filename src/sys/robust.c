/* SPDX-License-Identifier: MIT */

#include <sys/robust.h>

#include <assert.h>
#include <base/atomic.h>
#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <sys/call.h>
#include <sys/map.h>
#include <sys/process.h>

static_assert(NR_ROBUST_DIED == FUTEX_OWNER_DIED, "as in the kernel");
static_assert(NR_ROBUST_WAITERS == FUTEX_WAITERS, "as in the kernel");
static_assert(NR_ROBUST_THREAD == FUTEX_TID_MASK, "as in the kernel");

/* A link as libc has it: what comes before lies before, and the list leads to next. */
struct link {
	struct robust_list *previous;
	struct robust_list next;
};

static struct link *link_of(struct robust_list *next)
{
	return (struct link *)(void *)((unsigned char *)next -
				       offsetof(struct link, next));
}

/* This thread's list, or NULL: libc has made none, or one of another shape. */
static struct robust_list_head *list_head(void)
{
	struct robust_list_head *head = NULL;
	size_t size = 0;
	long r = nr_call_once(SYS_get_robust_list, 0, &head, &size);

	/* The link must come to lie behind the page, and be aligned. */
	return r == 0 && head && size == sizeof(*head) && sizeof(void *) == 8 &&
			       head->futex_offset <= -32 && head->futex_offset > -2048 &&
			       head->futex_offset % 8 == 0
		       ? head
		       : NULL;
}

/* The word's page, and behind it one of our own. No child of fork has them. */
static int map_pages(int fd, uint64_t offset, size_t page, unsigned char **ret_pages)
{
	void *pages, *shared;
	int r = nr_map_private(2 * page, &pages);

	if (r < 0)
		return r;
	r = nr_map_file(fd, offset & ~(uint64_t)(page - 1), page, true, pages, &shared);
	if (r == 0)
		r = nr_map_dont_fork(pages, 2 * page);
	if (r < 0) {
		nr_unmap(pages, 2 * page);
		return r;
	}
	*ret_pages = pages;
	return 0;
}

static struct robust_list *next_of(const struct robust_list_head *head,
				   _Atomic uint32_t *word)
{
	return (struct robust_list *)(void *)((unsigned char *)word - head->futex_offset);
}

/*
 * The kernel looks at list_op_pending as well as at the list: so there is no moment at
 * which the word tells of a living thread and the kernel does not know of the word.
 */
static void add(struct robust_list_head *head, const struct nr_robust *robust)
{
	struct robust_list *next = next_of(head, robust->word);
	struct link *link = link_of(next);
	struct robust_list *first = head->list.next;

	head->list_op_pending = next;
	nr_program_order();
	nr_store_relaxed(robust->word, nr_robust_value(robust));
	link->previous = &head->list;
	link->next.next = first;
	/* Bit 0 of a pointer is set for a mutex with priority inheritance. */
	link_of((struct robust_list *)((uintptr_t)first & ~UINT64_C(1)))->previous = next;
	nr_program_order();
	head->list.next = next;
	nr_program_order();
	head->list_op_pending = NULL;
}

static void take_out(struct robust_list_head *head, const struct nr_robust *robust)
{
	struct robust_list *next = next_of(head, robust->word);
	struct link *link = link_of(next);
	struct robust_list *behind = link->next.next;
	struct robust_list *before = link->previous;

	head->list_op_pending = next;
	nr_program_order();
	link_of((struct robust_list *)((uintptr_t)behind & ~UINT64_C(1)))->previous =
		before;
	((struct robust_list *)((uintptr_t)before & ~UINT64_C(1)))->next = behind;
	nr_program_order();
	nr_store_relaxed(robust->word, 0);
	nr_program_order();
	head->list_op_pending = NULL;
}

static bool has_ended(uint32_t thread)
{
	return nr_call_once(SYS_tgkill, nr_process_id(), thread, 0) == -ESRCH;
}

int nr_robust_arm(int fd, uint64_t offset, struct nr_robust *ret_robust)
{
	struct robust_list_head *head = list_head();
	size_t page = nr_page_size();
	struct nr_robust robust;
	int r;

	if (!head)
		return -EOPNOTSUPP;
	assert(offset % page >= page - 3 * NR_ROBUST_STEP &&
	       offset % NR_ROBUST_STEP == 0);
	r = map_pages(fd, offset, page, &robust.pages);
	if (r < 0)
		return r;
	robust.word = (_Atomic uint32_t *)(void *)(robust.pages + offset % page);
	robust.armer = nr_process_thread();
	robust.thread = (uint32_t)nr_call_once(SYS_gettid);
	add(head, &robust);
	ret_robust->pages = robust.pages;
	ret_robust->word = robust.word;
	ret_robust->armer = robust.armer;
	nr_store_relaxed(&ret_robust->thread, robust.thread);
	return 0;
}

void nr_robust_disarm(struct nr_robust *robust)
{
	struct robust_list_head *head = list_head();
	uint32_t thread = nr_load_relaxed(&robust->thread);

	if (!robust->pages)
		return;
	nr_store_relaxed(&robust->thread, 0);
	if (head && robust->armer == nr_process_thread())
		take_out(head, robust);
	else
		nr_store_relaxed(robust->word, 0);
	/* The kernel has followed the list before a thread is gone. */
	if ((head && robust->armer == nr_process_thread()) || has_ended(thread))
		nr_unmap(robust->pages, 2 * nr_page_size());
	robust->pages = NULL;
}
