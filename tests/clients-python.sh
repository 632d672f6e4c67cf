#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Python: sysv_ipc.

. "$(dirname "$0")/clients-lib.sh"
python=/usr/bin/python3
[ -x $python ] || skip "there is no $python"
$python -c 'import sysv_ipc' 2>/dev/null || skip "this Python has no sysv_ipc"

cat >"$scratch/client.py" <<'END'
import os, signal, struct, sysv_ipc as ipc

queue = ipc.MessageQueue(None, ipc.IPC_CREX, mode=0o600, max_message_size=4096)
queue.send(b"second", type=2)
queue.send(b"first", type=1)
assert queue.current_messages == 2 and queue.last_send_pid == os.getpid()
assert queue.receive(type=-2) == (b"first", 1)
assert queue.receive() == (b"second", 2)
try:
    queue.receive(block=False)
    assert False
except ipc.BusyError:
    pass
if os.fork() == 0:
    text, _ = queue.receive(type=7)
    queue.send(text[::-1], type=8)
    os._exit(0)
queue.send(b"palindrome", type=7)
assert queue.receive(type=8)[0] == b"emordnilap"
os.wait()
queue.remove()

memory = ipc.SharedMemory(None, ipc.IPC_CREX, size=8192)
lock = ipc.Semaphore(None, ipc.IPC_CREX, initial_value=1)
lock.undo = True
memory.write(struct.pack("Q", 0))
assert memory.number_attached == 1
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        for _ in range(50):
            with lock:
                (count,) = struct.unpack("Q", memory.read(8))
                memory.write(struct.pack("Q", count + 1))
        lock.acquire()
        os.kill(os.getpid(), signal.SIGKILL)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
lock.acquire(timeout=10)
assert struct.unpack("Q", memory.read(8)) == (150,)
assert memory.number_attached == 1
try:
    lock.acquire(timeout=0.01)
    assert False
except ipc.BusyError:
    pass
assert lock.value == 0 and lock.waiting_for_nonzero == 0
lock.release()
lock.remove()
again = ipc.attach(memory.id)
assert memory.number_attached == 2
again.detach()
memory.detach()
memory.remove()
print("python: all is well")
END
run $python "$scratch/client.py"
check_kernel
