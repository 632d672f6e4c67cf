#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A line between two hosts that is slow and loses packets, where tc(8) has no netem.

    delay-line.py plain INTERFACE...         each frame is to be as it is on a wire
    delay-line.py carry A B MS PERMILLE      carry frames between A and B, MS late, but for
                                             PERMILLE of them; prints "ready",
                                             and on standard error "lost" for each of those
"""
import fcntl
import heapq
import random
import select
import socket
import struct
import sys
import time

SIOCETHTOOL = 0x8946
# Segmentation and checksums by the other side: ETHTOOL_STXCSUM, _STSO, _SGSO.
OFFLOADS = (0x17, 0x1F, 0x24)


def plain(interfaces):
    import ctypes

    with socket.socket() as any_socket:
        for name in interfaces:
            for command in OFFLOADS:
                value = ctypes.create_string_buffer(struct.pack("II", command, 0))
                request = struct.pack("16sP", name.encode(), ctypes.addressof(value))
                fcntl.ioctl(any_socket, SIOCETHTOOL, request + bytes(16))


def listen(name):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    end.bind((name, 0))
    return end


def carry(a, b, delay, lost):
    ends = [listen(a), listen(b)]
    others = {ends[0]: ends[1], ends[1]: ends[0]}
    late, count = [], 0
    print("ready", flush=True)
    while True:
        wait = max(0, late[0][0] - time.monotonic()) if late else None
        for end in select.select(ends, [], [], wait)[0]:
            frame, origin = end.recvfrom(1 << 16)
            # What we have sent ourselves is seen, too.
            if origin[2] == socket.PACKET_OUTGOING:
                continue
            if random.randrange(1000) < lost:
                print("lost", file=sys.stderr, flush=True)
                continue
            count += 1
            heapq.heappush(late, (time.monotonic() + delay, count, others[end], frame))
        while late and late[0][0] <= time.monotonic():
            _, _, end, frame = heapq.heappop(late)
            end.send(frame)


if sys.argv[1] == "plain":
    plain(sys.argv[2:])
else:
    carry(sys.argv[2], sys.argv[3], int(sys.argv[4]) / 1000, int(sys.argv[5]))
