# SPDX-License-Identifier: Apache-2.0
"""The tile of tables (qn_lut_tile) against the FP16 tile L0 and the INT8 tile L1. See README.md for what is inside each."""
import measure as m

DEPTH = 4096                                      # of a sum: sums pause for read-out after so much
BUF = 32                                          # um2 of the library's BUFX4

TILES = {                                         # name: parameters
    "lut_a16": dict(Rows=2, Cols=64, Tables=1, ActW=16, SumW=27, Join=2),
    "lut_a8": dict(Rows=2, Cols=64, Tables=32, ActW=8, SumW=21, Join=4, Cut=3, Again=3, Hold=1, Reads=4, Share=16),
}
BASELINES = {                                     # name: (top, parameters, kept modules, busy)
    "l0": ("qn_l0", dict(Cuts=255), ["qn_l0_dot"], 1.0),
    "l1": ("qn_b2", dict(Rows=8, Cols=4, Lanes=16, Cut=3, Free=1), ["qn_dot", "qn_dot_row"], DEPTH / 16 / (DEPTH / 16 + 8)),
}
PRODUCTS = 512                                    # a clock, of both baselines: M8 N4 K16


def measure():
    for name, params in TILES.items():
        m.measure(name, "qn_lut_tile", list(params.items()), keep=["qn_lut_dot", "qn_lut_entries"])
    for name, (top, params, keep, _) in BASELINES.items():
        m.measure(name, top, list(params.items()), keep=keep)


def point(got, products, busy):
    per = got["area_um2"] / products
    return {"report": got["report"], "top": got["top"], "params": got["params"], "products_a_clock": products, "busy": round(busy, 4), "area_um2": got["area_um2"],
            "area_um2_per_mac": round(per, 1), "period_ns": got["period_ns"], "clock_mhz": round(1e3 / got["period_ns"], 1),
            "area_time_per_mac": round(per * got["period_ns"] / busy, 1), "tops_per_mm2": round(2e3 * busy / per / got["period_ns"], 4)}


def tile(name, bits):
    """A weight of so many bits takes so many clocks. Copied sums leave while the next ones are made; others wait until they are read one by one, from 4 clocks after
    the last step on."""
    p = TILES[name]
    steps, places = DEPTH / (4 * p["Tables"]) * bits, p.get("Reads", 8) * p["Rows"]
    return point(m.read(name), p["Rows"] * p["Cols"] * 4 * p["Tables"] / bits, steps / (max(steps, places) if p.get("Hold") else steps + places + 4))


def baseline(name):
    return point(m.read(name), PRODUCTS, BASELINES[name][3])


def share(name):
    p, got = TILES[name], m.read(name)
    tables = p["Rows"] * p["Tables"]
    made = tables * next(a for n, a in got["modules"].items() if "qn_lut_entries" in n)
    buffers = tables * (8 * (p["ActW"] + 1) + 1) * p["Cols"] / p.get("Share", 8) * BUF
    return {"report": got["report"], "params": got["params"], "area_um2": got["area_um2"], "tables_and_builders_um2": made, "buffers_um2": buffers,
            "tables_and_builders": round(made / got["area_um2"], 4), "value": round((made + buffers) / got["area_um2"], 4)}


def ratio(name, bits, base, unit, note):
    a, b = tile(name, bits), baseline(base)
    return {"value": round(b["area_time_per_mac"] / a["area_time_per_mac"], 3), "unit": unit, "scale": "whole row", "design": a, "baseline": b,
            "tools": m.read(name)["tools"], "reports": [a["report"], b["report"]], "note": note}


def figures():
    a16, a8 = share("lut_a16"), share("lut_a8")
    density = ratio("lut_a16", 1, "l0", "x, TOPS/mm2, tables inside", f"M2 N64 K4; against L1 (INT8) it is x "
                    f"{baseline('l1')['area_time_per_mac'] / tile('lut_a16', 1)['area_time_per_mac']:.2f}")
    density["reports"].append(baseline("l1")["report"])
    return {
        "lut_w1a16_vs_l0_density": density,
        "lut_w2a8_vs_l1_area_time": ratio("lut_a8", 2, "l1", "x, area x time per MAC", "M2 N64 K128"),
        "lut_w1a8_vs_l1_area_time": ratio("lut_a8", 1, "l1", "x, area x time per MAC", "M2 N64 K128"),
        "lut_table_area_share": {"value": a16["value"], "unit": "tables' registers, builders and broadcast buffers, of the tile W1A16 M2 N64 K4", "stall_cycles": 0,
                                 "design": a16, "w1a8_m2_n64_k128": a8, "tools": m.read("lut_a16")["tools"], "reports": [a16["report"], a8["report"]]},
    }
