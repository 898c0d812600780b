#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes bench/ppa/results.json from the committed reports.

    bench/ppa/figures.py [--measure] [--only NAME]      write it; --measure runs the tools first (hours), --only those of fig_NAME.py
    bench/ppa/figures.py --check                        fail unless results.json is what the reports say

A file bench/ppa/fig_NAME.py makes figures: measure() runs the tools and leaves reports in reports/; figures() computes from reports alone and
returns {key: {"value": ..., "reports": [paths], "tools": ..., and what else matters}}.
"""
import argparse, glob, importlib, json, os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
RESULTS = os.path.join(HERE, "results.json")
sys.path.insert(0, HERE)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--measure", action="store_true")
    p.add_argument("--only", default="")
    p.add_argument("--check", action="store_true")
    a = p.parse_args()
    results = {}
    for path in sorted(glob.glob(os.path.join(HERE, "fig_*.py"))):
        name = os.path.basename(path)[:-3]
        module = importlib.import_module(name)
        if a.measure and a.only in ("", name[4:]):
            module.measure()
        for key, entry in module.figures().items():
            if key in results:
                sys.exit(f"{path}: {key}: made twice")
            for r in entry["reports"]:
                if not os.path.exists(os.path.join(ROOT, r)):
                    sys.exit(f"{path}: {r}: no such report")
            results[key] = entry
    text = json.dumps(results, indent=1, sort_keys=True) + "\n"
    if a.check:
        if not os.path.exists(RESULTS) or open(RESULTS).read() != text:
            sys.exit(f"{RESULTS}: is not what the reports say: run bench/ppa/figures.py")
        return
    with open(RESULTS, "w") as f:
        f.write(text)
    for key, entry in results.items():
        print(f"{key:32} {entry['value']}")


if __name__ == "__main__":
    main()
