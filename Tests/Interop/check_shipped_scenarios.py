#!/usr/bin/env python3
"""The scenarios of Robots/scenarios hold, each has a negative control that fails, and Documentation/Scenarios.md says what they show.

Run by make test with SINEW, the release build. With --write it writes the tables of the page from the run, to be read before they
are committed.
"""
import collections
import json
import pathlib
import re
import sys

from report import Report, run

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "Documentation" / "Scenarios.md"
FOLDER = "Robots/scenarios"
LEAST = 60
# Nothing is measured against a clock here, so that a figure of the page may differ only by what the physics did since.
NEAR = 0.1


def test(*arguments):
    """Runs sinew test; the report, or an error in its place."""
    code, output, errors = run("test", *arguments, "--json")
    try:
        return code, json.loads(output)
    except json.JSONDecodeError:
        return code, {"passed": False, "scenarios": [], "error": (output + errors)[-2000:]}


def path_of(entry):
    """The scenario's file below the folder, without its ending."""
    return entry["file"].split(FOLDER + "/")[-1].removesuffix(".yaml")


def figures(entry):
    """By expectation of a scenario: name, joint sets, bound and the worst figure of all its runs."""
    worst = collections.OrderedDict()
    for case in entry["listed"]:
        if case["control"]:
            continue
        for verdict in case["verdicts"]:
            number, figure, bound = verdict["expectation"], verdict["figure"], verdict["bound"]
            old = worst.setdefault(number, verdict)
            if figure is None or bound is None or old["figure"] is None or verdict is old:
                continue
            if abs(bound - figure) - abs(bound) < abs(old["bound"] - old["figure"]) - abs(old["bound"]):
                worst[number] = verdict
    return worst.values()


def number(value, unit):
    """A figure for people, with its unit."""
    if unit == "s":
        value, unit = value * 1e3, "ms"
    text = f"{value:.3g}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.2e}"
    return f"{text} {unit}".strip()


def cell(verdict):
    """One expectation with its figure and bound."""
    if verdict["figure"] is None or verdict["bound"] is None:
        return verdict["name"]
    bound = number(verdict["bound"], verdict["unit"])
    return f"{verdict['name']} {number(verdict['figure'], verdict['unit'])} ({bound})"


def scenario_table(entries):
    """The second table of the page."""
    lines = ["| scenario | numbers | runs | found (bound) |", "|---|---|---|---|"]
    for entry in sorted(entries, key=path_of):
        runs = sum(not case["control"] for case in entry["listed"])
        found = "; ".join(cell(verdict) for verdict in figures(entry))
        lines.append(f"| `{path_of(entry)}` | {' '.join(entry['covers'])} | {runs} | {found} |")
    return "\n".join(lines) + "\n"


def by_number(entries):
    """Scenarios by number of the fault table."""
    found = collections.defaultdict(list)
    for entry in sorted(entries, key=path_of):
        for covered in entry["covers"]:
            found[covered].append(path_of(entry))
    return found


def with_scenarios(page, entries):
    """The page with the last column of its first table and its second table as the run gives them."""
    found = by_number(entries)

    def row(match):
        names = ", ".join(f"`{name}`" for name in found.get(match[1], []))
        return f"{match[0].rsplit(' | ', 1)[0]} | {names or 'none'} |"

    page = re.sub(r"^\| (F\d\d) \|.*\|$", row, page, flags=re.M)
    head, _ = page.split("<!-- scenarios -->\n")
    return head + "<!-- scenarios -->\n" + scenario_table(entries)


def numbers_of(text):
    """What a table's line says, words and numbers apart, so that numbers can be compared as such."""
    parts = re.split(r"(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)", text)
    return [part for part in parts[0::2]], [float(part) for part in parts[1::2]]


def is_near(written, measured):
    """Whether two lines of a table say the same but for a tenth of a figure."""
    words, figures_written = numbers_of(written)
    others, figures_measured = numbers_of(measured)
    if words != others:
        return False
    return all(abs(a - b) <= NEAR * max(abs(a), abs(b)) + 0.06 for a, b in zip(figures_written, figures_measured))


def check_page(report, entries):
    """The page holds what was run."""
    page = PAGE.read_text()
    written = with_scenarios(page, entries)
    rows = re.findall(r"^\| (F\d\d) \|", page, flags=re.M)
    wanted = [f"F{n:02}" for n in range(1, 81)]
    report.check("the page has a row for each number of the fault table", rows == wanted, set(wanted) ^ set(rows))
    differing = [
        line for old, line in zip(page.splitlines(), written.splitlines()) if old != line and not is_near(old, line)
    ]
    same = len(page.splitlines()) == len(written.splitlines())
    report.check("the page says what was run: check_shipped_scenarios.py --write", same and not differing, differing[:2])
    unsaid = [row for row in re.findall(r"^\| F\d\d \|.*\| none \|$", page, flags=re.M) if row.count("not: ") != 1]
    report.check("a row without a scenario says why", not unsaid, unsaid[:2])
    # Controls: a page that says something else is seen.
    covered = next(entry for entry in entries if entry["covers"])
    fewer = [dict(entry, covers=[]) if entry is covered else entry for entry in entries]
    report.check("a number that no scenario covers any more is seen", with_scenarios(page, fewer) != written)
    report.check("a figure that is off by a third is seen", not is_near("within 3 ms (5 ms)", "within 4 ms (5 ms)"))


def check_seeds(report):
    """What must hold of any faults, for five hundred seeds."""
    code, found = test(f"{FOLDER}/chaos/rig.yaml", "--seeds", "500")
    report.check(
        "500 seeds of drawn faults", code == 0 and found["passed"] and found["runs"] == 500, json.dumps(found)[:2000])


def main():
    code, found = test(FOLDER, "--controls", "--figures")
    entries = found["scenarios"]
    if "--write" in sys.argv:
        PAGE.write_text(with_scenarios(PAGE.read_text(), entries))
        return
    report = Report()
    report.check("every scenario holds and every control fails", code == 0 and found["passed"], json.dumps(
        [(entry["scenario"], entry["failing"]) for entry in entries if entry["failed"]])[:4000] or found.get("error"))
    report.check(f"at least {LEAST} scenarios", len(entries) >= LEAST, len(entries))
    names = [entry["scenario"] for entry in entries]
    report.check("names are unique", len(set(names)) == len(names), [n for n in names if names.count(n) > 1])
    report.check(
        "each has a control at each point", all(entry["controls"] >= 1 for entry in entries),
        [entry["scenario"] for entry in entries if entry["controls"] < 1])
    check_page(report, entries)
    check_seeds(report)
    report.close()


if __name__ == "__main__":
    main()
