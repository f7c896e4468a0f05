#!/usr/bin/env bash
# Measures seglab on a machine with an NVIDIA GPU and no Rust: one table, in less than eight minutes.
#
#   tests/gpu.sh PATH/TO/seglab [PATH/TO/train_torch.py]
#
# The binary is built elsewhere with `cargo build --release --features cuda`. The second argument
# is the PyTorch program to measure beside; without it, or without PyTorch, its rows are left out.
# What every command printed stays in the folder `gpu-logs` (or $GPU_LOGS).
#
# A first step compiles its kernels, which can take minutes: one warm-up does that, before anything is
# timed. The kernels are kept in ~/.cache/seglab/kernels, so a second call goes further in the same time.
set -uo pipefail
seglab=$(realpath "${1:?usage: tests/gpu.sh SEGLAB [TRAIN_TORCH_PY]}") || exit 2
peer=${2:+$(realpath "$2")}
here=$(cd "$(dirname "$0")/.." && pwd)
logs=$(mkdir -p "${GPU_LOGS:-gpu-logs}" && cd "${GPU_LOGS:-gpu-logs}" && pwd) || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# Fewer candidates of every convolution are compiled and tried.
export CUBECL_AUTOTUNE_LEVEL=${CUBECL_AUTOTUNE_LEVEL:-minimal}

# All commands together may take this long: each gets its own limit or what is left, if that is less.
total=460
left() { echo $((total - SECONDS)); }

field() { python3 -c 'import json,sys; d=json.loads(sys.stdin.read().strip().splitlines()[-1])
for key in sys.argv[1].split("."): d=d[key]
print(d)' "$1"; }
row() { printf '| %-48s | %s |\n' "$1" "$2"; }
# Why a command failed: its error with details and causes, or whatever it said last; in one line.
why() {
    { grep -A6 -m1 -E '^(error|Traceback)' "$1" || tail -3 "$1"; } | tr -s '\n ' '; ' | cut -c1-400
}
failed=0
fail() { failed=1; row "$1" "failed: $2"; }

# attempt NAME LIMIT COMMAND..: stdout to NAME.out, stderr to NAME.log; says in $cause why it failed.
attempt() {
    local name=$1 limit=$2 code=0
    shift 2
    [ "$(left)" -lt "$limit" ] && limit=$(left)
    if [ "$limit" -lt 5 ]; then
        cause="not run: no time is left"
        return 1
    fi
    timeout -k 5 "$limit" "$@" >"$logs/$name.out" 2>"$logs/$name.log" || code=$?
    [ "$code" -eq 0 ] && return 0
    cause="exit $code: $(why "$logs/$name.log")"
    [ "$code" -ge 124 ] && cause="stopped after $limit s; it last said: $(why "$logs/$name.log")"
    return 1
}

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>&1 || true
echo

attempt probe 150 "$seglab" probe --device cuda
probed=$?
cat "$logs/probe.out" 2>/dev/null
if [ "$probed" -ne 0 ]; then
    echo "no further: $cause"
    cat "$logs/probe.log" 2>/dev/null
    echo "logs: $logs"
    exit 1
fi

echo
echo "| what | figure |"
echo "|---|---|"
row "seglab probe, kernels compiled" "$SECONDS s"

first="16,32,64 64,64,72"
second="32,64,128,256 128,128,32"

read -r widths shape <<<"$first"
began=$SECONDS
if attempt warm-up 400 "$seglab" bench train --device cuda --widths "$widths" --shape "$shape" \
    --warmup 1 --steps 1; then
    row "warm-up: first step with an empty cache" "$(field first_step_s <"$logs/warm-up.out") s"
else
    fail "warm-up ($((SECONDS - began)) s)" "$cause"
fi

bench() {
    local name=$1 widths=$2 shape=$3
    if attempt "train-$name" "$4" "$seglab" bench train --device cuda --widths "$widths" \
        --shape "$shape" --warmup 3 --steps 15; then
        row "seglab, s/step, widths $widths at $shape" "$(field step_s.median <"$logs/train-$name.out")"
        row "  first step, kernels kept before" "$(field first_step_s <"$logs/train-$name.out") s"
    else
        fail "seglab, s/step, widths $widths at $shape" "$cause"
    fi
    [ -n "${peer:-}" ] || return 0
    for dtype in fp32 tf32; do
        if attempt "torch-$name-$dtype" 40 python3 "$peer" --features "$widths" \
            --shape "${shape//,/x}" --device cuda --dtype "$dtype" --warmup 5 --steps 20 \
            --copy-each-step; then
            row "PyTorch $dtype, s/step, same" "$(field step_s.median <"$logs/torch-$name-$dtype.out")"
        else
            row "PyTorch $dtype, s/step, same" "not run: $cause"
        fi
    done
}
# shellcheck disable=SC2086
bench small $first 60

if attempt logits 60 "$seglab" bench logits --device cuda --widths 8,16 --shape 32,32,16; then
    out=$logs/logits.out
    figure="$(field largest_difference <"$out") of $(field largest_logit <"$out")"
    figure="$figure, $(field n_voxels_that_differ <"$out") voxels of another class"
    # TF32 keeps 10 bits of mantissa: a thousandth of the largest logit, through some 20 layers.
    if python3 -c 'import json,sys; d=json.load(open(sys.argv[1]))
sys.exit(d["largest_difference"] > 1e-2 * d["largest_logit"])' "$out"; then
        row "largest difference of logits, CPU and CUDA" "$figure"
    else
        fail "largest difference of logits, CPU and CUDA" "$figure"
    fi
else
    fail "largest difference of logits, CPU and CUDA" "$cause"
fi

began=$SECONDS
if attempt quickstart 120 "$seglab" run "$here/experiments/quickstart.toml" --device cuda \
    --runs "$work/runs" --reports "$work/reports"; then
    dice=$("$seglab" runs --runs "$work/runs" --json | python3 -c '
import json, sys
rows = json.load(sys.stdin)
rows = rows["runs"] if isinstance(rows, dict) else rows
print(", foreground Dice {:.3f}".format(rows[0]["valid_foreground"]["mean"]))' || true)
    row "quickstart on cuda, start to report" "$((SECONDS - began)) s$dice"
else
    fail "quickstart on cuda" "$cause"
fi

# shellcheck disable=SC2086
bench large $second 200

echo
echo "took $SECONDS s; logs: $logs"
exit "$failed"
