#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The figures of the README, on the RTL, are no worse than the committed ceilings (tests/system/ceilings.json); cycles are exact.
# One is of this machine: decoding, the machine model is 50 times as fast as the RTL in the same run, or faster (150 times and more were measured).
set -euo pipefail
cd "$(dirname "$0")/../.."
bench/bench.sh > build/bench.md
exec python3 bench/table.py build/bench tests/system/ceilings.json
