# SPDX-License-Identifier: Apache-2.0
"""Energy of a W4A8 GEMM on Quern's tile and on B0: OpenSTA's power with the netlists' own activity on a real layer (layer.c, tb_tile.v, tb_b0.v).
Arrays and dequantization; what buffers and DRAM move is printed beside, in bits."""
import os, re
import fig_elements as e
import fig_tiles as t
import measure as m

COLS = t.DESIGNS["w4a8"][1]["Cols"]
EVERY = 48                                        # clocks from one block of weights to the next in tb_b0.v, for batches below that
RUNS = {
    "w4a8": {b: [f"TOKENS={b}", f"COLS={COLS}", "OUTPUTS=64"] for b in (1, 8)},
    "b0": {0: ["TOKENS=0", "TILES=3", f"EVERY={EVERY}"], 1: ["TOKENS=1", "TILES=6", f"EVERY={EVERY}"], 8: ["TOKENS=8", "TILES=6", f"EVERY={EVERY}"],
           64: ["TOKENS=64", "TILES=4", "EVERY=64"]},
}
STIM = {"w4a8": "tb_tile.v", "b0": "tb_b0.v"}


def power(name, netlist, period, data):
    top = t.DESIGNS[name][0]
    head, body = [f"design energy_{name}", f"tools {m.versions()}", f"period_ns {period}"], ""
    for batch, defines in RUNS[name].items():
        table, sim = m.power_of(name, netlist, top, period, os.path.join(m.HERE, STIM[name]), [f'DATA="{data}"'] + defines)
        head.append(f"power_{batch}_w {[l for l in table.splitlines() if l.startswith('Total ')][0].split()[4]}")
        body += f"\n== batch {batch}: {sim.splitlines()[-1]}\n{table.strip()}\n"
    with open(os.path.join(m.REPORTS, f"energy_{name}.rpt"), "w") as f:
        f.write("\n".join(head) + "\n" + body)


def measure():
    data = e.layer()
    for name in RUNS:
        top, params, keep, _, _ = t.DESIGNS[name]
        got = m.measure(name, top, list(params.items()), keep=keep)
        way, delay = re.search(r"^abc (\S+) (\S+)", open(os.path.join(m.ROOT, got["report"])).read(), re.M).groups()
        power(name, os.path.join(m.WORK, f"{name}.{way}.{delay}.v"), got["period_ns"], data)


def watts(name):
    head, got = e.head_of(f"energy_{name}"), m.read(name)
    text = open(os.path.join(m.REPORTS, f"energy_{name}.rpt")).read()
    totals = [float(l.split()[4]) for l in text.splitlines() if l.startswith("Total ")]
    power = [float(head[f"power_{b}_w"]) for b in RUNS[name]]
    if totals != power or float(head["period_ns"]) != got["period_ns"]:
        raise SystemExit(f"energy_{name}.rpt: head and tools' output differ, or another clock than in {name}.rpt")
    return dict(zip(RUNS[name], power)), got


def figures():
    if not all(e.head_of(f"energy_{name}") for name in RUNS):
        return {}
    tile, got = watts("w4a8")
    b0, got_b0 = watts("b0")
    ns, ns_b0 = got["period_ns"], got_b0["period_ns"]
    # pJ a product. The tile takes eight tokens at a time, COLS outputs and 32 inputs a clock
    own = {b: 1e3 * tile[b] * ns / (32 * COLS * b) for b in (1, 8)}
    own[64] = own[512] = own[8]
    # B0: a block of 256 weights for all tokens. Of the clocks that only its skewed swap waits for (EVERY less 16, which the weights take), those at rest are not counted
    block = {b: 1e3 * ns_b0 * (b0[b] * EVERY - b0[0] * (EVERY - 16)) for b in (1, 8)}
    block[64] = 1e3 * ns_b0 * b0[64] * 64
    block[512] = block[64] + 448 * (block[64] - block[8]) / 56
    base = {b: block[b] / (256 * b) for b in block}
    weight = 4 + 4 / 128
    bits = {b: {"dram": round(weight / b, 3), "buffers": round(8 / COLS + weight / min(b, 8) + 28 / 4096, 3),
                "buffers_b0": round(8 / 16 + weight / b + 64 / 16, 3)} for b in own}
    return {"w4a8_vs_b0_energy": {
        "value": round(min(base[b] / own[b] for b in (1, 8)), 3), "unit": "x, energy of array and dequantization a product, the worse of batch 1 and 8", "group": 128,
        "batch": {str(b): {"value": round(base[b] / own[b], 3), "design_pj": round(own[b], 4), "baseline_pj": round(base[b], 4), "bits_a_product": bits[b]} for b in own},
        "design": {"area_um2": got["area_um2"], "clock_mhz": round(1e3 / ns, 1), "power_w": {str(b): tile[b] for b in tile}, "params": got["params"], "report": got["report"]},
        "baseline": {"area_um2": got_b0["area_um2"], "clock_mhz": round(1e3 / ns_b0, 1), "power_w": {str(b): b0[b] for b in b0}, "params": got_b0["params"], "report": got_b0["report"]},
        "tools": got["tools"], "reports": ["bench/ppa/reports/energy_w4a8.rpt", "bench/ppa/reports/energy_b0.rpt", got["report"], got_b0["report"]],
        "note": "batch 0: B0 at rest; no clock gating; batch 512 of B0 by the energy of a further token"}}
