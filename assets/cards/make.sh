#!/usr/bin/env bash
# Makes the pictures of the course's cards: every exhibit is opened in the real window on its pretrained model, or
# trains for half a minute where there is none, and is left; what the window keeps then is the card. Needs a display
# (or Xvfb) and a built program: assets/cards/make.sh [EXHIBIT…]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Commands of the window's scripts after it was opened, where half a minute of whatever it opens on is not best.
declare -A shows=([pixelcnn]="wait 12" [cpc]=$'click tab.infonce\nwait 6')
display=()
[ -n "${DISPLAY:-}" ] || display=(xvfb-run -a -s "-screen 0 1600x1000x24")
names=("$@")
[ $# -gt 0 ] || names=($(ls "$root/engine/models" | while read -r name; do [ ! -d "$root/engine/models/$name" ] || echo "$name"; done))
for name in "${names[@]}"; do
  printf 'wait-for run.build >= 1 within 120\nhover stage 0.5 0.02\n%s\nkey home\nwait-for shell.home == true\nwait 0.5\nquit\n' \
    "${shows[$name]:-wait 30}" > "$work/script"
  XDG_CACHE_HOME=$work/cache XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config \
    "${display[@]}" "$root/build/release/unveil" --exhibit "$name" --script "$work/script" --size 1440x900 --theme dark
  cp "$work/cache/unveil/cards/$name.png" "$root/assets/cards/$name.png"
  echo "assets/cards/$name.png"
done
