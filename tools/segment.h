/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_SEGMENT_H
#define NARU_TOOLS_SEGMENT_H

/* tools/segment.h - what the parts of naru segment share */

#include <naru/segment.h>
#include <tools/command.h>

struct nr_segment_options {
	uint64_t size;
	uint32_t mode;
	bool huge;
	const char *offset_text;
	uint64_t offset;
	uint64_t length;
	const char *file;
	bool hex;
	bool json;
};

/* @error is of a call that made, opened or used the segment @name. An exit status. */
int nr_segment_failed(struct nr_tool *tool, const char *name, int error);

/* Each does one thing to the segment @name, and returns an exit status. */
int nr_segment_write(struct nr_tool *tool, const char *name,
		     const struct nr_segment_options *given);
int nr_segment_read(struct nr_tool *tool, const char *name,
		    const struct nr_segment_options *given);
int nr_segment_show(struct nr_tool *tool, const char *name,
		    const struct nr_segment_options *given);

/* Open it, and tool->space before. Says why if it fails. */
int nr_tool_open_segment(struct nr_tool *tool, const char *name, uint32_t flags,
			 struct naru_segment **ret_segment);

#endif /* NARU_TOOLS_SEGMENT_H */
