#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# unpack.sh FOLDER PACKAGE...: Debian packages, fetched and unpacked in a folder of their own; nothing is installed. linux-image-amd64 is the
# kernel that it stands for.
set -euo pipefail
to=$1
shift
mkdir -p "$(dirname "$to")"
tmp=$(mktemp -d "$to.XXXX")
chmod 755 "$tmp"
trap 'rm -rf "$tmp"' EXIT
for name in "$@"; do
    [ "$name" != linux-image-amd64 ] || name=$(apt-cache depends "$name" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
    echo "unpack: fetching $name" >&2
    (cd "$tmp" && apt-get download -qq "$name" > log 2>&1) || { echo "unpack: $(tail -1 "$tmp/log"); perhaps, as root: apt-get update" >&2; exit 69; }
    dpkg -x "$tmp"/*.deb "$tmp/root"
    rm "$tmp"/*.deb
done
mv "$tmp/root" "$to"
