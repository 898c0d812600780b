# SPDX-License-Identifier: Apache-2.0
"""The tiles of fig_tiles.py on another library, osu035 (0.35 um, 3.3 V): do the ratios hold?"""
import os
import fig_tiles as t
import measure as m

NAMES = ("b0", "b2", "w4a8", "ternary")


def of(name):
    return f"osu035_{name}"


def measure():
    with m.library("osu035"):
        for name in NAMES:
            top, params, keep, _, _ = t.DESIGNS[name]
            m.measure(of(name), top, list(params.items()), keep=keep)


def figures():
    if not all(os.path.exists(os.path.join(m.REPORTS, of(n) + ".rpt")) for n in NAMES):
        return {}
    return {f"osu035_{d}_vs_{b}_area_time": t.ratio(d, b, "osu035", of) for d in ("w4a8", "ternary") for b in ("b0", "b2")}
