#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""paths.py NETLIST.json TOP [N]: the longest paths of a mapped netlist, before placement: the slowest to each unit and to each of TOP's outputs (N of
them, 40), and the slowest of all in steps. A minute, where place and route takes an hour. paths.py --in NETLIST.json TOP [N]: those that begin at TOP's inputs instead of
registers. --name TEXT: only ends whose names hold it, register by register.

Cells have an ECP5's delays at speed 6 (nanoseconds, as nextpnr-ecp5 reports them); a net has NET + FAN x log2(its ends), a guess at what routing costs in a full
device. So the order of paths is to be trusted, the figures are not: report.json has those after placement."""
import argparse, collections, math, re, sys

import netlist

NET, FAN = 0.75, 0.15
LUT, CLK_Q, CARRY_IN, CARRY, CARRY_OUT, RAM_Q, WORD_Q, MULT, PRODUCT_Q = 0.24, 0.53, 0.45, 0.07, 0.44, 5.73, 0.95, 4.2, 1.0


def arcs(kind, pins):
    """Combinational arcs (from pin, to pin, ns), pins that start paths {pin: ns}, pins that end them, of a cell."""
    ins = [p for p in pins if p not in OUT[kind]] if kind in OUT else []
    if kind == "LUT4":
        return [(p, "Z", LUT) for p in ins], {}, []
    if kind == "CCU2C":
        out = [("CIN", "S0", CARRY_OUT), ("CIN", "S1", CARRY_OUT), ("CIN", "COUT", CARRY)]
        for p in ins:
            if p[-1] == "0":
                out += [(p, "S0", LUT), (p, "S1", CARRY_IN + CARRY_OUT), (p, "COUT", CARRY_IN)]
            elif p[-1] == "1":
                out += [(p, "S1", LUT), (p, "COUT", CARRY_IN)]
        return out, {}, []
    if kind == "MULT18X18D" and "CLK0" in pins:        # registers behind the product: MULT is in main's setup
        return [], {p: PRODUCT_Q for p in pins if p in OUT[kind]}, [p for p in ins if not p.startswith("CLK")]
    if kind == "MULT18X18D":
        return [(p, o, MULT) for p in ins for o in pins if o in OUT[kind]], {}, []
    if kind == "TRELLIS_DPR16X4":
        return [(p, o, LUT) for p in ins if p.startswith("RAD") for o in pins if o in OUT[kind]], {}, [p for p in ins if p[0] in "DW" and not p.startswith("WCK")]
    if kind == "TRELLIS_FF":
        return [], {"Q": CLK_Q}, [p for p in ins if p != "CLK"]
    if kind == "input":
        return [], {p: 0 for p in pins}, []
    if kind == "output":
        return [], {}, list(pins)
    if kind.startswith("DP16KD"):                      # with the ports whose words are registered behind it
        return [], {p: WORD_Q if p[2] in kind[6:] else RAM_Q for p in pins if p in OUT[kind]}, [p for p in ins if not p.startswith("CLK")]
    return [], {}, []


class Kinds(dict):
    """Output pins of each kind of cell; a bus's bits are named PIN.i"""
    def __missing__(self, kind):
        return ()


OUT = Kinds({"LUT4": {"Z"}, "CCU2C": {"S0", "S1", "COUT"}, "TRELLIS_FF": {"Q"}, "TRELLIS_DPR16X4": {f"DO.{i}" for i in range(4)},
             "MULT18X18D": {f"P{i}" for i in range(36)}, **dict.fromkeys(("DP16KD", "DP16KDA", "DP16KDB", "DP16KDAB"), {f"DO{p}{i}" for p in "AB" for i in range(18)})})


def flatten(modules, name, ports, path, cells, names):
    """Adds the cells of module `name` to `cells` as (path, kind, {pin: net}); `ports` are the nets of its ports' bits."""
    module, nets = modules[name], dict(ports)

    def net(bit):
        if isinstance(bit, str):
            return -1
        if bit not in nets:
            nets[bit] = len(names)
            names.append(path)
        return nets[bit]

    for cell, c in module["cells"].items():
        kind, pins = c["type"], {}
        if kind == "DP16KD":
            kind += "".join(p for p in "AB" if c["parameters"][f"REGMODE_{p}"] == "OUTREG")
        for pin, bits in c["connections"].items():
            for i, bit in enumerate(bits):
                pins[pin if len(bits) == 1 else f"{pin}.{i}"] = net(bit)
        if kind in modules and modules[kind]["cells"]:
            inner = {}
            for pin, port in modules[kind]["ports"].items():
                for bit, outer in zip(port["bits"], c["connections"].get(pin, [])):
                    if not isinstance(bit, str):
                        inner[bit] = net(outer)
            flatten(modules, kind, inner, path + (cell,), cells, names)
        else:
            cells.append((path + (cell,), kind, pins))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("netlist")
    args.add_argument("top")
    args.add_argument("most", nargs="?", type=int, default=40)
    args.add_argument("--in", dest="inputs", action="store_true")
    args.add_argument("--name")
    args = args.parse_args()
    modules = netlist.design(args.netlist)["modules"]
    if args.top not in modules:
        print(f"{args.netlist}: no module {args.top}", file=sys.stderr)
        sys.exit(65)
    top, most = args.top, args.most
    cells, names, outer = [], [], {}
    for port, p in modules[top]["ports"].items():      # a cell for each port's bits
        pins = {}
        for i, bit in enumerate(p["bits"]):
            if not isinstance(bit, str):
                if bit not in outer:
                    outer[bit] = len(names)
                    names.append(())
                pins[f"{port}.{i}"] = outer[bit]
        cells.append(((port, ""), p["direction"], pins))
    flatten(modules, top, outer, (), cells, names)
    del modules

    ends = collections.Counter()
    into, waits, arrival, source, stops = collections.defaultdict(list), collections.Counter(), {}, {}, []
    for i, (_, kind, pins) in enumerate(cells):
        comb, starts, sinks = arcs(kind, pins)
        for p, n in pins.items():
            if p not in OUT[kind] and kind != "input":
                ends[n] += 1
        if args.inputs != (kind == "input"):
            starts = {}
        for p, ns in starts.items():
            arrival[pins[p]], source[pins[p]] = ns, (i, p, -1)
        for a, b, ns in comb:
            if pins.get(a, -1) >= 0 and b in pins:
                into[pins[a]].append((pins[b], ns, i, a))
                waits[pins[b]] += 1
        stops += [(pins[p], i, p) for p in sinks if pins[p] >= 0]

    def wire(net, kind, pin):
        return 0 if kind == "CCU2C" and pin == "CIN" else NET + FAN * math.log2(max(1, ends[net]))

    ready = [n for n in list(into) if not waits[n]]
    for n in ready:                                    # grows: nets all of whose drivers' inputs are known
        at = arrival.get(n, 0)
        for to, ns, i, pin in into[n]:
            t = at + wire(n, cells[i][1], pin) + ns
            if n in arrival and t > arrival.get(to, -1):
                arrival[to], source[to] = t, (i, pin, n)
            waits[to] -= 1
            if not waits[to]:
                ready.append(to)

    def unit(path):
        return ".".join(p for p in path[:-1] if p.startswith("u_") or p.startswith("g_"))[:48] or "top"

    def trace(net):
        steps = []
        while net >= 0:
            i, pin, before = source.get(net, (-1, "", -1))
            if i < 0:
                break
            steps.append((arrival[net], cells[i][0], cells[i][1], pin, ends[net]))
            net = before
        return steps[::-1]

    worst = {}
    late = collections.Counter()
    for net, i, pin in stops:
        if net not in arrival:
            continue
        t = arrival[net] + wire(net, cells[i][1], pin) + (MULT if cells[i][1] == "MULT18X18D" and pin[0] in "AB" else 0)
        late[int(t // 2) * 2] += 1
        key = unit(cells[i][0]) if cells[i][1] != "output" else cells[i][0][0]
        if args.name is not None:
            key = re.sub(r"_TRELLIS_FF_Q.*|\.\d+\.\d+$", "", ".".join(cells[i][0])) + " " + pin
            if args.name not in key:
                continue
        if t > worst.get(key, (0,))[0]:
            worst[key] = (t, net, i, pin)
    print("ends of paths by ns:", ", ".join(f"{k}-{k + 2}: {v}" for k, v in sorted(late.items())))
    print(f"{'ns':>6} {'cells':>5}  from, to")
    order = sorted(worst.values(), reverse=True, key=lambda w: w[0])
    for t, net, i, pin in order[:most]:
        steps = trace(net)
        start = ".".join(steps[0][1]) if steps else "an input"
        print(f"{t:6.1f} {len(steps):5}  {start}\n{'':14}{'.'.join(cells[i][0])} {pin}")
    for t, net, i, pin in order[:4]:
        print(f"\n{t:.1f} ns to {'.'.join(cells[i][0])} {pin}")
        for at, path, kind, p, fan in trace(net):
            print(f"{at:6.1f}  {kind} {'.'.join(path)} ({p}), {fan} ends")


if __name__ == "__main__":
    main()
