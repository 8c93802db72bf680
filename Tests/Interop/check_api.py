#!/usr/bin/env python3
"""The public API of RigidBody, as the compiler sees it, is the page in Documentation/RigidBody.md, and fits one long screen.

    check_api.py [--write]

Reads the module beside SINEW_DEBUG with swift-symbolgraph-extract. --write puts the page right.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap

from report import SINEW_DEBUG, Report

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "Documentation/RigidBody.md"
START, END = "## The public API\n\n```\n", "```\n"
SCREEN, WIDTH = 90, 118


def symbols():
    build = pathlib.Path(SINEW_DEBUG).resolve().parent
    target = json.loads(subprocess.check_output(["swiftc", "-print-target-info"]))["target"]["unversionedTriple"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["swift", "symbolgraph-extract", "-module-name", "RigidBody", "-target", target, "-I", build / "Modules",
             "-I", ROOT / "Sources/CRealMath/include",
             "-Xcc", f"-fmodule-map-file={build}/CRealMath.build/module.modulemap", "-output-dir", folder,
             "-minimum-access-level", "public", "-skip-synthesized-members"], check=True, capture_output=True)
        return json.loads(pathlib.Path(folder, "RigidBody.symbols.json").read_text())["symbols"]


def place(symbol):
    start = symbol["location"]["position"]
    return symbol["location"]["uri"], start["line"], start["character"]


def screen():
    """A line or more a type with its members, then a line a function with the labels of its forms."""
    types, members, functions = {}, collections.defaultdict(list), collections.defaultdict(list)
    # What has no place in a file, such as a raw value's initialiser, is the compiler's.
    for symbol in sorted((symbol for symbol in symbols() if "location" in symbol), key=place):
        kind, path = symbol["kind"]["identifier"].removeprefix("swift."), symbol["pathComponents"]
        if kind in ("struct", "enum", "class"):
            types[".".join(path)] = kind
        elif kind == "func":
            functions[path[0].split("(")[0]].append(path[0])
        else:
            members[".".join(path[:-1])].append(path[-1])
    lines = []
    for name, kind in types.items():
        text = f"{kind} {name}: {' '.join(dict.fromkeys(members[name]))}".rstrip(": ")
        lines += textwrap.wrap(text, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    for name, forms in sorted(functions.items()):
        first, *others = sorted(set(forms), key=lambda form: (len(form), form))
        text = " ".join([first, *(form.removeprefix(name) for form in others)])
        lines += textwrap.wrap(text, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return lines


def main():
    report = Report()
    lines, page = screen(), PAGE.read_text()
    before, rest = page.split(START)
    shown, after = rest.split(END, 1)
    found = "\n".join(lines) + "\n"
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(before + START + found + END + after)
        return
    report.check(f"the public API of RigidBody fits one long screen: {len(lines)} lines", len(lines) <= SCREEN)
    report.check("Documentation/RigidBody.md shows it", shown == found, f"run {os.path.basename(__file__)} --write")
    report.close()


if __name__ == "__main__":
    main()
