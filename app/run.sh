#!/usr/bin/env bash
# Sets up, builds and starts Unveil: the window, or what the arguments say (app/run.sh devices, app/run.sh --load FILE).
# Without a display the main job runs without a window, and its pictures are left in build/demo/.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

"$root/app/install-dependencies.sh"
cmake -S "$root" --preset release --log-level=WARNING >/dev/null
cmake --build "$root/build/release" --target unveil
unveil=$root/build/release/unveil

case "${1:-}" in
  "" | --exhibit* | --data* | --load* | --script* | --theme* | --size* | --scale*) ;;  # the window's
  *) exec "$unveil" "$@" ;;
esac
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then exec "$unveil" "$@"; fi

demo=$root/build/demo
mkdir -p "$demo"
echo "There is no display (DISPLAY and WAYLAND_DISPLAY are empty): a PixelCNN is trained for a minute without a window."
"$unveil" train pixelcnn --preset classroom --seconds "${UNVEIL_DEMO_SECONDS:-60}" \
  --save "$demo/pixelcnn.safetensors" --log "$demo/training.csv" --curves "$demo/training.png"
"$unveil" sample pixelcnn --load "$demo/pixelcnn.safetensors" --count 64 --out "$demo/samples.png"
"$unveil" sample pixelcnn --load "$demo/pixelcnn.safetensors" --count 16 --out "$demo/fill.gif"
cat <<END

What it learned lies in $demo:
  fill.gif               sixteen digits being drawn pixel by pixel
  samples.png            sixty-four finished ones
  training.png           its loss curve; training.csv has the numbers
  pixelcnn.safetensors   the trained model; on a machine with a display: app/run.sh --load <this file>
END
