#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""netlist_verilog.py NETLIST.json OUT.v: writes a netlist of boards/synth.sh as Verilog of ecp5_cells.v's cells, for netlist.sh. Every net is one bit wide, so that a
simulator sees no loop which is none; the top's ports are as they were. Pins of MULT18X18D and DP16KD that differ by a number come as one port, so do a block RAM's
first values. An input, or a bit of a memory, that may be anything is 0 or 1 in turn."""
import os, re, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "boards"))
import netlist

CELLS = ("LUT4", "CCU2C", "TRELLIS_FF", "TRELLIS_DPR16X4", "MULT18X18D", "DP16KD")
WIDE = {"MULT18X18D": ("A", "B", "C", "P"), "DP16KD": ("DIA", "DIB", "ADA", "ADB", "CSA", "CSB", "DOA", "DOB")}
CLOCKS = ("CLK", "WCK", "CLK0", "CLKA", "CLKB")
OPEN = {"TRELLIS_FF": {"LSR": "0", "CE": "1"}, "MULT18X18D": {"CLK0": "0", "CE0": "0", "RST0": "0"}}       # pins that a cell may lack: what is on them


def fail(text):
    print(text, file=sys.stderr)
    sys.exit(65)


def plain(name):
    """A module's name without its parameters"""
    return (name.split("\\") + [name])[1] if name.startswith("$paramod") else name


def parameter(v):
    if isinstance(v, int):
        return str(v)
    if re.fullmatch("[01x]+", v):
        bits = "".join(str(i % 2) if b == "x" else b for i, b in enumerate(v))
        return f"{len(v)}'h{int(bits, 2):x}"
    return '"' + (v[:-1] if v.endswith(" ") else v) + '"'


def used(design):
    """The modules below the top, which is the first"""
    found = {n: m for n, m in design["modules"].items() if int(m["attributes"].get("top", "0"), 2)}
    queue = list(found)
    for name in queue:
        for cell, c in found[name]["cells"].items():
            if c["type"] not in CELLS and c["type"] not in found:
                if "blackbox" in design["modules"].get(c["type"], {"attributes": ["blackbox"]})["attributes"]:
                    fail(f"{name}: {cell}: no model of a {c['type']}")
                found[c["type"]] = design["modules"][c["type"]]
                queue.append(c["type"])
    return found


class Writer:
    def __init__(self, design):
        self.modules = used(design)
        self.names = {n: f"m{i}_" + re.sub(r"\W", "_", plain(n)) for i, n in enumerate(self.modules)}
        self.top = next(iter(self.modules))
        self.names[self.top] = self.top
        self.anything = self.fresh = 0

    def source(self, bit):
        if bit in ("0", "1"):
            return f"1'b{bit}"
        if isinstance(bit, str):
            self.anything += 1
            return f"1'b{self.anything % 2}"
        return f"n{bit}"

    def cell(self, label, c):
        ports, pins, parameters = {}, c["connections"], c["parameters"]
        if c["type"] in CELLS:
            missing = [p for p in OPEN.get(c["type"], {}) if p not in pins]
            pins = dict(pins, **{p: [OPEN[c["type"]][p]] for p in missing})
        for pin, bits in pins.items():
            out = c["port_directions"].get(pin, "input") == "output"
            port, at = pin, None
            if c["type"] in WIDE:
                m = re.fullmatch(r"(\D+)(\d+)", pin)
                if m and m[1] in WIDE[c["type"]]:
                    port, at = m[1], int(m[2])
            for i, bit in enumerate(bits):
                if not out:
                    word = self.source(bit)
                elif isinstance(bit, int):
                    word = f"n{bit}"
                else:
                    word, self.fresh = f"u{self.fresh}", self.fresh + 1
                ports.setdefault((port, out), {})[i if at is None else at] = word
        text = []
        for (port, out), words in ports.items():
            if set(words) != set(range(len(words))):
                fail(f"{label}: port {port} has a gap")
            if c["type"] in CELLS:
                text.append(f".{port}({words[0]})" if len(words) == 1 else f".{port}({{{', '.join(words[i] for i in reversed(range(len(words))))}}})")
            else:
                text += [f".{self.port(port, i)}({words[i]})" for i in words]
        kind = c["type"] if c["type"] in CELLS else self.names[c["type"]]
        first = [v for k, v in sorted(parameters.items()) if k.startswith("INITVAL_")]
        parameters = {k: parameter(v) for k, v in parameters.items() if not k.startswith("INITVAL_")}
        if first:
            parameters["INITVAL"] = "{" + ", ".join(f"320'h{int(v, 2):x}" for v in reversed(first)) + "}"
        declared = "".join(f"wire {w};\n" for (_, out), words in ports.items() if out for w in words.values() if w[0] == "u")
        values = ", ".join(f".{k}({v})" for k, v in parameters.items())
        return f"{declared}{kind} #({values}) {label} ({', '.join(text)});\n" if values else f"{declared}{kind} {label} ({', '.join(text)});\n"

    @staticmethod
    def port(name, i):
        return re.sub(r"\W", "_", name) + f"__{i}"

    def module(self, name):
        m = self.modules[name]
        nets, ports, glue = set(), [], []
        if len({c["connections"][p][0] for c in m["cells"].values() for p in CLOCKS if c["type"] in CELLS and isinstance(c["connections"].get(p, ["0"])[0], int)}) > 1:
            fail(f"{name}: more than one clock")
        for port, p in m["ports"].items():
            if p["direction"] not in ("input", "output"):
                fail(f"{name}: {port} is neither input nor output")
            into = p["direction"] == "input"
            width = len(p["bits"])
            if name == self.top:
                ports.append(f"{p['direction']} wire {f'[{width - 1}:0] ' if width > 1 else ''}{port}")
            else:
                ports += [f"{p['direction']} wire {self.port(port, i)}" for i in range(width)]
            for i, bit in enumerate(p["bits"]):
                outside = self.port(port, i) if name != self.top else port if width == 1 else f"{port}[{i}]"
                glue.append(f"assign n{bit} = {outside};\n" if into else f"assign {outside} = {self.source(bit)};\n")
                nets.add(bit)
        body = []
        for i, (cell, c) in enumerate(m["cells"].items()):
            for bits in c["connections"].values():
                nets.update(bits)
            body.append(self.cell(f"c{i}", c))
        wires = "".join(f"wire n{b};\n" for b in sorted(b for b in nets if isinstance(b, int)))
        return f"// {name}\nmodule {self.names[name]} (\n  " + ",\n  ".join(ports) + ");\n" + wires + "".join(glue + body) + "endmodule\n\n"


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    w = Writer(netlist.design(sys.argv[1]))
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        f.write("// Written by netlist_verilog.py\n`default_nettype none\n\n")
        for name in w.modules:
            f.write(w.module(name))
        f.write("`default_nettype wire\n")


if __name__ == "__main__":
    main()
