/* SPDX-License-Identifier: MIT */

#include <remote/url.h>

#include <errno.h>
#include <space/object.h>
#include <stream/url.h>
#include <string.h>

int nr_place_url_check(const char *text)
{
	struct nr_url url;

	return nr_url_parse(text, &url);
}

/* What separates the queue's name from the rest; NULL: nothing does. */
static const char *separator(const char *text)
{
	const char *place;

	if (strncmp(text, "unix://", 7) == 0)
		return strrchr(text, '#');
	place = strstr(text, "://");
	if (!place)
		return NULL;
	return strncmp(text, "local://", 8) == 0 ? strpbrk(place + 3, "#/")
						 : strchr(place + 3, '/');
}

int nr_queue_url_parse(const char *text, struct nr_queue_url *ret_url)
{
	const char *place = separator(text);
	struct nr_queue_url url;
	size_t length;
	int r;

	if (!place || nr_object_check_name(place + 1) < 0)
		return -EINVAL;
	length = (size_t)(place - text);
	if (length >= sizeof(url.server))
		return -EINVAL;
	memcpy(url.server, text, length);
	url.server[length] = '\0';
	strcpy(url.queue, place + 1);
	r = nr_place_url_check(url.server);
	if (r == 0)
		*ret_url = url;
	return r;
}
