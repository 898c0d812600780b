#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bench of qn_sdr at other parameters, and on copies with a planted fault each: what it says of them is listed. Every fifth fault, or
# with QN_ALL=1 (make soak) all of them.
set -uo pipefail
cd "$(dirname "$0")/../.."
command -v verilator > /dev/null || { echo "no verilator"; exit 77; }
root=$(pwd)
out=build/sdr
mkdir -p "$out"
cc -std=gnu11 -O2 -I. -c -o "$out/sdram.o" sim/model/qn_sdram.c && cc -std=gnu11 -O2 -I. -c -o "$out/isa.o" rtl/spec/qn_isa.c || exit 1
status=0

# bench RTL-FOLDER MACROS VERILATOR-FLAGS...
bench() {
    local rtl=$1 macros=$2
    shift 2
    rm -rf "$out/obj" "$out/bench.log"
    verilator -Wno-fatal --cc --exe --build -MAKEFLAGS "VM_GLOBAL_FAST= VM_PARALLEL_BUILDS=0 OPT_FAST=-O1" -O3 --x-assign unique --x-initial unique "$@" -y "$rtl" --top-module qn_sdr --Mdir "$out/obj" -o tb \
        "$rtl/qn_sdr.sv" "$root/tests/rtl/tb_qn_sdr.cpp" "$root/$out/sdram.o" "$root/$out/isa.o" "$root/build/tb/verilated.a" -CFLAGS "-I$root -O1 $macros" \
        > "$out/build.log" 2>&1 || { cat "$out/build.log"; return 2; }
    QN_CLOCKS=${QN_CLOCKS:-30000} "$out/obj/tb" > "$out/bench.log"
}

# name | macros of the bench | parameters
while IFS='|' read -r name macros flags; do
    # shellcheck disable=SC2086
    if bench rtl/soc "$macros" $flags; then echo "passes: $name"; else echo "FAIL $name: $(tail -1 "$out/bench.log")"; status=1; fi
done <<'EOT'
100 MHz, CL2|-DPART=speed_75_cl2 -DTARGET=\"mini\" -DREAD_LATE=0|-GRcd=2 -GRp=2 -GCl=2 -GRfc=7 -GRefi=781 -GRas=5 -GWr=2 -GWtr=2 -GRtw=2 -GQuiet=26
the same, data a memory clock late|-DPART=speed_75_cl2 -DTARGET=\"mini\" -DREAD_LATE=1|-GReadLate=1 -GRcd=2 -GRp=2 -GCl=2 -GRfc=7 -GRefi=781 -GRas=5 -GWr=2 -GWtr=2 -GRtw=2 -GQuiet=26
EOT

# what | file | line as it is (a fixed string) | line with the fault | what the bench is to say of it
number=0
while IFS='|' read -r what file old new says; do
    number=$((number + 1))
    [ -n "${QN_ALL:-}" ] || [ $((number % 5)) = 0 ] || continue
    rm -rf "$out/rtl"
    cp -r rtl/soc "$out/rtl"
    OLD=$old NEW=$new perl -pi -e 'BEGIN { $o = $ENV{OLD}; $n = $ENV{NEW} } $i = index($_, $o); substr($_, $i, length $o) = $n if $i >= 0 && !$done++' "$out/rtl/$file"
    if cmp -s "rtl/soc/$file" "$out/rtl/$file"; then echo "FAIL $what: nothing to spoil: $old"; status=1; continue; fi
    # Rules and data are judged without the clocks' help
    QN_FREE=1
    case $says in *qn_sdram*) QN_FREE=0 ;; esac
    export QN_FREE
    if bench "$out/rtl" ""; then echo "FAIL not seen: $what"; status=1
    else
        message=$(tail -1 "$out/bench.log")
        case $message in
        *"$says"*) echo "seen: $what: $message" ;;
        *) echo "FAIL $what: $message"; status=1 ;;
        esac
    fi
done <<'EOT'
activate to column a clock short|qn_sdr_plan.sv|RCD = (Rcd + 2) / 2|RCD = (Rcd + 2) / 2 - 1|tRCD
precharge a clock short|qn_sdr_plan.sv|RP  = (Rp + 1) / 2|RP  = (Rp + 1) / 2 - 1|tRP
refresh a clock short|qn_sdr_plan.sv|RFC = (Rfc + 1) / 2|RFC = (Rfc + 1) / 2 - 1|tRFC
refreshes too far apart|qn_sdr.sv|Refi = 1039|Refi = 1080|fewer than 8192 in 64 ms
write in a read's time|qn_sdr_plan.sv|READ_WRITE = (Cl + Rtw + 3) / 2|READ_WRITE = (Cl + Rtw + 3) / 2 - 2|the controller drives while the part does
pins released early|qn_sdr_plan.sv|(col_go && we_q[0])|(1'b0)|WRITE without data
rest after power-up too short|qn_sdr.sv|Quiet = 26|Quiet = 20|within 200 us
one refresh before the mode register|qn_sdr.sv|Refs  = 8|Refs  = 1|LOAD MODE before
row closed under a burst|qn_sdr_plan.sv|assign pre_go  = row_may && (target & pre_q) != '0 && (target & behind) == '0|assign pre_go  = row_may && (target & pre_q) != '0|cut short by PRECHARGE
byte strobes swapped|qn_sdr_pins.sv|~col_wstrb_i[1:0] : ~col_wstrb_i[3:2]|~col_wstrb_i[3:2] : ~col_wstrb_i[1:0]|want 0x
halves of a word swapped|qn_sdr_pins.sv|col_wdata_i[15:0] : col_wdata_i[31:16]|col_wdata_i[31:16] : col_wdata_i[15:0]|want 0x
beats taken a memory clock early|qn_sdr_pins.sv|WAIT % 2 == 0|WAIT % 2 == 1|want 0x
a clock late|qn_sdr_plan.sv|assign row_may = act_q != '0|assign row_may = act_q != '0 && !col_valid_o|clocks later than qn_sdram
no row ahead of its words|qn_sdr_plan.sv|assign row_may = act_q != '0|assign row_may = act_q[0]|qn_sdram
EOT
exit $status
