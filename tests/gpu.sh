#!/usr/bin/env bash
# Measures seglab on a machine with an NVIDIA GPU and no Rust: one table, under ten minutes.
#
#   tests/gpu.sh PATH/TO/seglab [PATH/TO/train_torch.py]
#
# The binary is built elsewhere with `cargo build --release --features cuda`. The second argument
# is the PyTorch program to measure beside; without it, or without PyTorch, its rows are left out.
set -euo pipefail
seglab=$(realpath "${1:?usage: tests/gpu.sh SEGLAB [TRAIN_TORCH_PY]}")
peer=${2:+$(realpath "$2")}
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

field() { python3 -c 'import json,sys; d=json.loads(sys.stdin.read().strip().splitlines()[-1])
for key in sys.argv[1].split("."): d=d[key]
print(d)' "$1"; }
row() { printf '| %-44s | %s |\n' "$1" "$2"; }
# Why a command failed: its error line, or whatever it said last.
why() { grep -m1 '^error' "$1" || tail -1 "$1"; }
failed=0
fail() { failed=1; row "$1" "failed: $2"; }

nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || true
echo "| what | figure |"
echo "|---|---|"

for device in cuda cpu; do
    began=$(date +%s.%N)
    timeout 240 "$seglab" run "$here/experiments/quickstart.toml" --device "$device" \
        --runs "runs-$device" --reports "reports-$device" >"$device.out" 2>"$device.log" ||
        { fail "quickstart on $device" "$(why "$device.log")"; continue; }
    seconds=$(python3 -c "import time; print(f'{time.time() - $began:.1f} s')")
    dice=$("$seglab" runs --runs "runs-$device" --json | python3 -c '
import json, sys
rows = json.load(sys.stdin)
rows = rows["runs"] if isinstance(rows, dict) else rows
print(", foreground Dice {:.3f}".format(rows[0]["valid_foreground"]["mean"]))' || true)
    row "quickstart on $device, start to report" "$seconds$dice"
done

if timeout 120 "$seglab" bench logits --device cuda >logits.json 2>logits.log; then
    figure="$(field largest_difference <logits.json) of $(field largest_logit <logits.json)"
    figure="$figure, $(field n_voxels_that_differ <logits.json) voxels of another class"
    # TF32 keeps 10 bits of mantissa: a thousandth of the largest logit, through some 20 layers.
    if python3 -c 'import json,sys; d=json.load(open("logits.json"))
sys.exit(d["largest_difference"] > 1e-2 * d["largest_logit"])'; then
        row "largest difference of logits, CPU and CUDA" "$figure"
    else
        fail "largest difference of logits, CPU and CUDA" "$figure"
    fi
else
    fail "largest difference of logits, CPU and CUDA" "$(why logits.log)"
fi

for case in "16,32,64 64,64,72" "32,64,128,256 128,128,32"; do
    read -r widths shape <<<"$case"
    if timeout 200 "$seglab" bench train --device cuda --widths "$widths" --shape "$shape" \
        --warmup 5 --steps 20 >ours.json 2>ours.log; then
        row "seglab, s/step, widths $widths at $shape" "$(field step_s.median <ours.json)"
        row "  first step (kernels compiled and tuned)" "$(field first_step_s <ours.json)"
    else
        fail "seglab, s/step, widths $widths at $shape" "$(why ours.log)"
    fi
    [ -n "${peer:-}" ] || continue
    for dtype in fp32 tf32; do
        if timeout 100 python3 "$peer" --features "$widths" --shape "${shape//,/x}" --device cuda \
            --dtype "$dtype" --warmup 5 --steps 20 --copy-each-step >theirs.json 2>theirs.log; then
            row "PyTorch $dtype, s/step, same" "$(field step_s.median <theirs.json)"
        else
            row "PyTorch $dtype, s/step, same" "not run: $(why theirs.log)"
        fi
    done
done
exit "$failed"
