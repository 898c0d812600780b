#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verilate.sh DIR TARGET [--trace-fst]: builds DIR/core.a, the Verilated core of one target with its harness (qn_rtl_core.cpp), from
# the root of the tree. GEN names the generator of rtl/spec. Flags are those of the machine that builds: AVX2 where it has it.
set -eu
dir=$1
target=$2
name=$(echo "$target" | tr / _)
trace=${3:-}

arch=
if grep -qw avx2 /proc/cpuinfo && grep -qw bmi2 /proc/cpuinfo; then arch=-march=x86-64-v3; fi
include=$(verilator --getenv VERILATOR_ROOT)/include
mkdir -p "$dir"

# shellcheck disable=SC2046,SC2086  # lists of words
verilator --cc -O3 --x-assign fast --x-initial fast --noassert -Wall $trace --top-module qn_top --prefix "Vqn_$name" --Mdir "$dir" \
    $("$GEN" --target "$target") $(ls -d rtl/*/ | sed 's/^/-y /') rtl/spec/qn_isa_pkg.sv rtl/qn_top.sv
make -s -C "$dir" -f "Vqn_$name.mk" OPT_FAST="-O3 $arch" OPT_SLOW=-O0 "Vqn_${name}__ALL.a" > "$dir/make.log"
# shellcheck disable=SC2086
${CXX:-c++} -std=c++17 -O3 $arch -Wall -Wextra -I. -I"$dir" -isystem "$include" -isystem "$include/vltstd" \
    -DVM_TRACE="$([ -n "$trace" ] && echo 1 || echo 0)" -DQN_RTL_MODEL="Vqn_$name" -DQN_RTL_HEADER="\"Vqn_$name.h\"" \
    -DQN_RTL_MAKE="qn_rtl_make_$name" -c sim/rtl/qn_rtl_core.cpp -o "$dir/core_$name.o"
rm -f "$dir/core.a"
cp "$dir/Vqn_${name}__ALL.a" "$dir/core.a.new"
ar qs "$dir/core.a.new" "$dir/core_$name.o"
mv "$dir/core.a.new" "$dir/core.a"
