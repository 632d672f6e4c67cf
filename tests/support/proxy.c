/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/must.h>
#include <support/proxy.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
	};
}

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	must(fd >= 0);
	must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
	return fd;
}

static void drop(struct proxy *proxy, int i)
{
	for (int side = 0; side < 2; side++) {
		close(proxy->pair[i][side]);
		proxy->pair[i][side] = -1;
	}
}

static void add(struct proxy *proxy)
{
	int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);
	struct sockaddr_in address = loopback(proxy->server_port);
	int server = new_socket(), on = 1, i = 0;

	must(client >= 0);
	must(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
	/* A server that is down: the client's connection breaks, too. */
	if (atomic_load(&proxy->closed) ||
	    connect(server, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(client);
		close(server);
		return;
	}
	while (i < PROXY_PAIRS && proxy->pair[i][0] >= 0)
		i++;
	must(i < PROXY_PAIRS);
	proxy->pair[i][0] = client;
	proxy->pair[i][1] = server;
}

/* Move what is there. False: the connection is over. */
static bool carry(struct proxy *proxy, int i, int from)
{
	uint64_t budget = atomic_load(&proxy->budget);
	char bytes[4096];
	ssize_t n = recv(proxy->pair[i][from], bytes, sizeof(bytes), 0);

	if (n <= 0)
		return false;
	if ((uint64_t)n < budget) {
		if (budget != UINT64_MAX)
			atomic_store(&proxy->budget, budget - (uint64_t)n);
		return send(proxy->pair[i][!from], bytes, (size_t)n, MSG_NOSIGNAL) == n;
	}
	send(proxy->pair[i][!from], bytes, (size_t)budget, MSG_NOSIGNAL);
	atomic_store(&proxy->budget, UINT64_MAX);
	atomic_store(&proxy->closed, proxy->closes);
	atomic_store(&proxy->cut, true);
	return false;
}

static void *run(void *data)
{
	struct proxy *proxy = data;

	while (!atomic_load(&proxy->ends)) {
		struct pollfd fds[2 + 2 * PROXY_PAIRS] = {
			{.fd = proxy->listener, .events = POLLIN},
			{.fd = proxy->wake[0], .events = POLLIN},
		};

		for (int i = 0; i < 2 * PROXY_PAIRS; i++)
			fds[2 + i] = (struct pollfd){.fd = proxy->pair[i / 2][i % 2],
						     .events = POLLIN};
		must(poll(fds, 2 + 2 * PROXY_PAIRS, -1) > 0);
		for (int i = 0; i < PROXY_PAIRS; i++)
			for (int side = 0; side < 2; side++)
				if (proxy->pair[i][side] >= 0 &&
				    fds[2 + 2 * i + side].revents &&
				    !carry(proxy, i, side))
					drop(proxy, i);
		if (fds[0].revents)
			add(proxy);
	}
	for (int i = 0; i < PROXY_PAIRS; i++)
		if (proxy->pair[i][0] >= 0)
			drop(proxy, i);
	return NULL;
}

void proxy_start(struct proxy *proxy, const char *server_url)
{
	struct sockaddr_in address = loopback(0);
	socklen_t length = sizeof(address);

	memset(proxy, 0, sizeof(*proxy));
	memset(proxy->pair, -1, sizeof(proxy->pair));
	proxy->server_port = atoi(strrchr(server_url, ':') + 1);
	proxy->listener = new_socket();
	must(bind(proxy->listener, (struct sockaddr *)&address, length) == 0);
	must(listen(proxy->listener, 16) == 0);
	must(getsockname(proxy->listener, (struct sockaddr *)&address, &length) == 0);
	snprintf(proxy->url, sizeof(proxy->url), "tcp://127.0.0.1:%d",
		 ntohs(address.sin_port));
	must(pipe(proxy->wake) == 0);
	atomic_store(&proxy->budget, UINT64_MAX);
	must_be(pthread_create(&proxy->thread, NULL, run, proxy), 0);
}

void proxy_stop(struct proxy *proxy)
{
	atomic_store(&proxy->ends, true);
	must(write(proxy->wake[1], "", 1) == 1);
	must_be(pthread_join(proxy->thread, NULL), 0);
	close(proxy->wake[0]);
	close(proxy->wake[1]);
	close(proxy->listener);
}

void proxy_close_after(struct proxy *proxy, uint64_t bytes)
{
	atomic_store(&proxy->closes, true);
	proxy_cut_after(proxy, bytes);
}

void proxy_mend(struct proxy *proxy)
{
	atomic_store(&proxy->closes, false);
	atomic_store(&proxy->closed, false);
	atomic_store(&proxy->budget, UINT64_MAX);
}

void proxy_cut_after(struct proxy *proxy, uint64_t bytes)
{
	atomic_store(&proxy->cut, false);
	atomic_store(&proxy->budget, bytes);
}
