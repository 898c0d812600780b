# SPDX-License-Identifier: Apache-2.0
"""Area x time of Quern's tile against the baselines B0 and B2, and of B1 beside B0. See README.md for what is inside each."""
import os
import measure as m

DEPTH = 4096                                      # inputs of the layer: B2 pauses Rows clocks for each so long a sum
GROUP = dict(Lanes=128, Slices=1, Share=1, Parts=3)   # of qn_dot_tile: a whole group a clock
KEEP = ["qn_dot", "qn_rescale", "qn_dot_row", "qn_delay"]

DESIGNS = {
    # name: (top, parameters, kept modules, products a clock, share of the clocks in which it works)
    "b0": ("qn_b0", dict(Rows=16, Cols=16, Cut=4, Save=0, Split=16), ["qn_b0_element"], 256, 1.0),
    "b1": ("qn_b1", dict(Rows=16, Cols=4, Cuts=7), ["qn_b1_element"], 64, 1.0),
    "b2": ("qn_b2", dict(Rows=8, Cols=16, Lanes=16, Cut=3, Halves=8), ["qn_dot", "qn_dequant_code", "qn_dot_row"], 2048, DEPTH / 16 / (DEPTH / 16 + 8)),
    "b2_wide": ("qn_b2", dict(Rows=8, Cols=16, Lanes=64, Cut=3, Again=4, Halves=8), ["qn_dot", "qn_dequant_code", "qn_dot_row"], 8192, DEPTH / 64 / (DEPTH / 64 + 8)),
    "w4a8": ("qn_dot_tile", dict(Rows=8, Cols=16, Kind=0, Bits=4, **GROUP, Cut=3, Again=4, SumW=18, ScaleW=4, Halves=4), KEEP, 16384, 1.0),
    "ternary": ("qn_dot_tile", dict(Rows=8, Cols=16, Kind=2, Bits=1, **GROUP, Cut=3, Join=8, SumW=15, ScaleW=7, CutScale=3, Halves=4), KEEP, 16384, 1.0),
}


def measure():
    for name, (top, params, keep, _, _) in DESIGNS.items():
        m.measure(name, top, list(params.items()), keep=keep)


def point(name, report=str):
    """report: the name of a design's report"""
    got = m.read(report(name))
    _, _, _, macs, busy = DESIGNS[name]
    per_mac = got["area_um2"] / macs
    return {"report": got["report"], "top": got["top"], "params": got["params"], "products_a_clock": macs, "busy": round(busy, 4),
            "area_um2": got["area_um2"], "area_um2_per_mac": round(per_mac, 1), "period_ns": got["period_ns"],
            "clock_mhz": round(1e3 / got["period_ns"], 1), "area_time_per_mac": round(per_mac * got["period_ns"] / busy, 1)}, got["tools"]


def ratio(design, baseline, note, report=str):
    a, tools = point(design, report)
    b, tools_b = point(baseline, report)
    return {"value": round(b["area_time_per_mac"] / a["area_time_per_mac"], 3), "unit": "x, area x time per MAC", "group": 128,
            "design": a, "baseline": b, "tools": tools if tools == tools_b else [tools, tools_b], "reports": [a["report"], b["report"]], "note": note}


def figures():
    wide = {}
    if os.path.exists(os.path.join(m.REPORTS, "b2_wide.rpt")):
        wide = {"w4a8_vs_b2_wide_area_time": ratio("w4a8", "b2_wide", "W4A8; B2 is defined as a tree of 4 to 16 lanes, this one has 64")}
    return {
        **wide,
        "w4a8_vs_b0_area_time": ratio("w4a8", "b0", "W4A8"),
        "w4a8_vs_b2_area_time": ratio("w4a8", "b2", "W4A8"),
        "b0_vs_b1_area_time": ratio("b0", "b1", "the same array with 8-bit and with FP16 activations; B1 has 4 columns, B0 16"),
        "ternary_vs_b0_area_time": ratio("ternary", "b0", "B0 takes 4-bit codes; its dequantizers are 1 in 16 elements"),
        "ternary_vs_b2_area_time": ratio("ternary", "b2", "B2 with the dequantizers of 4-bit codes"),
    }
