# SPDX-License-Identifier: Apache-2.0
"""Netlists as Yosys writes them (write_json), for the tools beside this file."""
import json, sys


def design(path):
    """The whole file, which has modules; else one line and an exit status of sysexits.h"""
    try:
        with open(path, encoding="utf-8") as f:
            found = json.load(f)
        found["modules"].items()
        return found
    except OSError as e:
        print(f"{path}: cannot be read: {e.strerror}", file=sys.stderr)
        sys.exit(66)
    except (ValueError, KeyError, TypeError, AttributeError):
        print(f"{path}: not a netlist: no JSON object with modules", file=sys.stderr)
        sys.exit(65)


def registers(cell):
    """The registers that a multiplier or a block RAM has behind its outputs, as (outputs, pin of the clock, pins of the enable, constant pins, parameters that switch
    them on). A block RAM's are listed where its read port is always enabled."""
    pins, found = cell["connections"], []
    outputs = [p for p in pins if cell["port_directions"][p] == "output"]
    if cell["type"] == "MULT18X18D" and cell["parameters"].get("REG_OUTPUT_CLK", "NONE") == "NONE":
        found.append((outputs, "CLK0", ["CE0"], {"RST0": ["0"]}, {"REG_OUTPUT_CLK": "CLK0", "REG_OUTPUT_CE": "CE0", "REG_OUTPUT_RST": "RST0"}))
    if cell["type"] == "DP16KD":
        wide = int(cell["parameters"]["DATA_WIDTH_A"], 2) == 36                    # B reads, on the outputs of both
        for port, mine in [("B", "AB")] if wide else [("A", "A"), ("B", "B")]:
            if pins[f"CE{port}"] == ["1"] and pins[f"RST{port}"] == ["0"] and cell["parameters"][f"CLK{port}MUX"] == f"CLK{port}" and \
                    all(cell["parameters"][f"REGMODE_{p}"] == "NOREG" for p in mine):
                found.append(([p for p in outputs if p[2] in mine], f"CLK{port}", [f"OCE{p}" for p in mine], {}, {f"REGMODE_{p}": "OUTREG" for p in mine}))
    return found
