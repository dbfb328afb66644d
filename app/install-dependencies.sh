#!/usr/bin/env bash
# Installs the Debian packages that Unveil is built from and runs on; does nothing where all are there.
#   --tests        also those that only the tests need
#   --check        only say what is missing (exit status 1) or that nothing is (0)
#   --newer-mesa   take Mesa's drivers from the system's backports: faster on the processor than Debian 12's own
# On a terminal it asks first; as root without one it installs; else it prints the command to type and exits with 1.
set -euo pipefail

# What cmake/Dependencies.cmake looks for, and the tools of the build.
packages=(
  clang cmake ninja-build ccache pkg-config
  libvulkan-dev glslc libspirv-cross-c-shared-dev
  libimgui-dev libglm-dev libglfw3-dev libepoxy-dev libgl-dev
  libeigen3-dev nlohmann-json3-dev libspdlog-dev libfmt-dev libcli11-dev
  libstb-dev libgif-dev libpng-dev libjpeg-dev libwebp-dev libtiff-dev
  zlib1g-dev libsndfile1-dev libsamplerate0-dev portaudio19-dev
)
# What it needs to run: a Vulkan and an OpenGL driver for any machine, and the font.
packages+=(mesa-vulkan-drivers libgl1-mesa-dri fonts-dejavu-core)
test_packages=(catch2 vulkan-validationlayers xvfb xauth clang-format)
mesa_packages=(mesa-vulkan-drivers libgl1-mesa-dri)

check=no newer_mesa=no
for argument in "$@"; do
  case $argument in
    --tests) packages+=("${test_packages[@]}") ;;
    --check) check=yes ;;
    --newer-mesa) newer_mesa=yes ;;
    -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "install-dependencies.sh: unknown option '$argument'; accepted are --tests, --check, --newer-mesa" >&2; exit 2 ;;
  esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "This is no Debian system: its own packages of these are needed: ${packages[*]}" >&2
  [ "$check" = no ] || exit 1
  exit 0  # the configuration names whatever is missing
fi

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
missing=()
for package in "${packages[@]}"; do installed "$package" || missing+=("$package"); done

# The mirror that this machine's apt already takes Debian from, and the suite of newer packages beside it.
suite="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")"
backports=$suite-backports
source_file=/etc/apt/sources.list.d/unveil-backports.sources
mirror_of() { apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 'Component: main' 2>/dev/null | awk -v suite="$1" '$1 == suite { print $2; exit }'; }
mesa_is_newer() { dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2>/dev/null | grep -q '~bpo'; }

commands=()
if [ "${#missing[@]}" -gt 0 ]; then
  commands+=("apt-get update -q" "apt-get install -q -y --no-install-recommends ${missing[*]}")
fi
if [ "$newer_mesa" = yes ] && ! mesa_is_newer; then
  if [ -z "$(mirror_of "$backports")" ] && [ ! -e "$source_file" ]; then
    mirror=$(mirror_of "$suite")
    if [ -z "$mirror" ]; then
      echo "install-dependencies.sh: apt knows no mirror of '$suite' to take $backports from" >&2
      exit 1
    fi
    commands+=("printf 'Types: deb\\nURIs: %s\\nSuites: %s\\nComponents: main\\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\\n' '$mirror' '$backports' > $source_file")
  fi
  commands+=("apt-get update -q" "apt-get install -q -y --no-install-recommends -t $backports ${mesa_packages[*]}")
fi

if [ "${#commands[@]}" -eq 0 ]; then
  echo "All needed packages are installed."
  exit 0
fi
[ "${#missing[@]}" -eq 0 ] || echo "Missing packages: ${missing[*]}"
[ "$newer_mesa" = no ] || mesa_is_newer || echo "Mesa comes from $backports; removing $source_file and reinstalling undoes it."
[ "$check" = no ] || exit 1

all=${commands[0]}
for command in "${commands[@]:1}"; do all+=" && $command"; done
shell=(sh -c)
if [ "$(id -u)" -ne 0 ]; then
  shell=(sudo sh -c)
  if [ ! -t 0 ] || ! command -v sudo >/dev/null; then
    printf 'Run this as root, then start again:\n  %s\n' "$all" >&2
    exit 1
  fi
fi
if [ -t 0 ]; then
  printf 'This would run as root:\n  %s\nGo on? [Y/n] ' "$all"
  read -r answer
  case $answer in
    "" | y | Y | yes) ;;
    *) echo "Nothing was changed." >&2; exit 1 ;;
  esac
fi
export DEBIAN_FRONTEND=noninteractive
"${shell[@]}" "$all"
