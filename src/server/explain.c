/* SPDX-License-Identifier: MIT */

#include <server/explain.h>

#include <errno.h>
#include <naru/base.h>

const char *nr_listen_error_text(int error)
{
	switch (-error) {
	case EINVAL:
		return "it is no URL: local://NAME, unix:///PATH, tcp://HOST:PORT, "
		       "tls://HOST:PORT or fd://N";
	case EADDRINUSE:
		return "somebody listens there already";
	case EADDRNOTAVAIL:
		return "its host is no address of this machine";
	case EAGAIN:
		return "the name of its host cannot be looked up just now";
	case EACCES:
		return "no permission to make its file, or for a port below 1024";
	case ENOENT:
		return "there is no such directory";
	case EEXIST:
		return "there is a file of that name that is no socket";
	case EBADF:
		return "that descriptor is no socket that listens";
	default:
		return naru_error_text(error);
	}
}
