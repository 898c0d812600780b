#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every proof of prove.sh holds, but for the slow ones, which only `make prove` runs: each takes the solver longer than eight seconds of its own.
cd "$(dirname "$0")/../.." || exit 1
for tool in yosys yosys-smtbmc z3; do
    command -v "$tool" > /dev/null || { echo "no $tool"; exit 77; }
done
slow='door_act|qn_sdr_plan|load_ask|load_ask_4|load_room|load_room_1|qn_quant_4|qn_seq_4|row_step16|mul_step8'
# shellcheck disable=SC2046  # a list of words
exec tests/formal/prove.sh $(tests/formal/prove.sh --list | grep -vxE "$slow")
