"""Adapters in the guest: listed with and without udev, told by where they are, given names by udev, plugged and unplugged while
something listens, and swapped. What runs depends on the guest: virtual interfaces everywhere, canfault's controllers,
systemd-udevd, PCI cards. Ends with a sum.
"""
import functools
import json
import os
import pathlib
import re
import signal
import subprocess
import time

from plug import CANFAULT, MONITOR, Cards, bound, watching
from robot_bench import SINEW, Run, packets, robot, serve, steady, until, virtual
from shim import shell
from slcan_adapter import Adapter

from report import Report

report = Report()
UDEVD = pathlib.Path(os.environ.get("SCVM_HOME", pathlib.Path.home() / ".cache/sinew-vm")) / "tree/udev"
HAS_FAULTS, HAS_CARDS = CANFAULT.exists(), MONITOR.exists()
#: The port to the emulator can be opened once.
CARDS = Cards() if HAS_CARDS else None
#: Emulated code runs at a twenty-sixth of the speed.
SLOW = 20 if HAS_CARDS else 1
LIBRARY = subprocess.run("ldconfig -p | awk '/libudev.so.1 /{print $NF; exit}'", shell=True, capture_output=True,
                         text=True).stdout.strip()


def sinew(*arguments, before=()):
    done = subprocess.run([*before, SINEW, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    return done.returncode, done.stdout, done.stderr


#: Runs a command on a host that has no libudev.
WITHOUT_UDEV = ["unshare", "--mount", "bash", "-c", f'mount --bind /dev/null "{os.path.realpath(LIBRARY)}" && exec "$@"', "bash"]


def listed(before=()):
    return json.loads(sinew("can", "list", "--json", before=before)[1])


def check_list():
    virtual("vcan0")
    found = listed()
    report.check("list: udev is asked, a virtual interface is one", found["source"] == "udev" and
                 found["adapters"]["vcan0"]["virtual"] and found["adapters"]["vcan0"]["state"] == "up, virtual", found)
    bare = listed(WITHOUT_UDEV)
    report.check("list: without libudev from /sys alone, and said", bare["source"] == "sysfs" and
                 "libudev.so.1 is missing" in bare["udev_refusal"] and list(bare["adapters"]) == list(found["adapters"]), bare)
    code, output, errors = sinew("can", "list", before=WITHOUT_UDEV)
    report.check("list: the table says so on standard error", code == 0 and "vcan0" in output and "from /sys alone" in errors, errors)
    code, _, errors = sinew("can", "list", "--watch", "--for", "1", before=WITHOUT_UDEV)
    report.check("watch: without libudev exit code 3 and what to type", code == 3 and "apt-get install libudev1" in errors, errors)


def check_watch():
    with watching("kernel") as watch:
        shell("ip link add plug0 type vcan")
        report.check("watch: a virtual interface comes", watch.until("plug0 added: virtual") is not None, watch.seen)
        shell("ip link set plug0 name plug1")
        report.check("watch: it is renamed", watch.until("plug1 renamed: was plug0") is not None, watch.seen)
        shell("ip link del plug1")
        report.check("watch: it goes", watch.until("plug1 removed") is not None, watch.seen)
        shell("ip link add pair0 type vxcan peer name pair1; ip link del pair0")
        expected = {"pair0 added: virtual", "pair1 added: virtual", "pair0 removed: virtual", "pair1 removed: virtual"}
        seen = {watch.next() for _ in expected}
        report.check("watch: both ends of a pair come and go", seen == expected, seen)
        # The guest in virtual time has no other networks.
        shell("ip link add other0 type veth peer name other1 2>/dev/null && ip link del other0; ip link add plug2 type vcan")
        report.check("watch: other networks are none of its business", watch.next() == "plug2 added: virtual", watch.seen)
        shell("ip link del plug2")
        watch.until("plug2 removed")
        if HAS_CARDS:
            return
        adapter = Adapter()
        report.check("watch: an slcan adapter comes", (watch.next() or "").startswith(f"{adapter.name} added"), watch.seen)
        adapter.unplug()
        report.check("watch: its terminal hangs up", watch.until(f"{adapter.name} removed") is not None, watch.seen)
        watch.process.send_signal(signal.SIGINT)
        report.check("watch: ends with Ctrl-C", watch.process.wait(timeout=10) == 0)


def pinned(name, interfaces, adapters, rate=100):
    """A robot whose buses mean adapters."""
    folder = robot(name, interfaces, rate=rate)
    text = (folder / "robot.yaml").read_text()
    for interface, adapter in adapters.items():
        text = text.replace(f'interface: "{interface}"', f'interface: "{interface}", adapter: {adapter}')
    (folder / "robot.yaml").write_text(text)
    return folder


def check_refusals():
    folder = pinned("pinned", {"robstride": "vcan0"}, {"vcan0": '{serial: "004E0033"}'})
    run = Run(folder, "--for", "1").finish()
    report.check("a bus whose adapter is not connected is refused before anything moves", run.code == 3 and
                 "serial 004E0033, channel 0, which is not connected" in run.errors, run.errors)
    before = packets("vcan0")
    code, _, errors = sinew("can", "up", str(folder))
    report.check("and not taken up", code == 3 and "not connected" in errors and packets("vcan0") == before, errors)
    code, output, errors = sinew("can", "names", str(robot("plain", {"robstride": "vcan0"})))
    report.check("names: a virtual interface is left out, and said", code == 0 and output == "" and "vcan0 is virtual" in errors, errors)


def check_run():
    virtual("vcan1")
    description = robot("plugged", {"damiao": "vcan0", "robstride": "vcan1"}, rate=100)

    def played():
        shell("ip link del vcan1 2>/dev/null || true; ip link add vcan1 type vcan; ip link set vcan1 mtu 72 up")
        with serve(description):
            run = Run(description)
            until(lambda: packets("vcan1") > 300)
            # Gone and there again before the robot has stopped.
            shell("ip link del vcan1; ip link add vcan1 type vcan")
            return run.finish(),

    run, = steady(played)
    hotplug = run.report.get("hotplug") or {}
    buses = hotplug.get("buses", {})
    report.check("run: an adapter that goes is reported with its bus", run.code == 1 and
                 [notice["presence"] for notice in hotplug.get("notices", [])][:1] == ["gone"] and
                 hotplug["notices"][0]["bus"] == "robstride_bus", hotplug or run.summary)
    report.check("run: and one that is back", buses.get("robstride_bus", {}).get("presence") == "back" and
                 buses.get("damiao_bus", {}).get("presence") == "present", hotplug or run.summary)
    shell("ip link set vcan1 mtu 72 up")
    with serve(description):
        run = Run(description, "--for", "1", before=WITHOUT_UDEV).finish()
    report.check("run: without libudev the robot runs, and the report says what is not watched", run.code == 0 and
                 "libudev.so.1 is missing" in (run.report.get("hotplug") or {}).get("refusal", ""), run.summary)


# canfault: adapters that are told by where they are


def check_swapped():
    bound(0, 1)
    found = listed()["adapters"]
    report.check("list: controllers by driver and path", {name: (found[name]["driver"], found[name]["path"]) for name in ("can0", "can1")}
                 == {f"can{n}": ("canfault", f"platform-canfault.{n}") for n in (0, 1)}, found)
    pins = {f"can{n}": f"{{path: platform-canfault.{n}}}" for n in (0, 1)}
    right = pinned("right", {"robstride": "can0", "mit": "can1"}, pins)
    code, _, errors = sinew("can", "up", str(right))
    report.check("up: adapters in their places are taken up", code == 0, errors)
    bound(1, 0)
    code, _, errors = sinew("can", "up", str(right))
    report.check("swapped on replug: not taken up", code == 3 and "can0 is meant to be the adapter with at platform-canfault.0"
                 in errors and "which is can1 now" in errors, errors)
    shell("for i in 0 1; do ip link set can$i type can bitrate 1000000; ip link set can$i txqueuelen 64 up; done")
    run = Run(right, "--for", "1").finish()
    report.check("swapped on replug: refused before anything moves, both buses", run.code == 3 and
                 run.errors.count("is meant to be the adapter") == 2, run.errors)
    loop, twin = (robot(name, {"robstride": interface}, rate=100) for name, interface in (("one", "can0"), ("other", "can1")))

    def played():
        bound(0, 1)
        sinew("can", "up", str(loop)), sinew("can", "up", str(twin))
        with serve(twin):
            run, begin = Run(loop, "--for", "6"), packets("can0")
            until(lambda: packets("can0") > begin + 200)
            # The other one takes the name first.
            bound(1, 0)
            return run.finish(),

    run, = steady(played)
    hotplug = run.report.get("hotplug") or {}
    told = [notice["message"] for notice in hotplug.get("notices", [])]
    report.check("swapped under the loop: fault stop, and the report says that can0 is another adapter now", run.code == 1 and
                 hotplug.get("buses", {}).get("robstride_bus", {}).get("presence") == "swapped" and
                 any("can0 is another adapter now" in text for text in told) and any("back as can1" in text for text in told),
                 hotplug or run.summary)
    bound(0, 1)


# systemd-udevd


def start_udevd():
    """The daemon and its rules, from the package that setup.sh unpacked; the guest's own root takes them in."""
    if not (UDEVD / "lib/systemd/systemd-udevd").exists() and not (UDEVD / "bin/udevadm").exists():
        return False
    shell(f"tar -C {UDEVD} -c . | tar -C / -x --keep-directory-symlink; mkdir -p /run/udev; "
          "SYSTEMD_IGNORE_CHROOT=1 SYSTEMD_LOG_LEVEL=err /lib/systemd/systemd-udevd --daemon")
    return until(lambda: pathlib.Path("/run/udev/control").exists(), 10 * SLOW)


def settle():
    subprocess.run(["udevadm", "settle", "--timeout=60"], env={**os.environ, "SYSTEMD_IGNORE_CHROOT": "1"}, check=False)


def check_udevd():
    if not start_udevd():
        print("left out: systemd-udevd; type: Tests/VM/setup.sh uml", flush=True)
        return
    with watching("udev") as watch:
        shell("ip link add plug0 type vcan")
        report.check("udevd: a virtual interface comes, in the daemon's words", watch.until("plug0 added: virtual", 20 * SLOW) is not None, watch.seen)
        shell("ip link del plug0")
        report.check("udevd: and goes", watch.until("plug0 removed", 20 * SLOW) is not None, watch.seen)
    if HAS_FAULTS:
        check_names()
    if HAS_CARDS:
        check_card(CARDS, "udev")


def check_names():
    bound(0, 1)
    settle()
    computed, told = listed(WITHOUT_UDEV)["adapters"], listed()["adapters"]
    report.check("udevd: its paths are those read from /sys", [computed[name]["path"] for name in told] ==
                 [told[name]["path"] for name in told] and all(told[f"can{n}"]["path"] for n in (0, 1)), f"{computed} {told}")
    left = pinned("named", {"robstride": "can_left", "mit": "can_right"},
                  {"can_left": "{path: platform-canfault.0}", "can_right": "{path: platform-canfault.1}"})
    rules = pathlib.Path("/etc/udev/rules.d/78-sinew-can.rules")
    # While nothing is connected nobody knows that an adapter has one channel: then a rule tells udev which it is.
    for order in ((), (1, 0), (0, 1)):
        if not order:
            bound()
        if order != (0, 1):
            rules.unlink(missing_ok=True)
            code, output, errors = sinew("can", "names", str(left), "--write", "/")
            files = sorted(pathlib.Path("/etc/systemd/network").glob("10-sinew-*"))
            report.check(f"names: a file a bus is written, {'connected' if order else 'and the rule for channels, unconnected'}",
                         code == 0 and [file.name for file in files] == ["10-sinew-can_left.link", "10-sinew-can_right.link"]
                         and rules.exists() == (not order) and not errors, f"{output} {errors}")
            shell("SYSTEMD_IGNORE_CHROOT=1 udevadm control --reload")
        order = order or (1, 0)
        with watching("udev") as watch:
            bound(*order)
            names = {(watch.until("can_", 20) or "").split()[0] for _ in order}
        settle()
        found = listed()["adapters"]
        report.check(f"names: udev gives them whichever comes first ({order[0]})", found.get("can_left", {}).get("path") ==
                     "platform-canfault.0" and found.get("can_right", {}).get("path") == "platform-canfault.1"
                     and names == {"can_left", "can_right"}, f"{list(found)} {watch.seen}")
    code, _, errors = sinew("can", "up", str(left))
    report.check("names: the robot's buses are taken up by them", code == 0, errors)
    files[0].write_text("[Match]\nOriginalName=*\n")
    code, _, errors = sinew("can", "names", str(left), "--write", "/")
    report.check("names: a file of somebody else's is left alone", code == 3 and "not by sinew can names" in errors, errors)
    for file in files:
        file.unlink()
    shell("SYSTEMD_IGNORE_CHROOT=1 udevadm control --reload")
    bound(0, 1)
    settle()


# PCI


def check_card(cards, group):
    with watching(group) as watch:
        for turn in range(3):
            begin = time.monotonic()
            cards.plug()
            line = next(filter(None, (watch.until("can", 2) or cards.push() for _ in range(30))), "")
            there = time.monotonic() - begin
            name = line.split(" ")[0]
            path = re.search(r"at (pci-0000:00:[0-9a-f]{2}\.0)", line)
            report.check(f"{group}: a PCI card is plugged in ({turn}, {there * 1000:.0f} ms): {line}",
                         " added: kvaser_pci" in line and path, watch.seen)
            told = listed()["adapters"].get(name, {})
            report.check("as list says it", path and told.get("path") == path[1] and told.get("driver") == "kvaser_pci", told)
            begin = time.monotonic()
            cards.pull()
            line = watch.until(f"{name} removed", 60)
            report.check(f"{group}: and pulled out ({(time.monotonic() - begin) * 1000:.0f} ms)", line is not None, watch.seen)


CHECKS = [check_list, check_watch]
if not HAS_CARDS:
    CHECKS += [check_refusals] + ([check_swapped] if HAS_FAULTS else [check_run])
else:
    CHECKS += [functools.partial(check_card, CARDS, "kernel")]
CHECKS += [check_udevd]
for check in CHECKS:
    begin = time.monotonic()
    check()
    print(f"{getattr(check, '__name__', 'check_card')}: {time.monotonic() - begin:.1f} s", flush=True)
report.close()
