#!/bin/bash
# SPDX-License-Identifier: MIT
#
# PHP: sysvmsg, sysvshm, sysvsem, which are loaded with RTLD_DEEPBIND.

. "$(dirname "$0")/clients-lib.sh"
need php
for extension in sysvmsg sysvshm sysvsem pcntl posix; do
	php -m | grep -qx $extension || skip "this PHP has no $extension"
done

cat >"$scratch/client.php" <<'END'
<?php
function must($ok, $what) { if (!$ok) { fwrite(STDERR, "php: $what\n"); exit(1); } }

$key = ftok(__FILE__, "n");
$queue = msg_get_queue($key, 0600);
must($queue !== false && msg_queue_exists($key), "msg_get_queue");
must(msg_send($queue, 4, ["a" => 1, "b" => [2, 3]]), "msg_send");
must(msg_send($queue, 2, "plain", false), "msg_send");
must(msg_stat_queue($queue)["msg_qnum"] == 2, "msg_stat_queue");
must(msg_receive($queue, -3, $type, 1000, $message, false) && $type == 2 && $message == "plain", "lowest");
must(msg_receive($queue, 0, $type, 1000, $message) && $type == 4 && $message["b"][1] == 3, "any");
must(!msg_receive($queue, 0, $type, 1000, $message, true, MSG_IPC_NOWAIT, $error) && $error == MSG_ENOMSG, "empty");

$memory = shm_attach($key, 10000, 0600);
$lock = sem_get($key, 1, 0600, true);
must($memory !== false && $lock !== false, "shm_attach, sem_get");
must(shm_put_var($memory, 1, 0), "shm_put_var");
$child = pcntl_fork();
for ($i = 0; $i < 100; $i++) {
	must(sem_acquire($lock), "sem_acquire");
	shm_put_var($memory, 1, shm_get_var($memory, 1) + 1);
	must(sem_release($lock), "sem_release");
}
if ($child == 0) {
	must(msg_receive($queue, 9, $type, 100, $message), "child's msg_receive");
	msg_send($queue, 10, $message * 2);
	must(sem_acquire($lock), "child's sem_acquire");
	posix_kill(posix_getpid(), SIGKILL);
}
must(msg_send($queue, 9, 21), "msg_send");
must(msg_receive($queue, 10, $type, 100, $message) && $message == 42, "answer");
pcntl_waitpid($child, $status);
must(sem_acquire($lock), "sem_acquire after the child's death");
must(shm_get_var($memory, 1) == 200, "the two met");
must(sem_release($lock), "sem_release");
must(shm_remove($memory) && shm_detach($memory) && sem_remove($lock) && msg_remove_queue($queue), "remove");
must(!msg_queue_exists($key), "it is gone");
echo "php: all is well\n";
END
run php "$scratch/client.php"
check_kernel
