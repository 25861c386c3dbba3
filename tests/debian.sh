#!/usr/bin/env bash
# Run the tests in another release of Debian, with its own Python:
#
#   tests/debian.sh trixie -n 3       Python 3.13; what follows the release are pytest's arguments
#   tests/debian.sh forky -n 3        Python 3.14
#
# It needs root and the package debootstrap. The release is kept in /var/tmp (or in DEBIAN_ROOTS) for the next time;
# the tests run on a copy of this work tree in it, and nothing outside of it is changed.
set -euo pipefail
release=${1:?which release of Debian?}
shift
root=${DEBIAN_ROOTS:-/var/tmp/oracle-wms-pair}/$release
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
script=/usr/share/debootstrap/scripts/$release
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid # a release that is younger than debootstrap
cd "$(dirname "$0")/.."

if [ ! -e "$root/made" ]; then
  debootstrap --variant=minbase --include=ca-certificates,git,openssl,python3,python3-venv "$release" "$root" "$mirror" "$script"
  touch "$root/made"
fi
mkdir -p "$root/project"
find "$root/project" -mindepth 1 -maxdepth 1 ! -name .uv ! -name .venv -exec rm -r {} +
git ls-files --cached --others --exclude-standard -z | tar --create --null --files-from=- --ignore-failed-read | tar --extract --directory="$root/project"
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt" # with a proxy's own authority

# shellcheck disable=SC2016 # the variables are of the inner shells
exec unshare --mount --pid --fork --kill-child sh -ec '
  root=$0
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  exec chroot "$root" sh -ec '\''
    cd /project
    export HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
    unset PIP_FIND_LINKS VIRTUAL_ENV
    [ -x /usr/bin/chromium ] || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; }
    git init -q . && git add -A  # the list of pages is asked of git, and plugins are installed from it
    git -c user.name=tests -c user.email=tests@example.com commit -q --message="The work tree"
    [ -x .uv/bin/uv ] || { python3 -m venv .uv && .uv/bin/pip install -q uv==0.13.8; }
    .uv/bin/uv sync -q
    .uv/bin/uv run python --version
    .uv/bin/uv run pytest "$@"  # by a shell that stays, since the first process must end orphans
  '\'' sh "$@"
' "$root" "$@"
