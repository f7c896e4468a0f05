#!/bin/sh
# Ends what `start.sh DIR` started: the jobs first, which would outlive the daemons.
set -u
dir=$(cd "$1" && pwd -P)
export SLURM_CONF="$dir/slurm.conf"
if [ -e "$dir/slurmctld.pid" ]; then
    timeout 10 scancel --quiet --user=root
    for _ in $(seq 100); do
        [ -n "$(timeout 10 squeue --noheader 2>/dev/null)" ] || break
        sleep 0.3
    done
fi
# A number may be another process's by now: ours has our folder in its command line.
ours() { tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF "$dir/"; } 2>/dev/null
for daemon in slurmd slurmctld munged; do
    pid=$(cat "$dir/$daemon.pid" 2>/dev/null) || continue
    ours "$pid" && kill "$pid"
    for _ in $(seq 50); do
        ours "$pid" || break
        sleep 0.1
    done
done
exit 0
