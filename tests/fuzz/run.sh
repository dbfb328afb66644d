#!/usr/bin/env bash
# Builds the fuzzers and runs each: run.sh [SECONDS [SEEDS [NAME…]]]; 60 seconds, no seeds and all of them where nothing is said.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
seconds=${1:-60} seeds=${2:-}
shift $(($# < 2 ? $# : 2))
"$root/app/install-dependencies.sh"
cmake -S "$root" --preset fuzz --log-level=WARNING >/dev/null
cmake --build "$root/build/fuzz" --target unveil_fuzz
names=("$@")
[ ${#names[@]} -gt 0 ] || names=($(cd "$root/tests/fuzz" && ls *.cpp | sed 's/\.cpp$//'))

# Seeds are the files below a folder that are small enough to be varied quickly.
flat=$root/build/fuzz/seeds
rm -rf "$flat" && mkdir -p "$flat"
if [ -n "$seeds" ]; then
  find "$seeds" -type f -size -64k | while read -r file; do
    cp "$file" "$flat/$(echo "${file#"$seeds"}" | tr '/ ' '__')"
  done
fi

status=0
for name in "${names[@]}"; do
  corpus=$root/build/fuzz/$name.corpus found=$root/build/fuzz/$name.found
  mkdir -p "$corpus" "$found"
  echo "== $name"
  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=0 \
    "$root/build/fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=5 -malloc_limit_mb=1024 -rss_limit_mb=4096 \
    -max_len=65536 -artifact_prefix="$found/" -print_final_stats=1 -close_fd_mask=1 "$corpus" "$flat" \
    >"$root/build/fuzz/$name.log" 2>&1 || { status=1; echo "FAILED: see $root/build/fuzz/$name.log"; }
  grep -E "ERROR|SUMMARY|is no refusal|Done [0-9]+ runs|stat::number_of_executed_units|stat::peak_rss_mb" "$root/build/fuzz/$name.log" || true
done
exit $status
