/* SPDX-License-Identifier: MIT */

/* stream/peer.c - who is at the other end */

#include <base/options.h>
#include <stream/address.h>
#include <stream/handle.h>
#include <stream/tls.h>
#include <sys/sockets.h>

int naru_stream_peer(struct naru_stream *stream, struct naru_stream_peer *ret_peer)
{
	struct naru_stream_peer peer = {.uid = UINT32_MAX, .gid = UINT32_MAX};
	struct sockaddr_storage address;
	struct ucred user;
	int r;

	if (stream->transport->kind == NARU_TRANSPORT_MEMORY ||
	    stream->transport->kind == NARU_TRANSPORT_UNIX) {
		r = nr_socket_get(stream->fd, SOL_SOCKET, SO_PEERCRED, &user,
				  sizeof(user));
		if (r < 0)
			return r;
		peer.pid = user.pid;
		peer.uid = user.uid;
		peer.gid = user.gid;
	} else {
		r = nr_socket_peer_address(stream->fd, &address);
		if (r < 0)
			return r;
		nr_address_print(&address, peer.address);
		r = nr_socket_own_address(stream->fd, &address);
		if (r < 0)
			return r;
		nr_address_print(&address, peer.here);
	}
	if (stream->session)
		stream->module->name(stream->session, peer.name, sizeof(peer.name));
	return nr_options_return(ret_peer, sizeof(peer), &peer);
}
