#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that building and testing need, or those named, if any is missing: sudo when not root, one clear line when neither works.
set -euo pipefail
packages=(gcc g++ make verilator yosys iverilog z3 libcmocka-dev libjansson-dev zlib1g-dev libusb-1.0-0-dev
          libumockdev-dev umockdev pkg-config python3-venv libsystemc-dev gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf gnuplot-nox
          opensta qflow-tech-osu018 qflow-tech-osu035)   # bench/ppa
[ $# = 0 ] || packages=("$@")
missing=()
for p in "${packages[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null || true)" = installed ] || missing+=("$p")
done
[ ${#missing[@]} = 0 ] && exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "setup: cannot install packages: run as root: apt-get install ${missing[*]}" >&2; exit 69; }
    as_root=(sudo)
fi
echo "setup: installing ${missing[*]}" >&2
mkdir -p build
if ! { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
       apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >build/setup.log 2>&1; then
    tail -3 build/setup.log >&2
    echo "setup: apt-get failed: install by hand: ${missing[*]}" >&2
    exit 69
fi
