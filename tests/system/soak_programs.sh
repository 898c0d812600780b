#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# COUNT random valid programs and tile shapes (10,000 unless said), the RTL against executor and timing model: the same bits, and cycles
# predicted. SEED says where to start; it is printed. Also a quarter as many spoiled programs, for the same traps. About half an hour.
set -euo pipefail
cd "$(dirname "$0")/../.."
count=${COUNT:-10000}
seed=${SEED:-$(($(date +%s) % 40000))}
tests=build/tests/system
[ -x $tests/test_rtl_exec ] && [ -x $tests/test_model_rtl ] || { echo "make $tests/test_rtl_exec $tests/test_model_rtl first"; exit 64; }
eighth=$(((count + 7) / 8))
echo "SEED=$seed COUNT=$((8 * eighth))"
mkdir -p build/log

run() {
    local name=$1
    shift
    env "$@" "$tests/$name" >build/log/soak_programs 2>&1 || { cat build/log/soak_programs; echo "$name: $*"; exit 1; }
    grep -E 'predicted|spoiled' build/log/soak_programs || true
}
# Tile shapes of every format
for target in ulx3s mini tiny quad; do
    run test_rtl_exec QN_TARGET=$target QN_SEED="$seed" QN_RUNS=$eighth
done
run test_rtl_exec QN_SEED="$seed" QN_PRODUCTS=$((100 * count))        # 10^6 in each format
# Chains of all units, overlapping, on the same targets: every counter equal, cycles first; and spoiled ones
run test_model_rtl QN_SEED=$((seed * 100000 + 1)) QN_RUNS=$eighth
echo "$((8 * eighth)) programs: the same bits, and $((4 * eighth)) of them with every counter predicted exactly"
