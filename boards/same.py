#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""same.py BEFORE.json AFTER.json: proves that pack.py left every module's logic as it was. By SAT (Yosys): LUT4 and CCU2C are what cells_sim.v says, every other
cell is cut out, its outputs free inputs and its inputs to be equal. By comparison: the registers of a multiplier or a block RAM are
registers that stood behind each bit of its output.
Minutes for the whole system of a ULX3S. Exit status 1 and the module's name if not."""
import copy, json, os, re, subprocess, sys, tempfile

import netlist

SCRIPT = """read_json gold.json
read_json gate.json
read_verilog +/ecp5/cells_sim.v
miter -equiv gold gate miter
hierarchy -check -top miter
proc
flatten
opt -full
sat -verify -prove trigger 0 -timeout 600 miter
"""


def stood(flop, data, clock, enable):
    """Whether a cell of the netlist before is a plain register of this data, clock and enable"""
    f, p = flop["connections"], flop["parameters"]
    return f.get("DI") == data and f.get("CLK") == clock and f.get("LSR", ["0"]) == ["0"] and p.get("REGSET", "RESET") == "RESET" and \
        enable == (["1"] if p.get("CEMUX", "CE").strip() == "1" else f.get("CE", ["1"]))


def unregister(before, after):
    """`after`, a module, with the registers of its multipliers and block RAMs outside again as they stand in `before`; None if one does not stand there"""
    cells, flops = dict(after["cells"]), {c["connections"]["Q"][0]: n for n, c in before["cells"].items() if c["type"] == "TRELLIS_FF"}
    for name, c in after["cells"].items():
        old = before["cells"].get(name)
        if c["type"] not in ("MULT18X18D", "DP16KD") or c == old:
            continue
        want = copy.deepcopy(old)                      # what the cell must be, by what it says of clock, enable and outputs
        for outputs, clock, enables, fixed, parameters in netlist.registers(old):
            moved = [p for p in outputs if c["connections"][p] != old["connections"][p]]
            if not moved:
                continue
            want["connections"].setdefault(clock, c["connections"].get(clock))
            want["connections"].update({p: c["connections"].get(enables[0]) for p in enables}, **fixed, **{p: c["connections"][p] for p in moved})
            want["port_directions"].update({p: "input" for p in [clock, *enables, *fixed]})
            want["parameters"].update(parameters)
            for pin in moved:
                flop = flops.get(c["connections"][pin][0])
                if not flop or not stood(before["cells"][flop], old["connections"][pin], want["connections"][clock], c["connections"].get(enables[0])):
                    return None
                cells[flop] = before["cells"][flop]
        if c != want:
            return None
        cells[name] = old
    return dict(after, cells=cells)


def cut(module):
    """The LUTs and carries of a module, everything else at its borders"""
    ports, cells = {"p_" + p: q for p, q in module["ports"].items()}, {}
    for name, c in sorted(module["cells"].items()):
        if c["type"] in ("LUT4", "CCU2C"):
            pins = {p: bits for p, bits in c["connections"].items() if bits != ["x"]}
            cells[name] = dict(c, connections=pins, port_directions={p: c["port_directions"][p] for p in pins})
            continue
        for pin, bits in c["connections"].items():
            for i, bit in enumerate(bits):
                if isinstance(bit, int) and c["port_directions"][pin] == "output":
                    ports[f"i_{bit}"] = {"direction": "input", "bits": [bit]}
                elif isinstance(bit, int):
                    ports["o_" + re.sub(r"\W", "_", f"{name}.{pin}.{i}")] = {"direction": "output", "bits": [bit]}
    return {"attributes": {}, "ports": ports, "cells": cells, "netnames": {}}


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    before, after = (netlist.design(path)["modules"] for path in sys.argv[1:])
    if set(before) != set(after):
        print(f"{sys.argv[2]}: not the modules of {sys.argv[1]}", file=sys.stderr)
        sys.exit(1)
    todo = [m for m in before if before[m]["cells"] != after[m]["cells"]]
    for m in todo:
        after[m] = unregister(before[m], after[m])
        if not after[m]:
            print(f"{sys.argv[2]}: {m}: a multiplier or block RAM has registers that did not stand there", file=sys.stderr)
            sys.exit(1)
    with tempfile.TemporaryDirectory() as tmp:
        with open(os.path.join(tmp, "same.ys"), "w", encoding="utf-8") as f:
            f.write(SCRIPT)
        for m in todo:
            for which, module in (("gold", before[m]), ("gate", after[m])):
                with open(os.path.join(tmp, which + ".json"), "w", encoding="utf-8") as f:
                    json.dump({"modules": {which: cut(module)}}, f)
            r = subprocess.run(["timeout", "900", "yosys", "-q", "-s", "same.ys"], cwd=tmp, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if r.returncode:
                print(f"{sys.argv[2]}: {m}: not proved equal to {sys.argv[1]}'s", *r.stdout.splitlines()[-2:], sep="\n", file=sys.stderr)
                sys.exit(1)
    print(f"{len(todo)} modules proved equal")


if __name__ == "__main__":
    main()
