#!/usr/bin/env python3
"""sinew gains: a trial beside robot.yaml, saved in place and taken back; a run uses what it says; a full disk loses nothing.

The patcher is tested on random files in Tests/RobotDescriptionTests, trial and history in Tests/SinewTests. Run by make test with
SINEW, the release build.
"""
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile

from report import SINEW, Report, run

report = Report()
check = report.check


def gains(*arguments, json_output=False):
    return run("gains", *map(str, arguments), *(["--json"] if json_output else []), timeout=60)


def on_full_disk(*arguments):
    """Runs sinew where no file may grow: each write fails as on a disk that is full."""
    def confine():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    read, write = os.pipe()
    done = subprocess.run([SINEW, *map(str, arguments)], stdout=write, stderr=write, stdin=subprocess.DEVNULL, preexec_fn=confine,
                          restore_signals=False, timeout=60)
    os.close(write)
    with open(read) as text:
        return done.returncode, text.read()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


with tempfile.TemporaryDirectory() as temporary:
    rig = pathlib.Path(temporary, "rig")
    shutil.copytree("Robots/rig", rig)
    file = rig / "robot.yaml"
    text, listing = file.read_text(), names(rig)

    code, output, errors = gains("show", rig, json_output=True)
    shown = json.loads(output) if code == 0 else {}
    check("show names every joint with its gains", code == 0 and list(shown)[0] == "schema"
          and shown["joints"]["elbow"]["stiffness_nm_rad"] == 200 and shown["joints"]["elbow"]["trial"] is None, f"{errors} {output}")
    code, output, errors = run("run", str(rig), "--gains", "trial", "--pace", "fast", "--for", "0.1")
    check("a run with a trial that is not there is refused", code == 2 and "gains.trial.json" in errors and "gains set" in errors, errors)

    code, output, errors = gains("set", rig, "elbow=100,3", "wrist=,0.5", "--note", "softer")
    check("set says what changes, line by line", code == 0 and "+    {actuator: dm4340" in output and "-50 %" in output
          and "stiffness: 100, damping: 3" in output, f"{errors} {output}")
    check("robot.yaml stands as it was", file.read_text() == text and names(rig) == sorted(listing + ["gains.trial.json"]), names(rig))
    for wrong in ("elbow", "elbow=", "elbow=x,1", "elbow=1,-1", "elbow=1,2,3", "elbo=1,2", "elbow=nan,1"):
        code, _, errors = gains("set", rig, wrong)
        check(f"'{wrong}' is refused", code == 2 and errors.strip() != "", f"{code} {errors}")
    trial = (rig / "gains.trial.json").read_text()
    code, _, errors = gains("set", rig, "wrist=5000,0.5")
    check("gains beyond a frame's full scale are refused, and the trial stands",
          code == 2 and "wrist" in errors and (rig / "gains.trial.json").read_text() == trial, errors)

    tracked, recording = {}, pathlib.Path(temporary, "trial.mcap")
    for choice in ("saved", "trial"):
        arguments = ["run", str(rig), "--gains", choice, "--motion", "swing", "--pace", "fast", "--json", "--fault-file", "none"]
        code, output, errors = run(*arguments, *(["--record", str(recording)] if choice == "trial" else []), timeout=120)
        figures = json.loads(output)["joints"] if code == 0 else {}
        tracked[choice] = {name: joint["tracking_rms_rad"] for name, joint in figures.items()}
        check(f"a run with the {choice} gains runs", code == 0, errors)
    check("the softer elbow tracks worse, the shoulder as before but for what the elbow does to it",
          tracked["trial"].get("elbow", 0) > 1.2 * tracked["saved"].get("elbow", 1), tracked)
    code, output, errors = run("replay", str(recording), timeout=120)
    check("the recording holds the trial's gains, and replays", code == 0 and "every byte the same" in output, f"{output} {errors}")
    code, output, errors = run("move", str(rig), "movej", "--to", "elbow=-0.5", "--gains", "trial", "--dry-run")
    check("move takes them as well", code == 0, errors)

    os.chmod(file, 0o640)
    before = names(rig)
    code, output = on_full_disk("gains", "save", rig)
    check("on a full disk save changes nothing, and says why", code == 3 and "cannot be written" in output
          and file.read_text() == text and names(rig) == before, f"{code} {output} {names(rig)}")
    code, output = on_full_disk("gains", "set", rig, "elbow=110,3")
    check("nor does set", code == 3 and (rig / "gains.trial.json").read_text() == trial and not list(rig.glob("*.part")), output)

    code, output, errors = gains("save", rig)
    expected = text.replace("{stiffness: 200, damping: 4}", "{stiffness: 100, damping: 3}").replace("damping: 0.7}", "damping: 0.5}")
    check("save changes the three numbers and no other byte", code == 0 and file.read_text() == expected, f"{errors} {output}")
    check("its permissions stay, and the trial is gone", file.stat().st_mode & 0o777 == 0o640 and "gains.trial.json" not in names(rig),
          names(rig))
    entry = json.loads((rig / "gains.history.jsonl").read_text().splitlines()[-1])
    check("the history says who, when, what and why", entry["action"] == "save" and "@" in entry["provenance"]["who"]
          and entry["provenance"]["when"].endswith("Z") and entry["joints"]["wrist"]["provenance"]["note"] == "softer"
          and entry["joints"]["elbow"]["before"] == {"stiffness_nm_rad": 200, "damping_nms_rad": 4}, entry)
    code, output, errors = gains("show", rig)
    check("show says where saved gains come from", code == 0 and "softer" in output, output)
    code, output, errors = gains("save", rig)
    check("without a trial there is nothing to save", code == 2 and "no trial" in errors, errors)
    code, output, errors = gains("revert", rig, json_output=True)
    check("revert takes the save back, byte for byte", code == 0 and file.read_text() == text, f"{errors} {output}")
    code, output, errors = gains("revert", rig)
    check("and then there is nothing to go back to", code == 1 and "no save" in errors, errors)

    # A link to a robot file stays one, and a file of another name has its own trial.
    other = rig / "other.yaml"
    shutil.move(file, rig / "real.yaml")
    other.symlink_to("real.yaml")
    gains("set", other, "elbow=150,3.5")
    code, output, errors = gains("save", other)
    check("a link stays a link, and what it names is changed", code == 0 and other.is_symlink()
          and "{stiffness: 150, damping: 3.5}" in (rig / "real.yaml").read_text() and "other.gains.history.jsonl" in names(rig),
          f"{errors} {names(rig)}")

report.close()
