/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <support/must.h>
#include <support/script.h>

static bool is_numbered(uint16_t verb)
{
	return verb >= NR_WIRE_SEND && verb <= NR_WIRE_GIVE_BACK;
}

static void note(struct script *script, uint16_t verb, const unsigned char *body)
{
	unsigned count = script->count;

	if (!is_numbered(verb))
		return;
	must(count < SEEN);
	script->seen[count].verb = verb;
	memcpy(&script->seen[count].number, body, sizeof(uint64_t));
	script->count = count + 1;
}

unsigned script_count(const struct script *script, uint16_t verb)
{
	unsigned count = 0;

	for (unsigned i = 0; i < script->count; i++)
		count += script->seen[i].verb == verb;
	return count;
}

uint64_t script_number(const struct script *script, uint16_t verb, unsigned nth)
{
	for (unsigned i = 0; i < script->count; i++)
		if (script->seen[i].verb == verb && nth-- == 0)
			return script->seen[i].number;
	must(false);
	return 0;
}

static void bring(struct script *script, const unsigned char *body,
		  struct impostor_answer *answer)
{
	int count = script_count(script, NR_WIRE_TAKE) > 1 ? script->brings_again
							   : script->brings;
	uint64_t room;

	if (count == 0)
		return;
	impostor_clear(answer);
	answer->frame.value = count;
	memcpy(&room, body + sizeof(struct nr_wire_take), sizeof(room));
	for (int i = 0; i < count; i++)
		impostor_add_item(answer, room);
}

static bool play(struct impostor *impostor, const struct nr_wire_frame *request,
		 const unsigned char *body, struct impostor_answer *answer)
{
	struct script *script = impostor->data;

	note(script, request->verb, body);
	if (request->verb == NR_WIRE_HELLO && script->frame_max && script->count > 0)
		memcpy(answer->body + offsetof(struct nr_wire_hello_answer, frame_max),
		       &script->frame_max, sizeof(script->frame_max));
	if (request->verb == NR_WIRE_TAKE)
		bring(script, body, answer);
	if (request->verb == NR_WIRE_RELEASE && script->releases)
		answer->frame.value = script->releases;
	if (request->verb != script->verb)
		return true;
	if (script->cuts > 0) {
		script->cuts--;
		return false;
	}
	if (script->errors > 0) {
		script->errors--;
		impostor_fail(answer, script->error);
	}
	return true;
}

void script_begin(struct script *script)
{
	struct naru_queue_options options = NARU_INIT(options, .flags = script->flags);
	char url[128];

	impostor_start(&script->impostor, 1);
	snprintf(url, sizeof(url), "%s/q", script->impostor.url);
	must_be(naru_queue_open(NULL, url, &options, &script->queue), 0);
	/* Last: from then on its thread looks at what is told above. */
	script->impostor.data = script;
	script->impostor.meddle = play;
}

void script_end(struct script *script)
{
	naru_queue_close(script->queue);
	impostor_stop(&script->impostor);
}
