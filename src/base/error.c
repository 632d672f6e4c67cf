/* SPDX-License-Identifier: MIT */

/* base/error.c - errors in plain words */

#include <errno.h>
#include <naru/base.h>
#include <string.h>

NARU_API const char *naru_error_text(int error)
{
	const char *text;

	if (error > 0)
		error = -error; /* all of them have a negative, not the reverse */
	switch (error) {
	case 0:
		return "no error";
	case -EAGAIN:
		return "it would have to wait";
	case -ETIMEDOUT:
		return "the time given for it has passed";
	case -EINTR:
		return "a signal interrupted it while it waited";
	case -EMSGSIZE:
		return "the message is larger than the queue or the buffer";
	case -EIDRM:
		return "the object was removed while it was in use";
	case -EOWNERDEAD:
		return "the process that held it has died";
	case -ENOTRECOVERABLE:
		return "somebody found what a dead process left beyond repair";
	case -EBADMSG:
		return "the object is damaged, or is not naru's";
	case -EPROTONOSUPPORT:
		return "the object was made by another version of naru";
	case -E2BIG:
		return "an option is set that this version of naru does not know";
	case -EINVAL:
		return "an argument is out of its range";
	case -EUSERS:
		return "too many processes use the space (4095 at most)";
	case -EPIPE:
		return "nobody will read it: the other end is closed";
	case -ECONNRESET:
		return "the connection was broken off";
	case -ESTALE:
		return "it went back meanwhile, for others to receive";
	case -EKEYREJECTED:
		return "a certificate, or its key, is not good for this";
	case -EKEYEXPIRED:
		return "a certificate is not valid now";
	case -ELIBACC:
		return "a part of naru that this needs is not installed";
	default:
		text = error < -4095 ? NULL : strerrordesc_np(-error);
		return text ? text : "an unknown error";
	}
}
