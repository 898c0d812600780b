# SPDX-License-Identifier: Apache-2.0
"""Energy of a W4A8 GEMM on Quern's tile, on B0 and on B2: OpenSTA's power with the netlists' own activity on a real layer (layer.c; tb_tile.v, tb_b0.v, tb_b2.v).
Arrays and dequantization; what buffers and DRAM move is printed beside, in bits a product. Each design in the shapes below; of each batch its best one counts.

    python3 bench/ppa/fig_energy.py NAME...      measures only these of DESIGNS (figures.py --measure --only energy: all)
    python3 bench/ppa/fig_energy.py --plot       energy.svg from the reports
"""
import os, re, subprocess, sys
import fig_elements as e
import fig_tiles as t
import measure as m

BATCHES = (1, 8, 64, 512)
DEPTH = t.DEPTH
WEIGHT = 4 + 4 / 128                              # bits: a code and its share of the group's scale


def design(like, **change):
    top, params, keep, _, _ = t.DESIGNS[like]
    return top, {**params, **change}, keep


DESIGNS = {
    "w4a8_8": design("w4a8", Cols=8),
    "w4a8_1": design("w4a8", Cols=8, Rows=1, Fours=1),
    "b2_8": design("b2", Cols=8, Halves=2),
    "b2_1": design("b2", Cols=8, Halves=2, Rows=1),
    "b0_16": design("b0", Split=0),
    "b0_8": design("b0", Split=0, Rows=8, Cols=32),
    "b0_4": design("b0", Split=0, Rows=4, Cols=64),
    "b0_split16": design("b0"),
    "b0_split8": design("b0", Rows=8, Cols=32),
    "b0_split4": design("b0", Rows=4, Cols=64),
}
STIM = {"qn_dot_tile": "tb_tile.v", "qn_b2": "tb_b2.v", "qn_b0": "tb_b0.v"}


def every(p):
    """B0: clocks from one block of weights to the next in tb_b0.v"""
    return 2 * p["Rows"] + p["Cols"]


def runs(name):
    """name of the run: what its bench is told"""
    top, p, _ = DESIGNS[name]
    if top == "qn_dot_tile":
        return {f"{p['Rows']}": [f"+tokens={p['Rows']}"]}
    if top == "qn_b2":
        return {f"{p['Rows']}{'_read' * r}": [f"+tokens={p['Rows']}", f"+read={r}"] for r in (0, 1)}
    got = {f"{b}": [f"+tokens={b}"] for b in (0, 1, 8)}
    if p["Rows"] > 8:
        got["64"] = ["+tokens=64", "+tiles=4", "+every=64"]
    return got


def power(name, data):
    (top, p, _), got = DESIGNS[name], m.read(name)
    way, delay = re.search(r"^abc (\S+) (\S+)", open(os.path.join(m.ROOT, got["report"])).read(), re.M).groups()
    netlist = os.path.join(m.WORK, f"{name}.{way}.{delay}.v")
    head, body = [f"design energy_{name}", f"tools {m.versions()}", f"period_ns {got['period_ns']}"], ""
    shape = [f"{k}={p[w]}" for k, w in (("ROWS", "Rows"), ("COLS", "Cols"), ("LANES", "Lanes"), ("SHARE", "Share"), ("CUT", "Cut"), ("SPLIT", "Split")) if w in p]
    for run, args in runs(name).items():
        table, sim = m.power_of(name, netlist, top, got["period_ns"], os.path.join(m.HERE, STIM[top]), [f'DATA="{data}"'] + shape, args)
        head.append(f"power_{run}_w {re.search(r'^Total +(.*)$', table, re.M).group(1).split()[3]}")
        body += f"\n== {run}: {STIM[top]} {' '.join(shape + args)}: {sim.splitlines()[-1]}\n{table.strip()}\n"
    with open(os.path.join(m.REPORTS, f"energy_{name}.rpt"), "w") as f:
        f.write(re.sub(r"[ \t]+$", "", "\n".join(head) + "\n" + body, flags=re.M))


def area(name):
    top, params, keep = DESIGNS[name]
    m.measure(name, top, list(params.items()), keep=keep)


def measure(names=tuple(DESIGNS)):
    data = e.layer()
    for name in names:
        area(name)
        power(name, data)


def pj(name):
    """A report's runs: pJ a clock"""
    head, got = e.head_of(f"energy_{name}"), m.read(name)
    text = open(os.path.join(m.REPORTS, f"energy_{name}.rpt")).read()
    said = re.findall(r"^== (\S+): .*$", text, re.M)
    totals = [float(l.split()[4]) for l in text.splitlines() if l.startswith("Total ")]
    if said != list(runs(name)) or totals != [float(head[f"power_{r}_w"]) for r in said] or float(head["period_ns"]) != got["period_ns"]:
        sys.exit(f"energy_{name}.rpt: head and tools' output differ, or another clock than in {name}.rpt")
    return {r: round(1e3 * got["period_ns"] * w, 4) for r, w in zip(said, totals)}, got


def of_tile(p, clock, batch):
    """All Rows at work; the layer's two groups stand for any number"""
    return clock[str(p["Rows"])] / (p["Lanes"] * p["Cols"] * p["Rows"])


def of_b2(p, clock, batch):
    """The same, all Rows at work, and each sum of DEPTH inputs is followed by Rows clocks of read-out, which are what a pass with them takes more than one without"""
    rows, slices = p["Rows"], 256 / p["Lanes"]
    pause = (slices + p["Rows"]) * clock[f"{rows}_read"] - slices * clock[f"{rows}"]
    return (DEPTH / p["Lanes"] * clock[f"{rows}"] + pause) / (DEPTH * p["Cols"] * rows)


def of_b0(p, clock, batch):
    """A block of weights for all tokens takes as many clocks as it has rows or tokens, whichever are more: those that only the skewed swap waits for in the bench are
    not counted. Weights and each token add to what clocks at rest take, by the runs with 1 and 8 tokens. Batch None: tokens in every clock, weights for nothing."""
    added = {b: every(p) * (clock[str(b)] - clock["0"]) for b in (1, 8)}
    token = (added[8] - added[1]) / 7
    if batch is None:
        return (clock["0"] + token) / (p["Rows"] * p["Cols"])
    if str(batch) in clock and batch > 8:
        return clock[str(batch)] / (p["Rows"] * p["Cols"])
    return (max(p["Rows"], batch) * clock["0"] + added[1] + (batch - 1) * token) / (p["Rows"] * p["Cols"] * batch)


OF = {"qn_dot_tile": of_tile, "qn_b2": of_b2, "qn_b0": of_b0}


def buffer_bits(top, p, batch):
    """What a product takes from buffers and leaves in them: activations, weights, results (B0: partial sums, read and written for each block of Rows inputs)"""
    if top == "qn_b0":
        return 8 / p["Cols"] + WEIGHT / batch + 64 / p["Rows"]
    return 8 / p["Cols"] + WEIGHT / p["Rows"] + (28 if top == "qn_dot_tile" else 32) / DEPTH


def best(kind, have, batch):
    names = [n for n in have if n.split("_")[0] == kind and (kind == "b0" or batch >= DESIGNS[n][1]["Rows"])]
    if not names:
        return None
    each = {n: round(OF[DESIGNS[n][0]](DESIGNS[n][1], have[n][0], batch), 4) for n in names}
    name = min(each, key=each.get)
    top, p, _ = DESIGNS[name]
    return {"pj": each[name], "shape": name, "clock_mhz": round(1e3 / have[name][1]["period_ns"], 1), "pj_of_shapes": each,
            "dram_bits": round(WEIGHT / batch, 3), "buffer_bits": round(buffer_bits(top, p, batch), 3)}


def figures():
    have = {name: pj(name) for name in DESIGNS if e.head_of(f"energy_{name}")}
    if not have:
        return {}
    batches = {}
    full = min(of_b0(DESIGNS[n][1], clock, None) for n, (clock, _) in have.items() if n.startswith("b0"))
    for b in BATCHES:
        own, base, tree = (best(kind, have, b) for kind in ("w4a8", "b0", "b2"))
        batches[str(b)] = {"value": round(base["pj"] / own["pj"], 3), "against_b0_in_full_use": round(full / own["pj"], 3), "design": own, "baseline": base}
        if tree:
            batches[str(b)].update(against_b2=round(tree["pj"] / own["pj"], 3), b2=tree)
    tools = {got["tools"] for _, got in have.values()}
    return {"w4a8_vs_b0_energy": {
        "value": min(batches[b]["value"] for b in ("1", "8")), "unit": "x, energy of array and dequantization a product, the worse of batch 1 and 8, each design in its best shape",
        "group": 128, "b0_in_full_use_pj": round(full, 4), "batch": batches,
        "designs": {n: {"params": got["params"], "area_um2": got["area_um2"], "clock_mhz": round(1e3 / got["period_ns"], 1), "power_w": {r: round(c / 1e3 / got["period_ns"], 6) for r, c in clock.items()},
                        "report": f"bench/ppa/reports/energy_{n}.rpt"} for n, (clock, got) in have.items()},
        "tools": tools.pop() if len(tools) == 1 else sorted(tools), "reports": [r for n, (_, got) in have.items() for r in (f"bench/ppa/reports/energy_{n}.rpt", got["report"])],
        "note": "no clock gating for anyone; what is measured and what computed of it: bench/ppa/fig_energy.py"}}


def plot():
    batch = figures()["w4a8_vs_b0_energy"]["batch"]
    lines = [l for l in (("B0, INT8 systolic", "baseline"), ("B2, INT8 trees", "b2"), ("Quern, W4A8", "design")) if l[1] in batch["8"]]
    text = f"""set terminal svg size 560,340 background 'white' font 'sans,11'
        set output '{os.path.join(m.HERE, "energy.svg")}'
        set logscale xy
        set xtics (1, 8, 64, 512)
        set ytics (10, 20, 50, 100, 200, 500)
        set xlabel 'batch'
        set ylabel 'pJ a product, osu018'
        set yrange [10:500]
        set grid
        plot {", ".join(f"'-' with linespoints pt 7 title '{title}'" for title, _ in lines)}
        """
    for _, key in lines:
        text += "".join(f"{b} {of[key]['pj']}\n" for b, of in batch.items() if key in of) + "e\n"
    subprocess.run(["gnuplot", "-"], input=text, text=True, check=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--plot"]:
        plot()
    else:
        measure(sys.argv[1:] or DESIGNS)
