# SPDX-License-Identifier: Apache-2.0
"""How many products a second an LFE5U-85F makes when it is filled with adders of ternary digits (qn_trit_array between registers, trit_ecp5.sv), mapped and packed as
boards are (boards/synth.sh), placed and routed. `fig_ecp5.py NAME...` measures only these of DESIGNS."""
import os, re, sys
import fig_elements as e
import measure as m

SEEDS = (1,)
OPTIONS = ["--freq", "150", "--timing-allow-fail", "--placer", "static"]
GROUP = 128
# name: (parameters, products a clock). A weight of four bits takes three clocks
DESIGNS = {
    "ternary": (dict(Rows=4, Parts=2, Cols=4, Digits=1, ScaleW=7, Halves=1), 4 * 8 * GROUP),
    "w4a8": (dict(Rows=4, Parts=2, Cols=4, Digits=3, ScaleW=4), 4 * 8 * GROUP / 3),
}
TOP = "trit_ecp5"
CELLS = "LUT4|CCU2C|TRELLIS_DPR16X4|TRELLIS_FF|MULT18X18D|DP16KD"
WORK = os.path.join(m.WORK, "ecp5_{}")


def synth(name):
    """Mapped and packed as a board is (boards/synth.sh), and proved to be what it was before packing"""
    work = WORK.format(name)
    os.makedirs(work, exist_ok=True)
    chparam = [w for k, v in DESIGNS[name][0].items() for w in ("-chparam", k, str(v))]
    m.run(["boards/synth.sh", TOP, work] + chparam, work + "/synth.out", env=dict(os.environ, SOURCES=f"bench/ppa/{TOP}.sv"))
    m.run(["boards/same.py", work + "/mapped.json", work + "/netlist.json"], work + "/same.out")


def place(name, seed):
    work = WORK.format(name)
    m.run([e.nextpnr(), "--85k", "--package", "CABGA381", "--speed", "6", "--json", os.path.relpath(work + "/netlist.json", m.ROOT), "--lpf-allow-unconstrained",
           "--seed", str(seed)] + OPTIONS, f"{work}/{seed}.log", 7200)


def report(name, seeds):
    work = WORK.format(name)
    cells = dict(re.findall(rf"^\s+({CELLS})\s+(\d+)", open(work + "/stat").read().split("design hierarchy")[1], re.M))
    packed = open(work + "/synth.out").read().splitlines()[-1].split(": ", 1)[1]
    head = [f"design ecp5_{name}", f"top {TOP}", "params " + " ".join(f"{k}={v}" for k, v in DESIGNS[name][0].items()),
            f"tools {m.versions().split(';')[0]}; {e.version()}", "options " + " ".join(OPTIONS),
            "cells " + " ".join(f"{k}={v}" for k, v in sorted(cells.items())), f"packed {packed}; {open(work + '/same.out').read().strip()}"]
    body = ""
    for seed in seeds:
        log = open(f"{work}/{seed}.log").read()
        line = re.findall(r"^.*Max frequency for clock.*$", log, re.M)[-1]
        use = re.search(r"Device utilisation:\n((?:.*\d+/ *\d+.*\n)+)", log).group(1)
        path = re.findall(r"^Info: Critical path report for clock .*\n(?:.+\n)+", log, re.M)[-1]
        path = "".join(l + "\n" for l in path.splitlines() if re.search(r" (clk-to-q|routing|logic|setup) |Sink|ns routing", l))
        head.append(f"fmax_mhz_seed{seed} {re.search(r': ([0-9.]+) MHz', line).group(1)}")
        body += f"\n== nextpnr-ecp5, seed {seed}\n{use}{line}\n{path}"
    with open(os.path.join(m.REPORTS, f"ecp5_{name}.rpt"), "w") as f:
        f.write(re.sub(r"[ \t]+$", "", "\n".join(head) + "\n" + body, flags=re.M))


def measure(names=tuple(DESIGNS)):
    for name in names:
        synth(name)
        for seed in SEEDS:
            place(name, seed)
        report(name, SEEDS)


def figure(name):
    head = e.head_of(f"ecp5_{name}")
    if not head:
        return None
    text = open(os.path.join(m.REPORTS, f"ecp5_{name}.rpt")).read()
    fmax = {int(k[13:]): float(v) for k, v in head.items() if k.startswith("fmax_mhz_seed")}
    if sorted(fmax.values()) != sorted(float(v) for v in re.findall(r": ([0-9.]+) MHz", text)):
        raise SystemExit(f"ecp5_{name}.rpt: head and tools' output differ")
    used = {k: int(v) for k, v in re.findall(r"(TRELLIS_COMB|TRELLIS_FF|TRELLIS_RAMW|DP16KD|MULT18X18D): +(\d+)/", text)}
    products = DESIGNS[name][1]
    best = max(fmax.values())
    return {"value": round(2e-6 * products * best, 3), "unit": "TOPS, one product two operations", "group": GROUP, "products_a_clock": round(products, 1), "clock_mhz": best,
            "clock_mhz_seeds": fmax, "device": "LFE5U-85F, speed 6, CABGA381", "used": used, "lut4_per_mac": round(used["TRELLIS_COMB"] / products, 2),
            "params": head["params"], "tools": head["tools"], "packed": head["packed"], "reports": [f"bench/ppa/reports/ecp5_{name}.rpt"]}


def figures():
    return {f"ecp5_{name}_tops": f for name, f in ((name, figure(name)) for name in DESIGNS) if f}


if __name__ == "__main__":
    measure(sys.argv[1:])
