/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_JSON_H
#define NARU_TOOLS_JSON_H

/*
 * tools/json.h - what is the same in every --json output
 */

#include <json-c/json.h>
#include <naru/queue.h>
#include <naru/segment.h>

/* @text NULL: null. */
void nr_json_text(struct json_object *object, const char *key, const char *text);
void nr_json_number(struct json_object *object, const char *key, uint64_t number);

/* Octal digits, as "mode". */
void nr_json_mode(struct json_object *object, uint32_t mode);

/* Every field of the stat, in its own unit. */
void nr_json_queue(struct json_object *object, const struct naru_queue_stat *stat);

void nr_json_segment(struct json_object *object, const struct naru_segment_stat *stat);

/* Print it, and let go of it. */
void nr_json_print(struct json_object *object);

#endif /* NARU_TOOLS_JSON_H */
