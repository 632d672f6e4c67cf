/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_OBJECT_H
#define NARU_LAYOUT_OBJECT_H

/*
 * layout/object.h - the first 16 bytes of every object's file
 *
 *	  0  magic	tells the kind
 *	  8  version	of that kind's layout
 *	 12  reserved	0
 */

#include <stdint.h>

#define NR_QUEUE_MAGIC	 UINT64_C(0x6575657571727561) /* "aurqueue" in memory order */
#define NR_SEGMENT_MAGIC UINT64_C(0x746e656d67657361) /* "asegment" */
#define NR_SET_MAGIC	 UINT64_C(0x746573656d657361) /* "asemeset" */

struct nr_object_shared {
	uint64_t magic;
	uint32_t version;
	uint32_t reserved;
};

#endif /* NARU_LAYOUT_OBJECT_H */
