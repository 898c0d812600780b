#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every proof of prove.sh holds.
cd "$(dirname "$0")/../.." || exit 1
for tool in yosys yosys-smtbmc z3; do
    command -v "$tool" > /dev/null || { echo "no $tool"; exit 77; }
done
exec tests/formal/prove.sh
