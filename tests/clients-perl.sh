#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Perl: its own functions, and IPC::Msg, IPC::Semaphore, IPC::SharedMem.

. "$(dirname "$0")/clients-lib.sh"
need perl
perl -MIPC::SysV -MIPC::Msg -MIPC::Semaphore -MIPC::SharedMem -e 1 2>/dev/null ||
	skip "this Perl has no IPC::SysV"

cat >"$scratch/client.pl" <<'END'
use strict;
use warnings;
use IPC::SysV qw(:all);
use IPC::Msg;
use IPC::Semaphore;
use IPC::SharedMem;

sub must { my ($ok, $what) = @_; $ok or die "$what: $!\n" }

my $key = ftok($0, 7);
my $queue = IPC::Msg->new($key, IPC_CREAT | IPC_EXCL | 0600) or die "msgget: $!";
must(!defined IPC::Msg->new($key, IPC_CREAT | IPC_EXCL | 0600) && $!{EEXIST}, "twice");
$queue->snd(5, "five") or die "msgsnd: $!";
$queue->snd(3, "three") or die "msgsnd: $!";
$queue->snd(5, "five again") or die "msgsnd: $!";
my $stat = $queue->stat;
must($stat->qnum == 3 && $stat->lspid == $$, "stat");
my $text;
must($queue->rcv($text, 100, -4) == 3 && $text eq "three", "lowest type");
must($queue->rcv($text, 100, 5) == 5 && $text eq "five", "type");
must($queue->rcv($text, 100) == 5 && $text eq "five again", "any");
must(!defined $queue->rcv($text, 100, 0, IPC_NOWAIT) && $!{ENOMSG}, "empty");

# A child answers through the queue; the parent waits in msgrcv.
my $child = fork;
if (!$child) {
	must($queue->rcv($text, 100, 1) == 1, "child's msgrcv");
	$queue->snd(2, "$text back") or die "child's msgsnd: $!";
	exit 0;
}
$queue->snd(1, "there and") or die "msgsnd: $!";
must($queue->rcv($text, 100, 2) == 2 && $text eq "there and back", "answer");
waitpid $child, 0;
must($? == 0, "child");
my $gone = $queue->id;
$queue->remove or die "msgctl: $!";
must(!msgsnd($gone, pack("l! a*", 1, "x"), 0) && ($!{EINVAL} || $!{EIDRM}), "removed");

# Semaphores: a hundred rounds each of two processes that must not overlap.
my $set = IPC::Semaphore->new(IPC_PRIVATE, 3, IPC_CREAT | 0600) or die "semget: $!";
$set->setall(1, 0, 7);
must(join(",", $set->getall) eq "1,0,7", "getall");
my $memory = IPC::SharedMem->new(IPC_PRIVATE, 64, IPC_CREAT | 0600) or die "shmget: $!";
$memory->attach or die "shmat: $!";
$memory->write(pack("L", 0), 0, 4);
must($memory->stat->nattch == 1, "nattch");
$child = fork;
for (1 .. 100) {
	$set->op(0, -1, SEM_UNDO) or die "semop: $!";
	my $count = unpack("L", $memory->read(0, 4));
	$memory->write(pack("L", $count + 1), 0, 4);
	$set->op(0, 1, SEM_UNDO) or die "semop: $!";
}
if (!$child) {
	$set->op(0, -1, SEM_UNDO) or die "semop: $!";
	kill 9, $$; # what it holds is given back
}
waitpid $child, 0;
$set->op(0, -1, 0) or die "semop after the child's death: $!";
must(unpack("L", $memory->read(0, 4)) == 200, "the two met");
must(!$set->op(1, -1, IPC_NOWAIT) && $!{EAGAIN}, "nothing to take");
must($set->getncnt(1) == 0 && $set->getpid(0) == $$, "getpid");
$memory->detach;
$memory->remove or die "shmctl: $!";
$set->remove or die "semctl: $!";

# Perl's own functions for shared memory.
my $back;
my $id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
must(defined $id && shmwrite($id, "by perl", 10, 7) && shmread($id, $back, 10, 7) && $back eq "by perl",
     "shmread");
must(shmctl($id, IPC_RMID, 0), "shmctl");
print "perl: all is well\n";
END
run perl "$scratch/client.pl"
check_kernel
