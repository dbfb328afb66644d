#!/usr/bin/env bash
# Frame times while training, a view each: tests/app/frames/run.sh [NAME…]. Needs a built program and a display or
# Xvfb; figures hold for an otherwise idle machine. A script's first line has the window's arguments.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
unveil=$here/../../../build/release/unveil
display=()
[ -n "${DISPLAY:-}" ] || display=(xvfb-run -a -s "-screen 0 1600x1000x24")
scripts=("$@")
[ $# -gt 0 ] || scripts=($(cd "$here" && ls *.txt | sed 's/\.txt$//'))
for name in "${scripts[@]}"; do
  read -r -a arguments < <(sed -n '1s/^# *//p' "$here/$name.txt")
  # The last frame-stats is what was measured; those before it only begin.
  printf '%-14s %s\n' "$name" "$("${display[@]}" "$unveil" "${arguments[@]}" --size 1440x900 --script "$here/$name.txt" 2>/dev/null | tail -1)"
done
