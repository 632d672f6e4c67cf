/* SPDX-License-Identifier: MIT */
/* tools/json.c - what is the same in every --json output */

#include <tools/json.h>

#include <stdio.h>

void nr_json_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

void nr_json_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

void nr_json_mode(struct json_object *object, uint32_t mode)
{
	char text[8];

	snprintf(text, sizeof(text), "%04o", mode & 07777);
	nr_json_text(object, "mode", text);
}

void nr_json_queue(struct json_object *object, const struct naru_queue_stat *stat)
{
	nr_json_number(object, "messages", stat->messages);
	nr_json_number(object, "bytes", stat->bytes);
	nr_json_number(object, "capacity", stat->capacity);
	nr_json_number(object, "capacity_messages", stat->capacity_messages);
	nr_json_number(object, "held_messages", stat->held_messages);
	nr_json_number(object, "held_bytes", stat->held_bytes);
	nr_json_number(object, "sent", stat->sent);
	nr_json_number(object, "received", stat->received);
	nr_json_number(object, "waiting_senders", stat->waiting_senders);
	nr_json_number(object, "waiting_receivers", stat->waiting_receivers);
	nr_json_number(object, "last_sender", (uint64_t)stat->last_sender);
	nr_json_number(object, "last_receiver", (uint64_t)stat->last_receiver);
	nr_json_number(object, "last_send", (uint64_t)stat->last_send);
	nr_json_number(object, "last_receive", (uint64_t)stat->last_receive);
	nr_json_number(object, "changed", (uint64_t)stat->changed);
	nr_json_number(object, "uid", stat->uid);
	nr_json_number(object, "gid", stat->gid);
	nr_json_mode(object, stat->mode);
	nr_json_number(object, "memory", stat->memory);
}

void nr_json_segment(struct json_object *object, const struct naru_segment_stat *stat)
{
	nr_json_number(object, "length", stat->length);
	nr_json_number(object, "attachments", stat->attachments);
	nr_json_number(object, "latest", stat->latest);
	nr_json_number(object, "sequence", stat->sequence);
	nr_json_number(object, "creator", (uint64_t)stat->creator);
	nr_json_number(object, "last_attacher", (uint64_t)stat->last_attacher);
	nr_json_number(object, "last_detacher", (uint64_t)stat->last_detacher);
	nr_json_number(object, "lock_owner", (uint64_t)stat->lock_owner);
	nr_json_number(object, "created", (uint64_t)stat->created);
	nr_json_number(object, "changed", (uint64_t)stat->changed);
	nr_json_number(object, "last_attach", (uint64_t)stat->last_attach);
	nr_json_number(object, "last_detach", (uint64_t)stat->last_detach);
	nr_json_number(object, "uid", stat->uid);
	nr_json_number(object, "gid", stat->gid);
	nr_json_mode(object, stat->mode);
	nr_json_number(object, "huge", stat->huge);
	nr_json_number(object, "damaged", stat->damaged);
	nr_json_number(object, "memory", stat->memory);
}

void nr_json_print(struct json_object *object)
{
	puts(json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}
