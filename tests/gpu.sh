#!/usr/bin/env bash
# Runs the tests and benchmarks on this machine's GPU with programs built elsewhere: it needs the folder of a build, the
# libraries that the programs were linked with, and a driver; no compiler and no display.
#   tests/gpu.sh [BUILD] [OUT]    BUILD: build/release; OUT: a folder for the logs, build/gpu
# --device NAME behind them chooses among several GPUs (unveil devices).
set -uo pipefail
build=${1:-build/release} out=${2:-build/gpu}
shift $(($# < 2 ? $# : 2))
device=
[ "${1:-}" = --device ] && device=$2
mkdir -p "$out"
unveil=$build/unveil tests=$build/tests/unveil_tests
failed=0
step() {  # step NAME COMMAND…: its output goes to OUT/NAME.log
  local name=$1
  shift
  local begin=$SECONDS
  if "$@" >"$out/$name.log" 2>&1; then echo "ok      $name ($((SECONDS - begin)) s)"; else
    echo "FAILED  $name ($((SECONDS - begin)) s): $out/$name.log"
    tail -5 "$out/$name.log"
    failed=$((failed + 1))
  fi
}

"$unveil" devices ${device:+--device "$device"} | tee "$out/devices.log" || exit 1
export UNVEIL_TEST_DEVICE=$device UNVEIL_TEST_VALIDATION=no
step operations "$tests" "[ops],[device]"
step tsne "$tests" "[tsne]~[window]"
step models "$tests" "[train]~[window],[pixelcnn]~[window],[vae]~[window],[sparse]~[window],[cpc]~[window]"
for model in pixelcnn vae sparse cpc; do
  step "train-$model" "$unveil" train "$model" --steps 200 --json ${device:+--device "$device"}
done
step bench "$unveil" bench --json ${device:+--device "$device"}
cat "$out/bench.log"
echo "$failed failed"
[ "$failed" -eq 0 ]
