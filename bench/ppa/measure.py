#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures one design on standard cells: area (Yosys), least clock period (OpenSTA), power (OpenSTA on a simulation of the netlist).

    bench/ppa/measure.py NAME --top MODULE [-P Param=Value]... [--delay PS,PS...] [--keep MODULE,...] [--stim BENCH.v [-D Name=Value]...]

NAME      of the report, bench/ppa/reports/NAME.rpt: what was run, and of each tool's output what a figure needs
--delay   targets that are given to ABC, in ps (default: 1, i.e. as fast as it gets); with each, both ways of mapping are tried, MAPS
          below; the netlist with the least area x period is kept
--keep    modules that keep their border: their own areas are in the report (for breakdowns)
--stim    a bench, module tb, with the design as instance dut, a +vcd=FILE argument and $finish; power is that of its whole run, at the
          clock period found. It sees the period as `PERIOD (ns), has `timescale 1ns/10ps, and -D sets its macros. A line with FAIL
          in its output fails the run
--rtl     folders of the sources (default: rtl/lib, rtl/baseline, rtl/pe). The clock is clk_i; qn_fa becomes the library's full adder.
 Programs read a report back with read(NAME).
"""
import argparse, contextlib, glob, os, re, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
REPORTS = os.environ.get("PPA_REPORTS", os.path.join(HERE, "reports"))
TECH = os.environ.get("PPA_TECH", "osu018")
LIB = f"/usr/share/qflow/tech/{TECH}/{TECH}_stdcells"
MAPS = {"speed": "dch;map,-B,0.9,-D,@DELAY@;", "area": "map,-B,0.9,-D,@DELAY@;amap;"}
WORK = os.path.join(ROOT, "build", "ppa")


@contextlib.contextmanager
def library(tech):
    """Another library than PPA_TECH's, for a while"""
    global TECH, LIB
    before, TECH, LIB = (TECH, LIB), tech, LIB.replace(TECH, tech)
    yield
    TECH, LIB = before


def run(command, log, limit=3600, env=None):
    """Runs a tool; its output goes to `log`, which is returned as text."""
    with open(log, "w") as f:
        status = subprocess.run(command, stdout=f, stderr=subprocess.STDOUT, cwd=ROOT, timeout=limit, env=env).returncode
    text = open(log).read()
    if status:
        sys.stderr.write("\n".join(text.splitlines()[-12:]) + f"\n{log}: {command[0]} failed with {status}\n")
        sys.exit(70)
    return text


def one_by_one(m):
    left, right = m.group(1).split(", "), m.group(2).split(", ")
    if len(left) != len(right):
        sys.exit(f"cannot split: {m.group(0)}")
    return "\n".join(f"  assign {a} = {b};" for a, b in zip(left, right))


def bits_one_by_one(m):
    left, bits = m.group(1).split(", "), m.group(2)
    wide = [abs(int(r.group(1)) - int(r.group(2))) + 1 if (r := re.search(r"\[(\d+):(\d+)\]$", l)) else 1 for l in left]
    if sum(wide) != len(bits):
        sys.exit(f"cannot split: {m.group(0)}")
    return "\n".join(f"  assign {l} = {w}'b{bits[sum(wide[:i]):][:w]};" for i, (l, w) in enumerate(zip(left, wide)))


def synth(name, top, params, keep, way, delay, dirs):
    """Maps `top` for one target delay. Returns (netlist, text of the statistics)."""
    base = os.path.join(WORK, f"{name}.{way}.{delay}")
    sources = [s for d in dirs for s in sorted(glob.glob(os.path.join(ROOT, d, "*.sv"))) if not s.endswith("_pkg.sv")]
    package = os.path.join(ROOT, "rtl/spec/qn_isa_pkg.sv")
    script = open(os.path.join(HERE, "asic.ys")).read()
    words = {
        "MAP": MAPS[way],
        "SOURCES": " ".join([package] + sources), "TOP": top, "LIB": LIB + ".lib", "DELAY": str(delay), "BASE": base, "HERE": HERE,
        "CHPARAM": " ".join(f"-chparam {k} {v}" for k, v in params),
        "KEEP": "\n".join(f"setattr -mod -set keep_hierarchy 1 {m} $paramod*{m}*" for m in keep),
    }
    for k, v in words.items():
        script = script.replace(f"@{k}@", v)
    with open(base + ".ys", "w") as f:
        f.write(script)
    log = run(["yosys", "-q", "-l", base + ".log", base + ".ys"], base + ".out")
    stat = open(base + ".stat").read()
    if re.search(r"\bLATCH\b|\bTBUF", stat) or "Area for cell type" in log:
        sys.exit(f"{name}: a cell without an area was used")
    netlist = open(base + ".v").read()
    netlist = re.sub(r"^  assign \{ (.*) \} = \d+'b([01]+);", bits_one_by_one, netlist, flags=re.M)
    with open(base + ".v", "w") as f:             # OpenSTA reads no concatenation left of an assignment
        f.write(re.sub(r"^  assign \{ (.*) \} = \{ (.*) \};", one_by_one, netlist, flags=re.M))
    return base + ".v", stat


def sta(netlist, top, period, extra="", tag="sta"):
    base = netlist[:-2] + "." + tag
    with open(base + ".tcl", "w") as f:
        f.write(f"read_liberty {LIB}.lib\nread_verilog {netlist}\nlink_design {top}\n"
                f"create_clock -name clk -period {period} [get_ports clk_i]\nset_clock_transition 0.06 [get_clocks clk]\n"
                f"{extra}\nexit\n")
    text = run(["sta", base + ".tcl"], base + ".log")
    if re.search(r"^(Error|Warning):? ", text, re.M) and "no paths" not in text.lower():
        bad = [l for l in text.splitlines() if re.match(r"(Error|Warning)", l)]
        sys.stderr.write("\n".join(bad[:5]) + "\n")
        if any(l.startswith("Error") for l in bad):
            sys.exit(70)
    return text


def area_of(stat):
    return float(re.findall(r"Chip area for (?:top )?module .*?: ([\d.]+)", stat)[-1])


def clock_of(netlist, top):
    text = sta(netlist, top, 10, "report_checks -path_delay max -format full -digits 4")
    slack = float(re.findall(r"(-?[\d.]+)\s+slack", text)[-1])
    path = text[text.index("Startpoint"):].replace("Saving command history", "")
    return round(10 - slack, 4), path


# OpenSTA's activity is in changes a clock period; the simulation's is in changes a time step of 10 ps
QN_PIN = """proc qn_pin {pin activity duty} {
  upvar #0 period period
  sta::set_power_pin_activity [get_pins $pin] [expr $activity * $period * 100.0] $duty
}
"""


compiled = {}                                     # netlist: the command that made its simulator


def power_of(name, netlist, top, period, stim, defines, args=()):
    """OpenSTA's power with the activity of one run of the bench, and what the run said. defines: the bench's macros; args: +NAME=VALUE for the simulator"""
    base = netlist[:-2]
    fifo, act = base + ".vcd", base + ".act.tcl"
    scan = os.path.join(WORK, "vcd_activity")
    run(["cc", "-O2", "-Wall", "-Wextra", "-o", scan, os.path.join(HERE, "vcd_activity.c")], scan + ".log")
    command = ["iverilog", "-g2012", "-gspecify", "-Ttyp", "-o", base + ".vvp", "-s", "tb", f"-DPERIOD={period}"] + [f"-D{d}" for d in defines] + [stim, netlist, LIB + ".v"]
    if compiled.get(netlist) != command:
        run(command, base + ".iv.log")
        compiled[netlist] = command
    if os.path.exists(fifo):
        os.remove(fifo)
    os.mkfifo(fifo)
    with open(act, "w") as f:
        reader = subprocess.Popen([scan, "dut", fifo], stdout=f)
        sim = run(["vvp", "-N", base + ".vvp", f"+vcd={fifo}", *args], base + ".vvp.log")
        if reader.wait():
            sys.exit("vcd_activity failed")
    os.remove(fifo)
    if "FAIL" in sim:
        sys.exit(f"{name}: {sim.strip().splitlines()[-1]}")
    text = sta(netlist, top, period, f"set period {period}\n{QN_PIN}source {act}\nreport_power -digits 6", "power")
    table = text[text.index("Group"):].replace("Saving command history", "")
    return table, sim.strip()


def versions():
    yosys = subprocess.run(["yosys", "-V"], capture_output=True, text=True).stdout.strip()
    opensta = subprocess.run(["sta", "-version"], input="", capture_output=True, text=True).stdout.strip().splitlines()[0]
    iverilog = subprocess.run(["iverilog", "-V"], capture_output=True, text=True).stdout.splitlines()[0]
    return f"{yosys}; OpenSTA {opensta}; {iverilog}; {TECH}_stdcells of Debian's qflow-tech-{TECH}"


def measure(name, top, params=(), delays=(1,), keep=(), stim=None, defines=(), dirs=("rtl/lib", "rtl/baseline", "rtl/pe")):
    """Measures and writes the report; returns read(name)."""
    os.makedirs(WORK, exist_ok=True)
    os.makedirs(REPORTS, exist_ok=True)
    best = None
    for way, delay in [(w, d) for d in delays for w in os.environ.get("PPA_MAPS", " ".join(MAPS)).split()]:
        netlist, stat = synth(name, top, params, keep, way, delay, dirs)
        area = area_of(stat)
        period, path = clock_of(netlist, top)
        if best is None or area * period < best[0]:
            best = (area * period, f"{way} {delay}", netlist, stat, period, path)
    _, delay, netlist, stat, period, path = best
    out = [f"design {name}", f"top {top}", "params " + " ".join(f"{k}={v}" for k, v in params), f"abc {delay}",
           f"tools {versions()}", f"area_um2 {area_of(stat):.0f}", f"period_ns {period}"]
    stim_text = ""
    if stim:
        table, sim = power_of(name, netlist, top, period, stim, defines)
        total = re.search(r"^Total\s+(.*)$", table, re.M).group(1).split()
        out += [f"stimulus {os.path.relpath(stim, ROOT)} " + " ".join(os.path.relpath(d, ROOT) if os.path.isabs(d) else d for d in defines), f"power_w {total[3]}"]
        stim_text = f"\n== simulation\n{sim}\n\n== OpenSTA, report_power\n{table.strip()}\n"
    text = "\n".join(out) + f"\n\n== Yosys, stat\n{stat.strip()}\n\n== OpenSTA, report_checks\n{path.strip()}\n" + stim_text
    with open(os.path.join(REPORTS, name + ".rpt"), "w") as f:
        f.write(re.sub(r"[ \t]+$", "", text, flags=re.M))
    return read(name)


def read(name):
    """A report as a dict: area_um2, period_ns, power_w (if measured), tools, params, modules {name: area}."""
    path = os.path.join(REPORTS, name + ".rpt")
    text = open(path).read()
    head = dict(l.split(" ", 1) if " " in l else (l, "") for l in text.split("\n\n")[0].splitlines())
    got = {"name": name, "report": os.path.relpath(path, ROOT), "top": head["top"], "params": head["params"], "tools": head["tools"],
           "area_um2": float(head["area_um2"]), "period_ns": float(head["period_ns"])}
    if "power_w" in head:
        got["power_w"] = float(head["power_w"])
    # What the head says is what the tools said below it
    areas = re.findall(r"Chip area for (?:top )?module '(.*?)': ([\d.]+)", text)
    slack = re.findall(r"(-?[\d.]+)\s+slack", text)
    if not areas or abs(float(areas[-1][1]) / got["area_um2"] - 1) > 1e-5 or abs(10 - float(slack[0]) - got["period_ns"]) > 1e-3:
        sys.exit(f"{path}: head and tools' output differ")
    total = re.search(r"^Total\s+(.*)$", text, re.M)
    if "power_w" in got and (not total or float(total.group(1).split()[3]) != got["power_w"]):
        sys.exit(f"{path}: head and tools' output differ in power")
    got["modules"] = {n: float(a) for n, a in areas}
    return got


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("name")
    p.add_argument("--top", required=True)
    p.add_argument("-P", action="append", default=[], metavar="Param=Value")
    p.add_argument("--delay", default="1")
    p.add_argument("--keep", default="")
    p.add_argument("--stim")
    p.add_argument("-D", action="append", default=[], metavar="Name=Value")
    p.add_argument("--rtl", default="rtl/lib,rtl/baseline,rtl/pe")
    a = p.parse_args()
    got = measure(a.name, a.top, [tuple(x.split("=", 1)) for x in a.P], [int(d) for d in a.delay.split(",")],
                  [k for k in a.keep.split(",") if k], a.stim and os.path.abspath(a.stim), a.D, a.rtl.split(","))
    print(f"{a.name}: {got['area_um2']:.0f} um2, {got['period_ns']} ns"
          + (f", {1e3 * got['power_w']:.3f} mW" if "power_w" in got else ""))


if __name__ == "__main__":
    main()
