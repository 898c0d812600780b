# SPDX-License-Identifier: Apache-2.0
"""What one array for every format costs: the tile that takes weights plane by plane (qn_dot_tile with Serial) against the tile of each width alone,
area x time per MAC. A weight of so many bits takes as many clocks in the one, one clock in the others."""
import fig_tiles as t
import measure as m

TILE = dict(Rows=8, Cols=16, Kind=0, ScaleW=4, **t.GROUP)
FLEX = dict(Serial=1, Bits=1, Cut=3, Again=4, Join=3, SumW=18)
# Each width's own: the sum as wide as it needs, the stages that are best for it; W4 is the measured W4A8
DEDICATED = {
    1: dict(Bits=1, Cut=3, Join=5, SumW=15),
    2: dict(Bits=2, Cut=3, Join=8, SumW=16, Halves=4),
    3: dict(Bits=3, Cut=3, Again=4, Join=6, SumW=17, Halves=4),
}


def measure():
    for name, params in [("flex", FLEX)] + [(f"flex_w{b}", d) for b, d in DEDICATED.items()]:
        m.measure(name, "qn_dot_tile", list({**TILE, **params}.items()), keep=t.KEEP)


def point(name, params, clocks):
    got = m.read(name)
    macs = TILE["Rows"] * TILE["Cols"] * TILE["Lanes"] / clocks
    per_mac = got["area_um2"] / macs
    return {"report": got["report"], "top": got["top"], "params": got["params"], "products_a_clock": macs, "area_um2": got["area_um2"],
            "area_um2_per_mac": round(per_mac, 1), "period_ns": got["period_ns"], "clock_mhz": round(1e3 / got["period_ns"], 1),
            "area_time_per_mac": round(per_mac * got["period_ns"], 1)}, got["tools"]


def figures():
    widths, tools, reports = {}, set(), []
    for bits in (*DEDICATED, 4):
        flex, tools_flex = point("flex", FLEX, bits)
        own, tools_own = t.point("w4a8") if bits == 4 else point(f"flex_w{bits}", DEDICATED[bits], 1)
        tools |= {tools_flex, tools_own}
        reports += [r["report"] for r in (flex, own) if r["report"] not in reports]
        widths[f"w{bits}"] = {"value": round(flex["area_time_per_mac"] / own["area_time_per_mac"], 3), "design": flex, "baseline": own}
    return {"flexibility_tax": {
        "value": max(w["value"] for w in widths.values()), "unit": "x, area x time per MAC, the worst of W1 to W4", "group": 128, **widths,
        "tools": tools.pop() if len(tools) == 1 else sorted(tools), "reports": reports,
        "note": "the one array takes weights of 1 to 4 bits, signed or not; scales of 4 bits for all"}}
