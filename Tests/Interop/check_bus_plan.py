#!/usr/bin/env python3
"""`sinew bus plan` against the same analysis written again here: random message sets, sets that must be refused, robots.

The exact and the sufficient test of Davis, Burns, Bril, Lukkien (2007), in nanoseconds and exact fractions.
"""
import json
import pathlib
import random
import shutil
import tempfile
import xml.etree.ElementTree as ElementTree
from fractions import Fraction

from report import Report, run

SETS = 60
BROKEN = {
    "no JSON": ("{", "not JSON"),
    "no bit rate": ('{"messages": []}', "no 'bitrate'"),
    "no message": ('{"bitrate": 1000000, "messages": []}', "0 messages"),
    "a bit rate of 0": ('{"bitrate": 0, "messages": []}', "bitrate"),
    "an unknown key": ('{"bitrate": 1000000, "mesages": []}', "no key 'mesages'"),
    "an identifier of 12 bits": ({"id": 2048}, "messages[0].id"),
    "9 bytes": ({"bytes": 9}, "messages[0].bytes"),
    "half a byte": ({"bytes": 0.5}, "messages[0].bytes"),
    "no period": ({"period_us": None}, "messages[0].period_us"),
    "a period of 0": ({"period_us": 0}, "messages[0].period_us"),
    "a period beyond all": ({"period_us": 1e300}, "messages[0].period_us"),
    "a negative jitter": ({"jitter_us": -1}, "messages[0].jitter_us"),
    "a rate switch without a rate": ({"fd": True, "brs": True}, "data_bitrate"),
    "one name twice": ([{}, {"id": 2}], "messages[1].name"),
    "one identifier twice": ([{}, {"name": "b"}], "messages[1].id"),
}


def bits(message, data_bitrate):
    """Longest frame: nominal and data bits (data: behind the bit rate switch)."""
    size = message["bytes"]
    if not message.get("fd"):
        body = (54 if message["extended"] else 34) + 8 * size
        return body + 13 + (body - 1) // 4, 0
    size = next(length for length in [*range(9), 12, 16, 20, 24, 32, 48, 64] if length >= size)
    body = (41 if message["extended"] else 22) + 8 * size
    total = body + (body - 1) // 4 + (33 if size > 16 else 28) + 12
    head = 36 if message["extended"] else 17
    nominal = head + (head - 1) // 4 + 12 if message.get("brs", data_bitrate is not None) else total
    return nominal, total - nominal


def priority(message):
    """The arbitration field as sent: a standard frame wins against an extended one with the same first 11 bits."""
    if message["extended"]:
        return f"{message['id']:029b}"[:11] + "11" + f"{message['id']:029b}"[11:]
    return f"{message['id']:011b}" + "00"


def fixed_point(base, terms, extra, start):
    """Least w with w = base + sum ceil((w + J + extra) / T) C; the caller sees to it that there is one."""
    window = start
    while True:
        then = base + sum(-(-(window + j + extra) // t) * c for c, t, j in terms)
        if then == window:
            return window
        window = then


def analyse(document):
    """Exact and sufficient response of each message [ns]; None where there is no bound."""
    rate, fast = document["bitrate"], document.get("data_bitrate")
    rows = []
    for message in document["messages"]:
        nominal, data = bits(message, fast)
        length = -(-nominal * 10**9 // rate) + -(-data * 10**9 // (fast or rate))
        rows.append((priority(message), length, message["period_us"] * 1000, message["jitter_us"] * 1000))
    bit = -(-10**9 // rate)
    results = []
    for own in rows:
        key, length, period, jitter = own
        urgent = [row[1:] for row in rows if row[0] < key]
        blocking = max((row[1] for row in rows if row[0] > key), default=0)
        load = sum(Fraction(c, t) for c, t, _ in urgent)
        sufficient = worst = None
        if load < 1:
            base = max(blocking, length)
            sufficient = jitter + fixed_point(base, urgent, bit, base) + length
        if load + Fraction(length, period) < 1:
            busy = fixed_point(blocking, [*urgent, own[1:]], 0, blocking + length)
            worst = 0
            for instance in range(-(-(busy + jitter) // period)):
                base = blocking + instance * length
                window = fixed_point(base, urgent, bit, base)
                worst = max(worst, jitter + window - instance * period + length)
        results.append((worst, sufficient))
    return results


def random_set(source):
    """3 to 12 messages, classic, extended or CAN FD, with a load of up to about 1.1."""
    fast = source.choice([None, 2_000_000, 5_000_000])
    document = {"bitrate": source.choice([125_000, 500_000, 1_000_000]), "messages": []}
    if fast:
        document["data_bitrate"] = fast
    count = source.randint(3, 12)
    load = source.uniform(0.3, 1.1)
    for index in range(count):
        flexible = bool(fast) and source.random() < 0.5
        message = {
            "name": f"m{index}", "extended": source.random() < 0.3,
            "bytes": source.randint(0, 64 if flexible else 8), "fd": flexible,
        }
        message["id"] = source.randrange(2**29 if message["extended"] else 2**11)
        nominal, data = bits(message, fast)
        length = nominal * 1e6 / document["bitrate"] + data * 1e6 / (fast or document["bitrate"])
        message["period_us"] = max(1, round(length * count / load * source.uniform(0.5, 2)))
        message["deadline_us"] = max(1, round(message["period_us"] * source.uniform(0.3, 2)))
        message["jitter_us"] = source.choice([0, 0, source.randint(0, message["period_us"])])
        document["messages"].append(message)
    return document


def check_random_sets(report, folder):
    source = random.Random(1)
    path = folder / "set.json"
    wrong, unbounded, late, compared = [], 0, 0, 0
    for number in range(SETS):
        document = random_set(source)
        path.write_text(json.dumps(document))
        code, output, errors = run("bus", "plan", str(path), "--json")
        try:
            plan = json.loads(output)
            answers = plan["messages"]
        except (ValueError, KeyError):
            wrong.append((number, code, errors[-200:]))
            continue
        missed = 0
        for message, answer, (worst, sufficient) in zip(document["messages"], answers, analyse(document), strict=True):
            seen = [answer["worst_response_us"], answer["sufficient_response_us"]]
            meant = [None if time is None else time / 1000 for time in (worst, sufficient)]
            met = worst is not None and worst <= message["deadline_us"] * 1000
            missed += not met
            unbounded += worst is None
            compared += 1
            if answer["name"] != message["name"] or seen != meant or answer["meets_deadline"] != met:
                wrong.append((number, message["name"], seen, meant))
        late += missed
        load = sum(answer["transmission_us"] / answer["period_us"] for answer in answers)
        if code != (1 if missed else 0) or abs(plan["utilisation"] - load) > 1e-9:
            wrong.append((number, "exit", code, missed, plan["utilisation"], load))
        if missed and len(errors.splitlines()) != missed:
            wrong.append((number, "complaints", errors))
    report.check(f"{compared} messages of {SETS} random sets: responses, deadlines, loads, exit codes", not wrong, wrong[:3])
    report.check("among them messages that are late, and some without a bound", late > unbounded > 0, (late, unbounded))


def check_refusals(report, folder):
    path = folder / "broken.json"
    good = {"name": "a", "id": 1, "extended": False, "bytes": 8, "period_us": 1000, "deadline_us": 1000, "jitter_us": 0}
    for name, (change, message) in BROKEN.items():
        if isinstance(change, str):
            path.write_text(change)
        else:
            changes = change if isinstance(change, list) else [change]
            messages = [{key: value for key, value in {**good, **one}.items() if value is not None} for one in changes]
            path.write_text(json.dumps({"bitrate": 1_000_000, "messages": messages}))
        code, output, errors = run("bus", "plan", str(path))
        report.check(f"refused: {name}", code == 2 and message in errors and not output, (code, errors[-300:]))
    code, _, errors = run("bus", "plan", str(folder / "missing.json"))
    report.check("refused: a file that is not there", code == 2 and "cannot be read" in errors, errors[-300:])
    code, _, _ = run("bus", "plan", str(path), "--rate", "100")
    report.check("refused: a rate for a set of messages", code == 2)


def check_robot(report, robot, folder):
    drawing = folder / "cycle.svg"
    code, output, errors = run("bus", "plan", f"Robots/{robot}", "--json", "--svg", str(drawing))
    if not report.check(f"{robot}: exit 0", code == 0, f"exit {code}: {errors[-300:]}"):
        return
    plan = json.loads(output)
    code, output, _ = run("check", f"Robots/{robot}", "--json")
    checked = json.loads(output)["buses"]
    same = all(abs(bus["busy_us"] * 1000 - checked[name]["busy_ns"]) < 1e-6
               and bus["completion_us"] * 1000 == checked[name]["completion_ns"]
               and bus["utilisation"] == checked[name]["utilisation"] for name, bus in plan["buses"].items())
    report.check(f"{robot}: buses are those of sinew check", same and len(checked) == len(plan["buses"]))
    messages = [message for bus in plan["buses"].values() for message in bus["messages"]]
    report.check(f"{robot}: worst <= sufficient, all in time",
                 all(m["worst_response_us"] <= m["sufficient_response_us"] <= m["deadline_us"] for m in messages))
    boxes = [box.get("class") for box in ElementTree.parse(drawing).iter() if box.tag.endswith("rect")]
    frames = sum(bus["frames"] for bus in plan["buses"].values())
    drawn = [kind for kind in boxes if kind]
    report.check(f"{robot}: a box a frame of the cycle", len(drawn) == frames and "answer" in drawn, (len(drawn), frames))
    highest = plan["proposals"]["highest_rate_hz"]
    codes = [run("bus", "plan", f"Robots/{robot}", "--rate", str(rate))[0] for rate in (highest, highest + 1)]
    report.check(f"{robot}: {highest} Hz fit, {highest + 1} do not", codes == [0, 1], codes)


def check_measured(report):
    """What a run's frames took is below the plan and, bring-up apart, what the simulated buses carried."""
    code, output, errors = run("run", "Robots/navigator/mixed.yaml", "--motion", "wave", "--for", "1", "--pace", "fast",
                               "--json")
    if not report.check("a run with six families: exit 0", code == 0, errors[-300:]):
        return
    buses = json.loads(output)["buses"]
    _, output, _ = run("bus", "plan", "Robots/navigator/mixed.yaml", "--json")
    plan = json.loads(output)["buses"]
    wrong = {name: bus for name, bus in buses.items()
             if not 0.8 * plan[name]["utilisation"] < bus["occupancy"] <= plan[name]["utilisation"]
             or bus["worst_case_load"] != plan[name]["utilisation"]
             or abs(bus["occupancy_below_plan"] - (plan[name]["utilisation"] - bus["occupancy"])) > 1e-12}
    report.check("measured occupancy of each bus is 80 to 100 % of the plan, and the difference is said", not wrong, wrong)


def check_oversubscribed(report, folder):
    robot = folder / "navigator"
    shutil.copytree("Robots/navigator", robot)
    text = (robot / "robot.yaml").read_text().replace("update_rate: 1000", "update_rate: 1500")
    (robot / "robot.yaml").write_text(text)
    line = 1 + next(number for number, words in enumerate(text.splitlines()) if words.startswith("  left_hip:"))
    complaint = "the answer of Hip_Z_L (identifier 0x20001FD) is the first that does not fit"
    for command in ["check", "run"]:
        code, _, errors = run(command, str(robot), "--json")
        first = json.loads(errors.splitlines()[0])["error"]
        report.check(f"{command} refuses a robot whose buses are too full, with the first message and what is missing",
                     code == 2 and f"robot.yaml:{line}:" in first["where"] and complaint in first["message"]
                     and "53.333 us are missing" in first["message"], errors[:400])
    code, output, errors = run("bus", "plan", str(robot), "--json")
    plan = json.loads(output)
    hip = plan["buses"]["left_hip"]
    report.check("bus plan says the same and ends with 1", code == 1 and complaint in errors
                 and hip["missing_us"] == 53.333 and not hip["feasible"] and not plan["feasible"], errors[:300])
    report.check("it names a rate that these buses carry", plan["proposals"]["highest_rate_hz"] == 1388, plan["proposals"])


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        check_random_sets(report, folder)
        check_refusals(report, folder)
        for robot in ["navigator", "g1", "navigator/mixed.yaml"]:
            check_robot(report, robot, folder)
        check_oversubscribed(report, folder)
    check_measured(report)
    report.close()


if __name__ == "__main__":
    main()
