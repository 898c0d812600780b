#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""same.py BEFORE.json AFTER.json: proves that pack.py left every module's logic as it was. By SAT (Yosys): LUT4 and CCU2C are what cells_sim.v says, every other
cell is cut out, its outputs free inputs and its inputs to be equal. By comparison: a multiplier's registers are registers that stood behind each bit of its product.
Minutes for the whole system of a ULX3S. Exit status 1 and the module's name if not."""
import json, os, re, subprocess, sys, tempfile

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


REGISTERS = {"REG_OUTPUT_CLK": "CLK0", "REG_OUTPUT_CE": "CE0", "REG_OUTPUT_RST": "RST0"}


def unregister(before, after):
    """`after`, a module, with the registers of its multipliers outside again as they stand in `before`; None if one does not stand there"""
    cells, flops = dict(after["cells"]), {c["connections"]["Q"][0]: n for n, c in before["cells"].items() if c["type"] == "TRELLIS_FF"}
    for name, c in after["cells"].items():
        old = before["cells"].get(name)
        if c["type"] != "MULT18X18D" or c == old:
            continue
        pins = dict(c["connections"])
        clock, enable, reset = (pins.pop(p) for p in ("CLK0", "CE0", "RST0"))
        if reset != ["0"] or {p: v for p, v in c["parameters"].items() if old["parameters"].get(p) != v} != REGISTERS:
            return None
        for pin, bits in pins.items():
            if bits == old["connections"].get(pin):
                continue
            flop = before["cells"].get(flops.get(bits[0]), {"connections": {}, "parameters": {}})
            f, p = flop["connections"], flop["parameters"]
            if f.get("DI") != old["connections"][pin] or f.get("CLK") != clock or f.get("LSR", ["0"]) != ["0"] or p.get("REGSET", "RESET") != "RESET" or \
                    enable != (["1"] if p.get("CEMUX", "CE").strip() == "1" else f.get("CE", ["1"])):
                return None
            cells[flops[bits[0]]] = flop
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
            print(f"{sys.argv[2]}: {m}: a multiplier has registers that did not stand there", file=sys.stderr)
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
