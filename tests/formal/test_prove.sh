#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every proof of prove.sh holds, but for the slow ones, which only `make prove` runs: together they take z3 several minutes.
cd "$(dirname "$0")/../.." || exit 1
for tool in yosys yosys-smtbmc z3; do
    command -v "$tool" > /dev/null || { echo "no $tool"; exit 77; }
done
slow='qn_sems_1|qn_quant.*|door_act|door_rx|qn_turn|qn_sdr_plan|qn_store.*|qn_seq_4|load_.*|row_step|row_step16'
slow="$slow|gemm_load_lut|lut_table|lut_build|lut_build8|lut_step16|mul_step8"
# shellcheck disable=SC2046  # a list of words
exec tests/formal/prove.sh $(tests/formal/prove.sh --list | grep -vxE "$slow")
