# SPDX-License-Identifier: Apache-2.0
"""Netlists as Yosys writes them (write_json), for the tools beside this file."""
import json, sys


def design(path):
    """The whole file, which has modules; else one line and an exit status of sysexits.h"""
    try:
        with open(path, encoding="utf-8") as f:
            found = json.load(f)
        found["modules"].items()
        return found
    except OSError as e:
        print(f"{path}: cannot be read: {e.strerror}", file=sys.stderr)
        sys.exit(66)
    except (ValueError, KeyError, TypeError, AttributeError):
        print(f"{path}: not a netlist: no JSON object with modules", file=sys.stderr)
        sys.exit(65)
