#!/usr/bin/env bash
# Installs Debian packages that are not there yet, by name.  usage: scripts/need.sh PACKAGE…
set -euo pipefail
missing=()
for package in "$@"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
echo "installing: ${missing[*]}"
root=()
[ "$(id -u)" -eq 0 ] || root=(sudo)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Another installation may be under way on a machine that has just started: wait for its lock.
{
  "${root[@]}" apt-get -o DPkg::Lock::Timeout=300 update &&
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
      install -y --no-install-recommends "${missing[@]}"
} >"$log" 2>&1 || {
  tail -n 30 "$log"
  exit 1
}
