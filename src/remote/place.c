/* SPDX-License-Identifier: MIT */

#include <remote/place.h>

#include <errno.h>
#include <remote/url.h>
#include <space/space.h>
#include <stdlib.h>
#include <stream/options.h>
#include <string.h>

/* A copy of what may be missing. */
static int keep(const char **ret_text, const char *text)
{
	*ret_text = text && text[0] ? strdup(text) : NULL;
	return *ret_text || !text || !text[0] ? 0 : -ENOMEM;
}

static int keep_all(struct nr_place *place, const char *url,
		    const struct naru_stream_options *options)
{
	struct naru_stream_options *own = &place->options;
	int r;

	*own = (struct naru_stream_options){
		.size = sizeof(*own),
		.flags = options->flags,
		.capacity = options->capacity,
	};
	r = keep((const char **)&place->url, url);
	if (r == 0)
		r = keep(&own->certificate, options->certificate);
	if (r == 0)
		r = keep(&own->key, options->key);
	if (r == 0)
		r = keep(&own->authority, options->authority);
	if (r == 0)
		r = keep(&own->host, options->host);
	return r;
}

static int set_up(struct nr_place *place, struct naru_space *space, const char *url,
		  const struct naru_stream_options *options)
{
	struct nr_place made = {.space = space};
	int saved = errno, r;

	if (space)
		nr_space_reference(space);
	r = keep_all(&made, url, options);
	errno = saved;
	if (r < 0)
		nr_place_clear(&made);
	else
		*place = made;
	return r;
}

int nr_place_set_up(struct nr_place *place, struct naru_space *space, const char *url,
		    const struct naru_stream_options *options)
{
	struct naru_stream_options chosen;
	int r = nr_place_url_check(url);

	if (r == 0)
		r = nr_stream_options(options, &chosen);
	if (r < 0)
		return r;
	if (!options) {
		chosen.certificate = secure_getenv("NARU_TLS_CERTIFICATE");
		chosen.key = secure_getenv("NARU_TLS_KEY");
		chosen.authority = secure_getenv("NARU_TLS_AUTHORITY");
	}
	return set_up(place, space, url, &chosen);
}

int nr_place_copy(struct nr_place *place, const struct nr_place *other)
{
	return set_up(place, other->space, other->url, &other->options);
}

void nr_place_clear(struct nr_place *place)
{
	struct naru_stream_options *own = &place->options;

	free((char *)own->certificate);
	free((char *)own->key);
	free((char *)own->authority);
	free((char *)own->host);
	free(place->url);
	if (place->space)
		nr_space_release(place->space);
	*place = (struct nr_place){0};
}
