#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# flash.sh BOARD: loads the board's bitstream into its FPGA, where it stays until power goes.
set -eu
board=${1:-}
[ -n "$board" ] && [ -f "boards/$board/board" ] || { echo "boards/$board: no such board: there are $(cd boards && ls -d */ | tr -d / | xargs)" >&2; exit 64; }
bit=build/board/$board/$board.bit
[ -s "$bit" ] || { echo "$bit: not there: make board B=$board" >&2; exit 66; }
command -v openFPGALoader > /dev/null || { echo "openFPGALoader: not installed: apt-get install openfpgaloader" >&2; exit 69; }
# shellcheck disable=SC1090
. "boards/$board/board"
# shellcheck disable=SC2086
exec openFPGALoader $FLASH "$bit"
