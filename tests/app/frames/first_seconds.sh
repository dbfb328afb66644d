#!/usr/bin/env bash
# What Space does to a fresh model of each exhibit within five seconds: first_seconds.sh [EXHIBIT…] prints the loss of
# the first steps, steps and loss after five seconds, and leaves a picture of each in build/first_seconds/.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
out=$root/build/first_seconds
mkdir -p "$out"
display=()
[ -n "${DISPLAY:-}" ] || display=(xvfb-run -a -s "-screen 0 1600x1000x24")
names=("$@")
[ $# -gt 0 ] || names=($(cd "$root/engine/models" && ls -d */ | tr -d /))
for name in "${names[@]}"; do
  # What has no pretrained model learns already: paused first.
  pause=
  ls "$root"/assets/pretrained/"$name"-* >/dev/null 2>&1 || pause=$'wait-for transport.playing == true within 60\nclick transport.play\nwait-for transport.playing == false'
  cat > "$out/$name.txt" <<END
wait-for run.build >= 1 within 120
$pause
key r
wait-for run.step == 0 within 60
key space
wait-for run.step >= 2
wait 0.3
print timeline.value
wait 5
print run.step
print timeline.value
screenshot $name.png
quit
END
  printf '%-12s %s\n' "$name" "$(cd "$out" && "${display[@]}" "$root/build/release/unveil" --exhibit "$name" --size 1440x900 --script "$name.txt" 2>/dev/null | sed 's/.* = //' | paste -sd' ' | awk '{print "loss " $1 " at first; after 5 s " $2 " steps, loss " $3}')"
done
