# SPDX-License-Identifier: Apache-2.0
"""W4A8 and W2A8 on tiles of their own and on the one array for every format (fig_flex.py) against B3, a tile of BitFusion's fusion units. See README.md for what is inside each."""
import os
import fig_flex as f
import fig_tiles as t
import measure as m

PARAMS = dict(Rows=8, Cols=8, Units=16, Wide=16, Cut=3, Slices=2, Share=2)
UNITS = 8 * 8 * 16


def measure():
    m.measure("b3", "qn_b3", list(PARAMS.items()), keep=["qn_b3_dot", "qn_rescale", "qn_delay"])


def base(bits):
    """A unit takes 8 / bits weights a clock."""
    got, macs = m.read("b3"), UNITS * 8 // bits
    per = got["area_um2"] / macs
    return {"report": got["report"], "top": got["top"], "params": got["params"], "products_a_clock": macs, "area_um2": got["area_um2"], "area_um2_per_mac": round(per, 1),
            "period_ns": got["period_ns"], "clock_mhz": round(1e3 / got["period_ns"], 1), "area_time_per_mac": round(per * got["period_ns"], 1)}


def figures():
    if not os.path.exists(os.path.join(m.REPORTS, "b3.rpt")):
        return {}
    out = {}
    for bits in (2, 4):
        b = base(bits)
        own, tools = t.point("w4a8") if bits == 4 else f.point("flex_w2", f.DEDICATED[2], 1)
        flex, _ = f.point("flex", f.FLEX, bits)
        out[f"w{bits}a8_vs_b3_area_time"] = {
            "value": round(b["area_time_per_mac"] / own["area_time_per_mac"], 3), "unit": "x, area x time per MAC", "group": 128, "design": own, "baseline": b,
            "one_array": {"value": round(b["area_time_per_mac"] / flex["area_time_per_mac"], 3), "design": flex},
            "tools": tools, "reports": [own["report"], flex["report"], b["report"]], "note": "design: the tile of this width alone; one_array: the one that takes 1 to 4 bits"}
    return out
