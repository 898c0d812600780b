# SPDX-License-Identifier: Apache-2.0
"""What the core's array costs with each element: 16 rows of 32 lanes with what loads them (qn_rows), on standard cells and on an LFE5U-85F.

Energy of a clock on standard cells is idle + rows x row: measured with no row at work and with all 16, on a real layer (layer.c); with one row it is measured
too, and `one_off` says how far the straight line is from that. `quern explore` reads these entries."""
import json, os, re, subprocess
import measure as m

ROWS, DEPTH, SEEDS = 16, 32, (1, 2, 3)
ELEMENTS = {"shiftadd": (0, ["qn_row_shiftadd"]), "lut": (1, ["qn_row_lut", "qn_lut_build"]), "mul": (2, ["qn_row_mul"])}
STIM = os.path.join(m.HERE, "tb_rows.v")
RUNS = {"idle": "16'h0000", "one": "16'h0001", "all": "16'hffff"}
BOARDS_MK = open(os.path.join(m.ROOT, "boards/boards.mk")).read()


def layer():
    folder = os.path.join(m.WORK, "layer")
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["make", "-s", "build/libquern.a"], cwd=m.ROOT, check=True)
    tool = os.path.join(m.WORK, "layer.bin")
    subprocess.run(["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-I.", "-o", tool, "bench/ppa/layer.c", "build/libquern.a", "-lz", "-ljansson",
                    "-lm", "-lpthread"], cwd=m.ROOT, check=True)
    subprocess.run([tool, "models/quern-stories.gguf", folder], cwd=m.ROOT, check=True)
    return folder


def standard_cells(name, number, keep, data):
    got = m.measure(f"rows_{name}", "qn_rows", [("Element", number)], (1,), keep)
    way, delay = re.search(r"^abc (\S+) (\S+)", open(os.path.join(m.ROOT, got["report"])).read(), re.M).groups()
    netlist = os.path.join(m.WORK, f"rows_{name}.{way}.{delay}.v")
    out = [f"design rows_{name}", f"tools {m.versions()}", f"period_ns {got['period_ns']}"]
    body = ""
    for run, rows in RUNS.items():
        table, sim = m.power_of(f"rows_{name}", netlist, "qn_rows", got["period_ns"], STIM, [f'DATA="{data}"', f"ROWS_ON={rows}", "SLICES_RUN=2"])
        watts = re.search(r"^Total\s+(.*)$", table, re.M).group(1).split()[3]
        out.append(f"power_{run}_w {watts}")
        body += f"\n== {run}: {sim.splitlines()[-1] if sim else ''}\n{table.strip()}\n"
    with open(os.path.join(m.REPORTS, f"rows_{name}_power.rpt"), "w") as f:
        f.write("\n".join(out) + "\n" + body)


def version():
    return re.search(r"^NEXTPNR_PACKAGE := (.*)$", BOARDS_MK, re.M).group(1)


def nextpnr():
    """The boards' own nextpnr, installed where it is not yet"""
    path = re.search(r"^NEXTPNR +:= (.*)$", BOARDS_MK, re.M).group(1)
    subprocess.run(["make", "-s", path], cwd=m.ROOT, check=True)
    return path


def fpga(name, number):
    sources = ["rtl/spec/qn_isa_pkg.sv", "rtl/lib/qn_ram16.sv", "rtl/lib/qn_smul.sv"] + \
        [f"rtl/pe/{f}" for f in sorted(os.listdir(os.path.join(m.ROOT, "rtl/pe"))) if re.match("qn_row", f) or f == "qn_lut_build.sv"]
    head, body = [f"design rows_{name}", f"tools {m.versions().split(';')[0]}; {version()}"], ""
    for top, params in (("qn_rows", f"-chparam Element {number}"), ("rows_ecp5", f"-chparam Element {number}")):
        base = os.path.join(m.WORK, f"ecp5_{name}_{top}")
        script = f"read_verilog -sv -noassert -noassume {' '.join(sources)} bench/ppa/rows_ecp5.sv; hierarchy -check -top {top} {params}; " \
                 f"synth_ecp5 -abc9 -nowidelut -top {top} -json {base}.json; tee -q -o {base}.stat stat"
        m.run(["yosys", "-q", "-p", script], base + ".log")
        if top == "qn_rows":
            cells = {k: int(v) for k, v in re.findall(r"^\s+(LUT4|CCU2C|TRELLIS_DPR16X4|TRELLIS_FF|MULT18X18D|DP16KD)\s+(\d+)", open(base + ".stat").read(), re.M)}
            lut = cells.get("LUT4", 0) + 2 * cells.get("CCU2C", 0) + 6 * cells.get("TRELLIS_DPR16X4", 0)
            head += [f"lut4 {lut}", "cells " + " ".join(f"{k}={v}" for k, v in sorted(cells.items()))]
    for seed in SEEDS:
        log = m.run([nextpnr(), "--85k", "--package", "CABGA381", "--speed", "6", "--json", os.path.relpath(base + ".json", m.ROOT),
                     "--lpf-allow-unconstrained", "--seed", str(seed), "--freq", "200", "--timing-allow-fail"], f"{base}.{seed}.pnr")
        line = re.findall(r"^.*Max frequency for clock.*$", log, re.M)[-1]
        head.append(f"fmax_mhz_seed{seed} {re.search(r': ([0-9.]+) MHz', line).group(1)}")
        body += f"\n== nextpnr-ecp5, seed {seed}, four rows between registers\n{line}\n"
    with open(os.path.join(m.REPORTS, f"rows_{name}_ecp5.rpt"), "w") as f:
        f.write("\n".join(head) + "\n" + body)


def measure():
    data = layer()
    for name, (number, keep) in ELEMENTS.items():
        standard_cells(name, str(number), keep, data)
        fpga(name, number)


def head_of(name):
    path = os.path.join(m.REPORTS, name + ".rpt")
    if not os.path.exists(path):
        return None
    return dict(l.split(" ", 1) for l in open(path).read().split("\n\n")[0].splitlines() if " " in l)


def on_standard_cells(name):
    power = head_of(f"rows_{name}_power")
    if not power:
        return None
    got = m.read(f"rows_{name}")
    idle, one, full = (1e3 * got["period_ns"] * float(power[f"power_{r}_w"]) for r in RUNS)   # pJ a clock
    row = (full - idle) / ROWS
    return {"rows": ROWS, "depth": DEPTH, "area": got["area_um2"], "clock_mhz": round(1e3 / got["period_ns"], 2), "energy_idle_pj": round(idle, 4),
            "energy_row_pj": round(row, 4), "one_off": round((idle + row) / one - 1, 4)}


def on_fpga(name):
    ecp5 = head_of(f"rows_{name}_ecp5")
    if not ecp5:
        return None
    fmax = sorted(float(v) for k, v in ecp5.items() if k.startswith("fmax_mhz_seed"))
    return {"rows": ROWS, "depth": DEPTH, "area": int(ecp5["lut4"]), "clock_mhz": fmax[-1], "clock_mhz_seeds": fmax, "cells": ecp5["cells"]}


def figures():
    out = {}
    for name in ELEMENTS:
        cells, fpga = on_standard_cells(name), on_fpga(name)
        reports = [f"rows_{name}" + k for k, have in (("", cells), ("_power", cells), ("_ecp5", fpga)) if have]
        if reports:
            out[f"element_{name}"] = {
                "value": cells and cells["energy_row_pj"], "unit": "pJ a plane of 32 weights and a row, osu018", "osu018": cells, "ecp5": fpga,
                "reports": [os.path.relpath(os.path.join(m.REPORTS, r + ".rpt"), m.ROOT) for r in reports], "tools": m.read(f"rows_{name}")["tools"] + "; " + version()}
    return out
