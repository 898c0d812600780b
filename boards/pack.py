#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pack.py NETLIST.json [MODULE...]: packs an ECP5 netlist closer than Yosys and nextpnr do, in place. Same logic clock by clock (same.py proves it), less of the device:

- A half of a CCU2C has a whole LUT4 before its carry, and Yosys's adder uses three of its inputs, two of them for constants. LUTs that feed adders only
  (the AND of "add it or not", the multiplexer before an operand) move in.
- nextpnr enters and leaves every chain through a CCU2C of its own, also where the carry in is constant and nobody reads the carry out. A half makes the carry in
  here, where one is to spare, a half shows the carry out, and a carry that nobody reads is not connected. In the modules named short chains share tiles.
- A multiplier or a block RAM whose output goes to registers of one enable, and nowhere else, takes them in: it has such registers, and Yosys leaves them empty.

A half is (cells_sim.v of Yosys's ecp5): S = LUT4(A,B,C,D) ^ CIN; COUT = LUT4 ? CIN : LUT2(A,B), and LUT2 is the LUT4's table where C = D = 0."""
import collections, functools, itertools, json, os, sys

import netlist

ADD = 0x96AA                                           # Yosys's: LUT4 = A ^ B ^ C and LUT2 = A, where D = 1
PINS = "ABCD"


def const(bit):
    return isinstance(bit, str)


@functools.lru_cache(maxsize=None)
def fuse(width, p, q):
    """A half that adds P and Q, truth tables of `width` signals: (signal or constant on A, B, C, D; INIT), or None if there is none."""
    for pins in itertools.permutations(list(range(width)) + ["1", "0", "1", "0"][:4 - width] if width < 4 else range(4)):
        table = {}

        def put(at, bit):
            return table.setdefault(at, bit) == bit

        good = True
        for v in range(1 << width):
            a = [v >> s & 1 if not const(s) else int(s) for s in pins]
            x = (p ^ q) >> v & 1
            good = good and put(a[0] + 2 * a[1] + 4 * a[2] + 8 * a[3], x) and (x or put(a[0] + 2 * a[1], p >> v & 1))
        if good:
            return pins, sum(bit << at for at, bit in table.items())
    return None


class Half:
    """Half a CCU2C: what its pins see, its table, its sum's net"""
    def __init__(self, pins, init, total):
        self.pins, self.init, self.total = pins, init, total


class Module:
    def __init__(self, m):
        self.cells = m["cells"]
        self.driver, self.users = {}, collections.defaultdict(list)
        for name, c in self.cells.items():
            for pin, bits in c["connections"].items():
                for bit in bits:
                    if const(bit):
                        continue
                    if c["port_directions"][pin] == "output":
                        self.driver[bit] = name
                    else:
                        self.users[bit].append((name, pin))
        for port in m["ports"].values():
            if port["direction"] != "input":
                for bit in port["bits"]:
                    self.users[bit].append((None, None))
        self.fresh = 2 + max([b for n in m["netnames"].values() for b in n["bits"] if not const(b)] + [0])

    def adds(self, name, h):
        c = self.cells[name]
        return int(c["parameters"][f"INIT{h}"], 2) == ADD and c["parameters"][f"INJECT1_{h}"] == "NO" and const(c["connections"][f"C{h}"][0]) \
            and c["connections"][f"D{h}"] == ["1"]

    def operands(self, name, h, inner):
        """The two operands of a half, each as its signals and its function of them; those of the nets `inner` through their LUT"""
        c, out = self.cells[name]["connections"], []
        for pin in "AB":
            bit = c[f"{pin}{h}"][0]
            if bit in inner:
                lut = self.cells[self.driver[bit]]
                ins = [lut["connections"][p][0] for p in PINS]
                init = int(lut["parameters"]["INIT"], 2)
                signals = sorted({b for b in ins if not const(b)})
                value = lambda v, ins=ins, init=init: init >> sum((v[b] if not const(b) else int(b == "1")) << i for i, b in enumerate(ins)) & 1
            else:
                signals = [] if const(bit) else [bit]
                value = lambda v, bit=bit: v[bit] if not const(bit) else int(bit == "1")
            out.append((signals, value))
        return out

    def half(self, name, h, inner):
        """A half with what of `inner` it can take in: all or nothing"""
        (s0, f0), (s1, f1) = self.operands(name, h, inner)
        signals = sorted(set(s0 + s1))
        if len(signals) > 4:
            return None
        minus = int(self.cells[name]["connections"][f"C{h}"] == ["1"])
        p = q = 0
        for v in range(1 << len(signals)):
            at = {s: v >> i & 1 for i, s in enumerate(signals)}
            p |= f0(at) << v
            q |= (f1(at) ^ minus) << v
        found = fuse(len(signals), p, q)
        if not found:
            return None
        pins, init = found
        return [s if const(s) else signals[s] for s in pins], init

    def absorb(self):
        """LUTs whose users are halves of adders, all of which can take them in. Returns how many went."""
        inner = set()
        for name, c in self.cells.items():
            if c["type"] == "LUT4":
                z = c["connections"]["Z"][0]
                ends = self.users[z]
                if not const(z) and ends and all(n and self.cells[n]["type"] == "CCU2C" and p[0] in "AB" and self.adds(n, p[1]) for n, p in ends):
                    inner.add(z)
        while True:                                    # one that some half cannot take stays out, which may change what its other halves can
            bad = set()
            for z in sorted(inner):
                for name, pin in self.users[z]:
                    h = pin[1]
                    both = [self.cells[name]["connections"][f"{p}{h}"][0] for p in "AB"]
                    if z not in bad and not any(b in bad for b in both) and not self.half(name, h, inner):
                        mine = [b for b in both if b in inner]
                        bad.add(max(mine, key=lambda b: (len(self.operands(name, h, {b})[both.index(b)][0]), b)))
            if not bad:
                break
            inner -= bad
        for name, c in self.cells.items():
            if c["type"] != "CCU2C":
                continue
            for h in "01":
                if any(c["connections"][f"{p}{h}"][0] in inner for p in "AB"):
                    pins, init = self.half(name, h, inner)
                    c.setdefault("new", {})[h] = pins, init
        for c in self.cells.values():
            for h, (pins, init) in c.pop("new", {}).items():
                c["parameters"][f"INIT{h}"] = f"{init:016b}"
                for p, bit in zip(PINS, pins):
                    c["connections"][f"{p}{h}"] = [bit]
        for z in inner:
            del self.cells[self.driver[z]]
        return len(inner)

    def chains(self):
        """Lists of names, from the carry in on"""
        following = {}
        for name, c in self.cells.items():
            if c["type"] == "CCU2C" and self.kind(c["connections"]["CIN"][0]) == "CCU2C":
                following[self.driver[c["connections"]["CIN"][0]]] = name
        for name in [n for n, c in self.cells.items() if c["type"] == "CCU2C" and n not in set(following.values())]:
            chain = [name]
            while chain[-1] in following:
                chain.append(following[chain[-1]])
            yield chain

    def kind(self, bit):
        """Of the cell whose carry drives a net"""
        name = None if const(bit) else self.driver.get(bit)
        return self.cells[name]["type"] if name in self.cells and self.cells[name]["connections"].get("COUT") == [bit] else None

    @staticmethod
    def carry(half, cin):
        """A half that makes the carry out of a half and its carry in, if two signals tell it, else None"""
        signals = sorted({b for b in half.pins + [cin] if not const(b)})
        if len(signals) > 2:
            return None
        init = 0
        for v in range(4):
            value = lambda bit, v=v: v >> signals.index(bit) & 1 if not const(bit) else int(bit == "1")
            a, b, c, d = map(value, half.pins)
            out = value(cin) if half.init >> (a + 2 * b + 4 * c + 8 * d) & 1 else half.init >> (a + 2 * b) & 1
            init |= out << v
        return Half((signals + ["0", "0"])[:2] + ["0", "1"], init, "x")

    def halves(self, chain):
        """A chain's halves with its ends, None if a carry is read inside: nextpnr's way then"""
        first, last = self.cells[chain[0]], self.cells[chain[-1]]
        cin, cout = first["connections"]["CIN"][0], last["connections"].get("COUT", ["x"])[0]
        read = not const(cout) and bool(self.users[cout])
        if any(len(self.users[self.cells[n]["connections"]["COUT"][0]]) > 1 for n in chain[:-1]) or \
                any(self.cells[n]["parameters"][f"INJECT1_{h}"] != "NO" for n in chain for h in "01"):
            return None
        halves = []
        for n in chain:
            c = self.cells[n]
            for h in "01":
                total = c["connections"][f"S{h}"][0] if c["connections"].get(f"S{h}") else "x"
                halves.append(Half([c["connections"][f"{p}{h}"][0] for p in PINS], int(c["parameters"][f"INIT{h}"], 2), total))
        if not read:
            while halves and (const(halves[-1].total) or not self.users[halves[-1].total]):
                halves.pop()
        if read:
            halves.append(Half(["0", "0", "0", "1"], 0, cout))
        # carry in: LUT4 = 0, LUT2 = what comes in, or what the first half makes of it if that is all it is for
        enter = self.carry(halves[0], cin) if len(halves) > 1 and (const(halves[0].total) or not self.users[halves[0].total]) else None
        if enter:
            halves[0] = enter
        else:
            halves.insert(0, Half(["0" if const(cin) else cin, "0", "0", "1"], (0xA if not const(cin) else int(cin == "1")), "x"))
        return halves

    def lay(self, names, halves):
        """Halves as one chain of CCU2C, in place of those named. Returns how many there are now."""
        old = self.cells[names[0]]
        if len(halves) % 2:
            halves = halves + [Half(["0", "0", "0", "1"], 0, "x")]
        size = len(halves) // 2
        for n in names[size:]:
            del self.cells[n]
        carry = "x"
        for i, n in enumerate(names[:size] + [f"{names[0]}_{i}" for i in range(size - len(names))]):
            pins, parameters = {"CIN": [carry]}, {"INJECT1_0": "NO", "INJECT1_1": "NO"}
            for h, half in zip("01", halves[2 * i:2 * i + 2]):
                parameters[f"INIT{h}"] = f"{half.init:016b}"
                pins.update({f"{p}{h}": [bit] for p, bit in zip(PINS, half.pins)})
                pins[f"S{h}"] = [half.total]
            carry = "x"
            if i + 1 < size:
                carry, self.fresh = self.fresh, self.fresh + 1
            pins["COUT"] = [carry]
            self.cells[n] = {"hide_name": old["hide_name"], "type": "CCU2C", "parameters": parameters, "attributes": old["attributes"],
                             "port_directions": old["port_directions"], "connections": pins}
        return size

    def order(self, chains):
        """For each chain how many chains lie before it on the longest way from a register or a port, and the first port's bit that reaches it through registers too"""
        of = {n: i for i, chain in enumerate(chains) for n in chain}
        known = {}

        def see(name, through):
            """(depth behind a cell, first port's bit) over all its inputs; a register's depth is 0"""
            i = of.get(name, name)
            if (i, through) not in known:
                known[i, through] = 0, 1 << 30     # met again on the way: a loop through registers
                found = [0], [1 << 30]
                for n in chains[i] if name in of else [name]:
                    c = self.cells[n]
                    flop = c["type"] in ("TRELLIS_FF", "DP16KD")
                    for pin, bits in c["connections"].items():
                        for bit in bits if c["port_directions"][pin] != "output" and (not flop or through and pin == "DI") else []:
                            if const(bit) or of.get(self.driver.get(bit), -1) == i:
                                continue
                            if bit not in self.driver:
                                found[1].append(bit)
                            else:
                                depth, first = see(self.driver[bit], through)
                                found[0].append(depth)
                                found[1].append(first)
                known[i, through] = max(found[0]) + (name in of), min(found[1])
            return known[i, through]

        return [(see(chain[0], False)[0], see(chain[0], True)[1]) for chain in chains]

    def pack(self, join):
        """Ends of chains; and with `join` two short chains as one where that saves a tile: nextpnr begins each chain in a tile of its own, of eight halves. The second
        begins with a carry in that looks at no carry. Both must lie equally deep behind registers, or a way that is none would close a loop.
        Returns how many CCU2C the chains have now, and had as nextpnr makes them."""
        chains = list(self.chains())
        halves = [self.halves(chain) for chain in chains]
        now = before = sum(len(chain) + 2 for chain in chains)
        waiting = {}                                   # the chain that is to be joined with the next one of its depth
        order = self.order(chains) if join else [(0, i) for i in range(len(chains))]
        for i in sorted(range(len(chains)), key=lambda i: order[i]):
            if halves[i] is None:
                continue
            now -= len(chains[i]) + 2
            names, laid = chains[i], halves[i]
            if join:
                other = waiting.pop(order[i][0], None)
                if other and -(-len(other[1]) // 8) - (-len(laid) // 8) > -(-(len(other[1]) + len(laid)) // 8):
                    names, laid = other[0] + names, other[1] + laid
                else:
                    waiting[order[i][0]], other = (names, laid), other
                    if not other:
                        continue
                    names, laid = other
            now += self.lay(names, laid)
        for names, laid in waiting.values():
            now += self.lay(names, laid)
        return now, before

    def registers(self):
        """Registers into the multipliers and block RAMs before them. Returns how many went."""
        gone = 0
        for c in self.cells.copy().values():
            for outputs, clock_pin, enable_pins, fixed, parameters in netlist.registers(c):
                read = {p: c["connections"][p][0] for p in outputs if not const(c["connections"][p][0]) and self.users[c["connections"][p][0]]}
                ends = [self.users[b] for b in read.values()]
                if not ends or any(len(e) > 1 or e[0][1] != "DI" or self.cells[e[0][0]]["type"] != "TRELLIS_FF" for e in ends):
                    continue
                flops = [self.cells[e[0][0]] for e in ends]
                if any(control(f) != control(flops[0]) for f in flops) or not control(flops[0]):
                    continue
                clock, enable = control(flops[0])
                if c["connections"].get(clock_pin, [clock]) != [clock]:
                    continue
                for pin, b in read.items():
                    c["connections"][pin] = self.cells[self.users[b][0][0]]["connections"]["Q"]
                for e in ends:
                    del self.cells[e[0][0]]
                pins = {clock_pin: [clock], **{p: [enable] for p in enable_pins}, **fixed}
                c["connections"].update(pins)
                c["port_directions"].update({p: "input" for p in pins})
                c["parameters"].update(parameters)
                gone += len(ends)
        return gone


def control(flop):
    """(clock, enable) of a register without reset that begins at 0, None for others"""
    p, c = flop["parameters"], flop["connections"]
    plain = c.get("LSR", ["0"]) == ["0"] and p.get("REGSET", "RESET") == "RESET" and p.get("CLKMUX", "CLK") == "CLK" and p.get("LSRMUX", "LSR") == "LSR"
    enable = {"CE": c.get("CE", ["1"])[0], "1": "1"}.get(p.get("CEMUX", "CE").strip())
    return (c["CLK"][0], enable) if plain and enable is not None else None


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    path = sys.argv[1]
    design = netlist.design(path)
    modules = design["modules"]
    gone = now = before = registers = 0
    for name, m in modules.items():
        if any(c["type"] in ("MULT18X18D", "DP16KD") for c in m["cells"].values()):
            registers += Module(m).registers()
        if any(c["type"] == "CCU2C" for c in m["cells"].values()):
            gone += Module(m).absorb()
            size = Module(m).pack(any(name.split("\\")[-1] == j for j in sys.argv[2:]))
            now, before = now + size[0], before + size[1]
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(design, f)
    os.replace(path + ".new", path)
    print(f"{path}: {gone} LUT4 taken into adders; {now} CCU2C instead of {before}; {registers} registers taken into multipliers and block RAMs; each module counted once")


if __name__ == "__main__":
    main()
