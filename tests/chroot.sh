#!/usr/bin/env bash
# Runs the README's first two commands on another Debian than this one, in a chroot: app/run.sh, whose window leaves a
# picture, then tests/run.sh, whose last line is the last line here. By hand, as root; it needs debootstrap.
#   tests/chroot.sh SUITE [ARGUMENTS]    SUITE as the mirror names it (trixie); ARGUMENTS go to tests/run.sh
# Chroot, compiler cache and picture stay for the next time in $UNVEIL_CHROOTS (/var/cache/unveil-chroots), as SUITE,
# SUITE.ccache and SUITE.png, some two gigabytes; deleting that folder undoes it all.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

case ${1:-} in
  -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
  "" | -*) echo "chroot.sh: a suite is expected, as in 'tests/chroot.sh trixie'" >&2; exit 2 ;;
esac
suite=$1
shift
[ "$(id -u)" -eq 0 ] || { echo "chroot.sh: only root can make a chroot" >&2; exit 1; }
folder=${UNVEIL_CHROOTS:-/var/cache/unveil-chroots}
chroot=$folder/$suite
mkdir -p "$folder" "$chroot.ccache"

# The chroot is filled from where this machine's apt takes its own packages, and asks for them as it does (proxies).
if [ ! -d "$chroot" ]; then
  read -r mirror components < <(
    apt-get indextargets --format '$(CODENAME) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
      awk -v suite="$(. /etc/os-release && echo "$VERSION_CODENAME")" \
        '$1 == suite { mirror = $2; all = all (all ? "," : "") $3 } END { print mirror, all }')
  [ -n "$mirror" ] || { echo "chroot.sh: apt knows no mirror of this machine's own suite" >&2; exit 1; }
  rm -rf "$chroot.new"
  unshare --mount debootstrap --variant=minbase --force-check-gpg --include=ca-certificates \
    --components="$components" "$suite" "$chroot.new" "$mirror"
  apt-config dump | grep -E '^Acquire::(https?::|Check-)' >"$chroot.new/etc/apt/apt.conf.d/90machine" || true
  mv "$chroot.new" "$chroot"
fi

# A home without a past, and in it the checkout as git knows it.
home=$chroot/home/unveil
rm -rf "$home"
mkdir -p "$home/unveil" "$home/shared" "$chroot/var/cache/ccache"
git -C "$root" ls-files -z | tar -C "$root" --null -T - --ignore-failed-read -c | tar -C "$home/unveil" --no-same-owner -x

# Runs a command in the chroot. Its mounts and processes live in namespaces of its own and end with it, however it ends.
inside() {
  unshare --mount --pid --fork --kill-child bash -euc '
    chroot=$1 ccache=$2 shared=$3
    shift 3
    mount -t proc proc "$chroot/proc"
    mount --bind "$ccache" "$chroot/var/cache/ccache"
    [ ! -d "$shared" ] || mount --bind -o ro "$shared" "$chroot/home/unveil/shared"
    chroot "$chroot" env -i HOME=/home/unveil PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}" \
      ${http_proxy:+"http_proxy=$http_proxy"} \
      CCACHE_DIR=/var/cache/ccache CCACHE_SLOPPINESS=pch_defines,time_macros "$@"
  ' inside "$chroot" "$chroot.ccache" "$root/../shared" "$@"
}

# A display, which a user has before the first command.
inside apt-get update -q
inside env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends xvfb xauth
cat >"$home/window.script" <<'END'
wait-for fill.reached == 784 within 120
wait-for samples.count == 64 within 120
screenshot /home/unveil/window.png
quit
END
inside xvfb-run -a -s '-screen 0 1440x900x24' /home/unveil/unveil/app/run.sh --script /home/unveil/window.script
cp "$home/window.png" "$chroot.png"
echo "The window's picture: $chroot.png"

inside /home/unveil/unveil/tests/run.sh "$@"
