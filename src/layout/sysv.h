/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_SYSV_H
#define NARU_LAYOUT_SYSV_H

/*
 * layout/sysv.h - the file ".sysv" of a space: the System V identifiers in it
 *
 *	0		struct nr_sysv_shared: limits, and of each kind a lock and counts
 *	4096		the keys of each kind, NR_SYSV_ENTRIES of 4 bytes
 *	397312		the entries of each kind, NR_SYSV_ENTRIES of 128 bytes
 *
 * Most of the file is a hole: of keys and entries so many are reserved as ready says,
 * and only these are touched. Processes map all of it once.
 *
 * An identifier is sequence * NR_SYSV_ENTRIES + index, as in Linux. Each entry has a
 * word that says all about its life:
 *
 *	bits 0..1	enum nr_sysv_state
 *	bit 2		which of the two copies of the record is valid
 *	bits 3..15	version: each change adds 1
 *	bits 16..31	sequence, of the identifier that is there, or else of the next one
 *
 *	I1  Only the holder of the kind's lock writes words, records, keys and counts.
 *	I2  A change is written to the copy that is not valid, and committed by one store
 *	    of the word; likewise a creation and a removal.
 *	I3  An object is a file of the space, NR_SYSV_NAME_*. It is there before its
 *	    entry says so, and goes after it. A file without an entry is a dead process's
 *	    rest; who allocates its identifier replaces it.
 *	I4  used, total, high and hint are derived; if the lock's owner has died they are
 *	    derived again by the next one. A key is stored before the entry that has it
 *	    is committed, and means nothing where no entry has it.
 *	I5  The file's mode, owner and limits follow the record. While they are changed
 *	    unsettled is not 0. If it stays so, whoever opens the object next, and may,
 *	    or the doctor, makes them what the record says.
 *
 * The stamps are each one word, stored by whoever uses the object.
 */

#include <assert.h>
#include <layout/object.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define NR_SYSV_FILE	"." NR_SYSV_PREFIX
#define NR_SYSV_PREFIX	"sysv"
#define NR_SYSV_MAGIC	UINT64_C(0x2e76737973727561) /* "aursysv." in memory order */
#define NR_SYSV_VERSION 1u
#define NR_SYSV_ENTRIES 32768u

enum nr_sysv_kind { NR_SYSV_SHM = 0, NR_SYSV_MSG = 1, NR_SYSV_SEM = 2, NR_SYSV_KINDS };

enum nr_sysv_state {
	NR_SYSV_FREE = 0,
	NR_SYSV_LIVE = 1,
	NR_SYSV_DEST = 2, /* a segment: removed, but somebody is attached */
};

enum nr_sysv_limit {
	NR_SYSV_SHMMAX,
	NR_SYSV_SHMALL, /* pages of 4 KiB */
	NR_SYSV_SHMMNI,
	NR_SYSV_MSGMAX,
	NR_SYSV_MSGMNB,
	NR_SYSV_MSGMNI,
	NR_SYSV_SEMMSL,
	NR_SYSV_SEMMNS,
	NR_SYSV_SEMOPM,
	NR_SYSV_SEMMNI,
	NR_SYSV_LIMITS
};

struct nr_sysv_table_shared {
	_Atomic uint32_t lock;	/* space/lock.h */
	_Atomic uint32_t ready; /* entries that may be touched */
	uint32_t high;		/* index of the last one ever used, plus 1 */
	uint32_t hint;		/* all below are in use */
	uint32_t used;
	uint32_t unused;
	uint64_t total; /* of the used ones' size, as the kind counts it: sysv/ids.h */
	uint64_t pad[4];
};

struct nr_sysv_shared {
	struct nr_object_shared object;
	_Atomic uint64_t limit[NR_SYSV_LIMITS];
	alignas(64) struct nr_sysv_table_shared table[NR_SYSV_KINDS];
};

struct nr_sysv_record_shared {
	uint32_t key;
	uint32_t uid;
	uint32_t gid;
	uint32_t cuid;
	uint32_t cgid;
	uint32_t mode;	 /* and the kind's own flags above the permission bits */
	uint64_t size;	 /* bytes of a segment or for messages, number of semaphores */
	int64_t changed; /* seconds since the epoch */
};

struct nr_sysv_entry_shared {
	_Atomic uint32_t word; /* futex: woken at each change */
	_Atomic int32_t creator;
	_Atomic int32_t last_pid;   /* segments: attached or detached */
	_Atomic uint32_t unsettled; /* not 0: see I5 */
	_Atomic int64_t stamp[2];   /* segments: attached, detached; sets: operated on */
	struct nr_sysv_record_shared record[2];
	uint64_t pad[2];
};

#define NR_SYSV_KEYS	   UINT64_C(4096)
#define NR_SYSV_KEYS_SIZE  (NR_SYSV_ENTRIES * UINT64_C(4))
#define NR_SYSV_TABLES	   (NR_SYSV_KEYS + NR_SYSV_KINDS * NR_SYSV_KEYS_SIZE)
#define NR_SYSV_TABLE_SIZE (NR_SYSV_ENTRIES * UINT64_C(128))
#define NR_SYSV_SIZE	   (NR_SYSV_TABLES + NR_SYSV_KINDS * NR_SYSV_TABLE_SIZE)

#define NR_SYSV_STATE(word)    ((enum nr_sysv_state)((word)&3))
#define NR_SYSV_COPY(word)     ((word) >> 2 & 1)
#define NR_SYSV_VERSION_ONE    8u
#define NR_SYSV_VERSION_MASK   0xfff8u
#define NR_SYSV_SEQUENCE(word) ((word) >> 16)

static_assert(NR_SYSV_TABLES == 397312, "layout");
static_assert(sizeof(struct nr_sysv_table_shared) == 64, "layout");
static_assert(offsetof(struct nr_sysv_shared, table) == 128, "layout");
static_assert(sizeof(struct nr_sysv_shared) <= NR_SYSV_KEYS, "layout");
static_assert(sizeof(struct nr_sysv_record_shared) == 40, "layout");
static_assert(sizeof(struct nr_sysv_entry_shared) == 128, "layout");

#endif /* NARU_LAYOUT_SYSV_H */
