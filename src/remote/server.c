/* SPDX-License-Identifier: MIT */

#include <remote/server.h>

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

static int keep_all(struct nr_server *server, const char *url,
		    const struct naru_stream_options *options)
{
	struct naru_stream_options *own = &server->options;
	int r;

	*own = (struct naru_stream_options){
		.size = sizeof(*own),
		.flags = options->flags,
		.capacity = options->capacity,
	};
	r = keep((const char **)&server->url, url);
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

static int set_up(struct nr_server *server, struct naru_space *space, const char *url,
		  const struct naru_stream_options *options)
{
	struct nr_server made = {.space = space};
	int saved = errno, r;

	if (space)
		nr_space_reference(space);
	r = keep_all(&made, url, options);
	errno = saved;
	if (r < 0)
		nr_server_clear(&made);
	else
		*server = made;
	return r;
}

int nr_server_set_up(struct nr_server *server, struct naru_space *space, const char *url,
		     const struct naru_stream_options *options)
{
	struct naru_stream_options chosen;
	int r = nr_server_url_check(url);

	if (r == 0)
		r = nr_stream_options(options, &chosen);
	if (r < 0)
		return r;
	if (!options) {
		chosen.certificate = secure_getenv("NARU_TLS_CERTIFICATE");
		chosen.key = secure_getenv("NARU_TLS_KEY");
		chosen.authority = secure_getenv("NARU_TLS_AUTHORITY");
	}
	return set_up(server, space, url, &chosen);
}

int nr_server_copy(struct nr_server *server, const struct nr_server *other)
{
	return set_up(server, other->space, other->url, &other->options);
}

void nr_server_clear(struct nr_server *server)
{
	struct naru_stream_options *own = &server->options;

	free((char *)own->certificate);
	free((char *)own->key);
	free((char *)own->authority);
	free((char *)own->host);
	free(server->url);
	if (server->space)
		nr_space_release(server->space);
	*server = (struct nr_server){0};
}
