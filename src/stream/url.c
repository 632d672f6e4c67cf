/* SPDX-License-Identifier: MIT */

#include <stream/url.h>

#include <errno.h>
#include <space/object.h>
#include <stdbool.h>
#include <string.h>

/* @length bytes, and a NUL. False: they do not fit, or there are none. */
static bool copy(char *to, size_t size, const char *from, size_t length)
{
	if (length == 0 || length >= size)
		return false;
	memcpy(to, from, length);
	to[length] = '\0';
	return true;
}

static int parse_local(const char *text, struct nr_url *url)
{
	if (nr_object_check_name(text) < 0 ||
	    !copy(url->name, sizeof(url->name), text, strlen(text)))
		return -EINVAL;
	return 0;
}

static int parse_descriptor(const char *text, struct nr_url *url)
{
	size_t length = strspn(text, "0123456789");

	if (text[length] || length > 6 ||
	    !copy(url->name, sizeof(url->name), text, length))
		return -EINVAL;
	return 0;
}

static int parse_unix(const char *text, struct nr_url *url)
{
	const char *slash = strrchr(text, '/');

	if (text[0] != '/' || strcmp(slash, "/.") == 0 || strcmp(slash, "/..") == 0 ||
	    !copy(url->name, sizeof(url->name), slash + 1, strlen(slash + 1)))
		return -EINVAL;
	if (slash == text)
		slash++;
	return copy(url->directory, sizeof(url->directory), text, (size_t)(slash - text))
		       ? 0
		       : -EINVAL;
}

static int parse_port(const char *text, struct nr_url *url)
{
	unsigned port = 0;

	for (const char *digit = text; *digit; digit++) {
		if (*digit < '0' || *digit > '9')
			return -EINVAL;
		port = port * 10 + (unsigned)(*digit - '0');
		if (port > 65535)
			return -EINVAL;
	}
	while (text[0] == '0' && text[1])
		text++;
	return copy(url->port, sizeof(url->port), text, strlen(text)) ? 0 : -EINVAL;
}

static bool is_host(const char *host)
{
	for (; *host; host++)
		if (*host <= ' ' || *host == '/' || *host == '@' || *host == 127)
			return false;
	return true;
}

static int parse_network(const char *text, struct nr_url *url)
{
	const char *colon = strrchr(text, ':'), *host = text;
	size_t length;

	if (!colon || colon == text)
		return -EINVAL;
	length = (size_t)(colon - text);
	if (text[0] == '[') {
		if (length < 3 || text[length - 1] != ']')
			return -EINVAL;
		host++;
		length -= 2;
	} else if (memchr(text, ':', length)) {
		return -EINVAL;
	}
	if (!copy(url->host, sizeof(url->host), host, length) || !is_host(url->host))
		return -EINVAL;
	return parse_port(colon + 1, url);
}

int nr_url_parse(const char *text, struct nr_url *ret_url)
{
	static const struct {
		const char *prefix;
		enum nr_scheme scheme;
		int (*parse)(const char *text, struct nr_url *url);
	} schemes[] = {
		{"local://", NR_URL_LOCAL, parse_local},
		{"unix://", NR_URL_UNIX, parse_unix},
		{"tcp://", NR_URL_TCP, parse_network},
		{"tls://", NR_URL_TLS, parse_network},
		{"fd://", NR_URL_FD, parse_descriptor},
	};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t length = strlen(schemes[i].prefix);
		struct nr_url url = {.scheme = schemes[i].scheme};
		int r;

		if (strncmp(text, schemes[i].prefix, length) != 0)
			continue;
		r = schemes[i].parse(text + length, &url);
		if (r == 0)
			*ret_url = url;
		return r;
	}
	return -EINVAL;
}
