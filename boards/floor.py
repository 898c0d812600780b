#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""floor.py --take PLACED.json                     prints where a placement (nextpnr --write) has its block RAMs and multipliers: a floor plan, "BEL CELL" a line
floor.py --give FLOOR NETLIST.json OUT.json     gives the netlist's cells these places: the netlist flattened by Yosys, OUT the same with attributes BEL

A few hundred large cells decide how long the ways between them are, and a placer that has put them badly does not mend it. So a plan that led to a good result is kept. A cell that the plan does not
name takes a free place that the plan has for one of its kind in the same unit (Yosys names a cell after a wire, and may choose another one), or none: then the placer finds one."""
import collections, json, os, sys

import netlist

KINDS = ("DP16KD", "MULT18X18D")


def unit(cell):
    return cell.rsplit(".", 1)[0]


def take(path):
    for name, m in netlist.design(path)["modules"].items():
        for cell, c in m["cells"].items():
            if c["type"] in KINDS and "NEXTPNR_BEL" in c["attributes"]:
                print(c["attributes"]["NEXTPNR_BEL"], cell)


def give(plan, path, out):
    try:
        with open(plan, encoding="utf-8") as f:
            bels = dict(reversed(line.split(maxsplit=1)) for line in f.read().splitlines())
    except OSError as e:
        print(f"{plan}: {e.strerror}", file=sys.stderr)
        sys.exit(66)
    except ValueError:
        print(f"{plan}: not a floor plan: a line is a place and a cell", file=sys.stderr)
        sys.exit(65)
    design = netlist.design(path)
    cells = max((m["cells"] for m in design["modules"].values()), key=len)
    large = {n: c for n, c in cells.items() if c["type"] in KINDS}
    free = collections.defaultdict(list)
    for name, bel in bels.items():
        if name not in large:
            free[unit(name), "MULT" in bel].append(bel)
    named = near = 0
    for name, c in large.items():
        spare = free[unit(name), c["type"] == "MULT18X18D"]
        if name in bels:
            c["attributes"]["BEL"], named = bels[name], named + 1
        elif spare:
            c["attributes"]["BEL"], near = spare.pop(0), near + 1
    with open(out + ".new", "w", encoding="utf-8") as f:
        json.dump(design, f)
    os.replace(out + ".new", out)
    print(f"{out}: {named} block RAMs and multipliers where {plan} has them, {near} where it has another of their unit, {len(large) - named - near} left to the placer")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--take":
        take(sys.argv[2])
    elif len(sys.argv) == 5 and sys.argv[1] == "--give":
        give(*sys.argv[2:])
    else:
        print(__doc__, file=sys.stderr)
        sys.exit(64)


if __name__ == "__main__":
    main()
