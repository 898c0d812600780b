#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A core that lies is caught: one line of the RTL changed (products of sums and scales are rounded up too rarely), and `quern run` says
# that the bits differ and ends with the code for it, and the random programs of test_rtl_exec fail. The honest core passes the same commands.
set -euo pipefail
cd "$(dirname "$0")/../.."
file=rtl/dequant/qn_imul.sv
line='norm\[28\] && (norm\[29\] ||'
lie='norm[28] \&\& (norm[29] \&\&'
model=models/quern-stories.gguf
dir=build/liar
tree=$dir/tree
mini=$tree/build/rtl/mini
test=build/tests/system/test_rtl_exec
say() { echo "$*"; exit 1; }
[ -x build/quern ] && [ -e $test.o ] || say "make build/quern $test first"

if [ ! -x $dir/quern ] || [ ! -x $dir/test ] || [ -n "$(find rtl sim/rtl build/obj/cli build/libquern.a build/san/libquern.a $test.o "$0" -type f -newer $dir/quern)" ]
then
    rm -rf $dir
    mkdir -p $mini
    cp -r rtl $tree/rtl
    cp -r sim/rtl $tree/sim_rtl
    mkdir $tree/sim
    mv $tree/sim_rtl $tree/sim/rtl
    ln -s ../../../../sim/model $tree/sim/model
    ln -s ../../../driver $tree/driver
    sed -i "s/$line/$lie/" $tree/$file
    changed=$(diff -r rtl $tree/rtl | grep -c '^>' || true)
    [ "$changed" = 1 ] || say "$changed lines of the RTL differ, not one: is '$line' still in $file?"
    sed -i 's/OPT_FAST="-O3/OPT_FAST="-O1/' $tree/sim/rtl/verilate.sh                # quickly built, not quick
    echo 'QN_RTL_TARGET(mini, "mini")' > $tree/build/rtl/qn_rtl_targets.h
    include=$(verilator --getenv VERILATOR_ROOT)/include
    gen=$PWD/build/rtl/gen
    (cd $tree && GEN=$gen sim/rtl/verilate.sh build/rtl/mini mini && c++ -std=c++17 -O1 -I. -Ibuild/rtl -c sim/rtl/qn_rtl.cpp -o build/rtl/qn_rtl.o)
    for part in verilated verilated_threads; do
        [ -e build/rtl/$part.o ] || c++ -std=c++17 -O1 -I"$include" -I"$include/vltstd" -c "$include/$part.cpp" -o build/rtl/$part.o
    done
    core="$mini/core.a $tree/build/rtl/qn_rtl.o build/rtl/verilated.o build/rtl/verilated_threads.o"
    c++ -fsanitize=address,undefined $test.o -o $dir/test -Wl,--start-group build/san/libquern.a $core -Wl,--end-group -lcmocka -ljansson -lm -lpthread -lz -lusb-1.0
    c++ build/obj/cli/*.o -o $dir/quern -Wl,--start-group build/libquern.a $core build/platform/libqn_platform.a -Wl,--end-group -ljansson -lm -lpthread -lz \
        -lsystemc -lusb-1.0
fi

# one prompt, one token on a core; its answer and exit code
answer() { "$1" run $model -p "Once" -n 1 --device rtl:mini --json 2> $dir/err > $dir/out.json; }
answer build/quern || say "the honest core: $(cat $dir/err)"
grep -q '"same_bits": true' $dir/out.json || say "the honest core: $(cat $dir/out.json)"
code=0
answer $dir/quern || code=$?
[ $code = 70 ] || say "the lying core: exit code $code, $(cat $dir/err)"
grep -q '"same_bits": false' $dir/out.json || say "the lying core: $(cat $dir/out.json)"

QN_TARGET=mini QN_RUNS=3 $test > $dir/log 2>&1 || say "random programs on the honest core: $(cat $dir/log)"
if QN_TARGET=mini QN_RUNS=3 $dir/test > $dir/log 2>&1; then say "random programs do not see the lie"; fi
grep -q 'memory word' $dir/log || say "the lying core fails otherwise: $(cat $dir/log)"
echo "the lie is seen"
