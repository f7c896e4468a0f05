#!/bin/sh
# A Slurm of one node on the loopback, for the tests: `start.sh DIR` leaves `DIR/slurm.conf`.
#
# Everything lies in DIR; nothing of the system's own Slurm is read or changed. Jobs of the
# partition `high` take the place of those of `low`, which go back into the queue. Exits 77, with a
# line that says why, where there cannot be one.
set -eu
PATH=$PATH:/usr/sbin:/sbin
cannot() { echo "$*" >&2; exit 77; }
[ "$(id -u)" = 0 ] || cannot "its daemons start jobs, which only root may"
for program in munged slurmctld slurmd sbatch perl; do
    command -v $program >/dev/null || cannot "\`$program\` is not installed (slurm-wlm, munge)"
done
host=$(uname -n); host=${host%%.*}
# The daemons listen where the name of the machine leads, which must not be the network.
address=$(getent ahostsv4 "$(uname -n)" | awk '{ print $1; exit }')
case $address in 127.*) ;; *) cannot "the name of this machine leads to \`$address\`, not to 127.x";; esac

dir=$(cd "$1" && pwd -P)
mkdir -p "$dir/state" "$dir/spool"
chmod 711 "$dir" # munge wants every user to reach its socket
free='use IO::Socket::INET; for (1 .. 2) { push @s, IO::Socket::INET->new(
    LocalAddr => $ARGV[0], LocalPort => 0, Listen => 1) } print join " ", map { $_->sockport } @s'
# shellcheck disable=SC2046 # two words
set -- $(perl -e "$free" "$address")
cat >"$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host($address)
SlurmctldPort=$1
SlurmdPort=$2
SlurmUser=root
AuthInfo=socket=$dir/munge.sock,cred_expire=5
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
PropagateResourceLimits=NONE
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
KillWait=20
ReturnToService=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
SlurmdParameters=config_overrides
NodeName=n0 NodeHostname=$host NodeAddr=$address CPUs=8 RealMemory=65536 State=UNKNOWN
PartitionName=low Nodes=n0 Default=YES PriorityTier=1 GraceTime=20
PartitionName=high Nodes=n0 PriorityTier=10 PreemptMode=OFF
CONF
(umask 077 && head -c 128 /dev/urandom >"$dir/munge.key")
munged --force --num-threads=2 --key-file="$dir/munge.key" --socket="$dir/munge.sock" \
    --pid-file="$dir/munged.pid" --log-file="$dir/munged.log" --seed-file="$dir/munge.seed"
slurmctld -f "$dir/slurm.conf"
slurmd -f "$dir/slurm.conf" -N n0
export SLURM_CONF="$dir/slurm.conf"
for _ in $(seq 150); do
    [ "$(sinfo -h -p low -o %T 2>/dev/null)" != idle ] || exit 0
    sleep 0.2
done
tail -n 5 "$dir"/slurm*.log >&2
cannot "the node does not come into service"
