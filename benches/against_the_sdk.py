#!/usr/bin/env python3
"""Carrying a plan out, against Seam's own Python SDK and against what the limits allow.

    python3 -m venv target/sdk && target/sdk/bin/pip install seam
    cargo build --locked --release
    target/sdk/bin/python benches/against_the_sdk.py [--only cpu,pace,lobby,nothing] [--svg FOLDER]

Both programs speak to the same process of the embedded emulator. It takes about six minutes.

  cpu      seconds of computing for one new grant and its guest: this program, and the SDK with a pool of threads
  pace     200 calls a second, each answered after 50 ms: the time from the first call to the last, against the bound
  lobby    one stay in three gets the lobby, which takes 120 creates a minute: the same, and when the others were done
  nothing  a hundred thousand grants that are as they should be: time and memory, and no write
"""

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
N_ROOMS = 200
# Calls in flight of both programs where computing is compared.
IN_FLIGHT = (8, 16, 32)
# What the emulator refuses is what the program is told to keep to.
NO_LIMITS = {"create_per_minute": None, "update_per_minute": None, "delete_per_minute": None,
             "requests_per_second": None}


def peak_megabytes(pid):
    """The most memory that a process has held so far; nothing once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return max((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")), default=0)


class Case:
    """A hotel, its emulator, and the configuration of a run, in a folder of their own."""

    def __init__(self, program, folder, limits, latency_ms, with_lobby, seam):
        self.program, self.folder = program, folder
        devices, spaces = [], []
        for name in ["lobby"] + [f"room-{room}" for room in range(N_ROOMS)]:
            device = f"00000000-0000-4000-8000-{len(devices):012x}"
            devices.append({"device_id": device, "name": name})
            spaces.append({"space_key": name, "name": name, "device_ids": [device]})
        seed = {"devices": devices, "spaces": spaces, "limits": {**NO_LIMITS, **limits}}
        if latency_ms:
            seed["faults"] = {"rates": {"latency": 1.0}, "latency_ms": latency_ms}
        (folder / "seed.json").write_text(json.dumps(seed))
        rows = [f"{room},room-{room}" for room in range(N_ROOMS)]
        rows += [f"{room},lobby" for room in range(N_ROOMS) if with_lobby(room)]
        (folder / "spaces.csv").write_text("\n".join(["unit,space_key", *rows]) + "\n")
        self.seam = seam
        self.sandbox = subprocess.Popen(
            [program, "sandbox", "--port", "0", "--seed", folder / "seed.json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.env = {}
        while len(self.env) < 2:
            name, _, value = self.sandbox.stdout.readline().strip().partition("=")
            if name in ("SEAM_ENDPOINT", "SEAM_API_KEY"):
                self.env[name] = value
        self.write_config()

    def write_config(self):
        lines = ['policy = "sync"', 'namespace = "pms"', "[source]", 'kind = "csv"', 'path = "rows.csv"',
                 'max_age = "none"', "[property]", 'time_zone = "Europe/Lisbon"', "[spaces]",
                 'table = "spaces.csv"', "[store]", 'url = "sqlite://store.db"', "[seam]",
                 f'endpoint = "{self.env["SEAM_ENDPOINT"]}"', *self.seam]
        (self.folder / "config.toml").write_text("\n".join(lines) + "\n")

    def write_rows(self, n_stays):
        """Each room is let again as soon as it is free, two nights at a time."""
        self.n_stays = n_stays
        day = lambda number: time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400 * (2 + number)))
        with open(self.folder / "rows.csv", "w") as out:
            out.write("reservation_key,unit,check_in,check_out,guest_key,full_name,email\n")
            for n in range(n_stays):
                start = 2 * (n // N_ROOMS)
                out.write(f"R{n:06},{n % N_ROOMS},{day(start)},{day(start + 2)},G{n:06},Guest {n},g{n}@example.com\n")

    def run(self, *arguments):
        """Runs the program: its report, the time it took, what it used, and its largest memory in MB.

        What `wait4` says of memory would be that of this program where it is larger, because a process begins as a
        copy of the one that starts it; so the kernel is asked while it runs.
        """
        out = self.folder / "report.json"
        with open(out, "w") as stdout:
            began = time.monotonic()
            process = subprocess.Popen(
                [self.program, "run", "--format", "json", "--quiet", "--config", self.folder / "config.toml", *arguments],
                stdout=stdout, env={**os.environ, **self.env})
            pid, megabytes = 0, 0
            while not pid:
                time.sleep(0.005)
                megabytes = max(megabytes, peak_megabytes(process.pid))
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            took = time.monotonic() - began
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"the run failed: {out.read_text()[:2000]}")
        report = json.loads(out.read_text())
        counts = report["counts"]
        if counts["create"] + counts["unchanged"] != self.n_stays or counts["held"]:
            sys.exit(f"the run did something else than was meant: {counts}")
        return report, took, usage, megabytes

    def steps(self):
        """What the record says of the last run: path, spaces of the subject, when sent and when answered, in seconds."""
        with sqlite3.connect(self.folder / "store.db") as store:
            last = store.execute("select run_id from runs order by started_at desc, run_id desc limit 1").fetchone()[0]
            rows = store.execute("select path, reservation, intent_at, outcome_at from steps where run_id = ?"
                                 " order by intent_at", (last,)).fetchall()
        first = rows[0][2]
        return [(path, reservation, (sent - first) / 1000, (answered - first) / 1000)
                for path, reservation, sent, answered in rows]

    def stop(self):
        self.sandbox.terminate()
        self.sandbox.wait()


def settings(requests_per_second, burst, concurrency, creates=1_000_000):
    return [f"requests_per_second = {requests_per_second}", f"burst = {burst}", f"concurrency = {concurrency}",
            "[seam.per_door_per_minute]", f"create = {creates}", "update = 1000000", "delete = 1000000"]


def cpu(program, folder, _svg):
    for in_flight in IN_FLIGHT:
        (folder / str(in_flight)).mkdir()
        compare(program, folder / str(in_flight), in_flight)


def compare(program, folder, in_flight):
    n = 3000
    case = Case(program, folder, {}, 0, lambda _: False, settings(100_000, 10_000, in_flight))
    case.write_rows(n)
    _, took, usage, _ = case.run()
    ours = usage.ru_utime + usage.ru_stime
    peer = subprocess.run([sys.executable, __file__, "--peer", str(n), str(in_flight)], env={**os.environ, **case.env},
                          check=True, capture_output=True, text=True)
    theirs, their_time = map(float, peer.stdout.split())
    case.stop()
    print(f"cpu      {n} grants with a guest each, {in_flight} calls in flight: ours {1000 * ours / n:.2f} ms of computing a grant in {took:.1f} s, "
          f"the SDK {1000 * theirs / n:.2f} ms in {their_time:.1f} s: 1/{theirs / ours:.1f} of the computing")


def peer(n, in_flight):
    """The same with the SDK: a guest and a grant for each stay, a pool of threads with a client each."""
    from seam import Seam
    local = threading.local()
    spaces = [f"room-{room}" for room in range(N_ROOMS)]
    instant = lambda days: time.strftime("%Y-%m-%dT15:00:00Z", time.gmtime(time.time() + 86400 * days))

    def make(number):
        if not hasattr(local, "seam"):
            local.seam = Seam.from_api_key(os.environ["SEAM_API_KEY"], endpoint=os.environ["SEAM_ENDPOINT"])
        guest = local.seam.user_identities.create(
            user_identity_key=f"sdk:G{number}", full_name=f"Guest {number}", email_address=f"s{number}@example.com")
        local.seam.access_grants.create(
            user_identity_id=guest.user_identity_id, access_grant_key=f"sdk::R{number}:G{number}:x",
            space_keys=[spaces[number % N_ROOMS]], requested_access_methods=[{"mode": "code"}],
            starts_at=instant(2 + number % 20), ends_at=instant(4 + number % 20), name=f"R{number}")

    make(0)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    with ThreadPoolExecutor(in_flight) as pool:
        list(pool.map(make, range(1, n + 1)))
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(used, time.monotonic() - began)


def pace(program, folder, svg):
    n, rate, latency = 2000, 200, 0.05
    case = Case(program, folder, {"requests_per_second": rate}, int(latency * 1000), lambda _: False,
                settings(rate - 4, 4, 40))
    case.write_rows(n)
    report, *_ = case.run()
    steps = case.steps()
    case.stop()
    # A guest is answered before their grant is sent.
    bound = max((len(steps) - 1) / rate + latency, 2 * latency)
    took = max(answered for *_, answered in steps)
    draw(svg, "pace.svg", steps, f"{len(steps)} calls, at most {rate} a second, {latency * 1000:.0f} ms each")
    print(f"pace     {len(steps)} calls at {rate} a second and 50 ms: {took:.2f} s, bound {bound:.2f} s: "
          f"{took / bound:.3f}; throttled {report['calls']['throttled']}")


def lobby(program, folder, svg):
    n, creates = 900, 120
    of_lobby = lambda room: room % 3 == 0
    case = Case(program, folder, {"create_per_minute": creates}, 50, of_lobby, settings(200, 10, 40, creates))
    case.write_rows(n)
    report, *_ = case.run()
    steps = case.steps()
    case.stop()
    grants = [step for step in steps if step[0] == "/access_grants/create"]
    room = lambda step: int(step[1].rpartition("R")[2]) % N_ROOMS
    inside = [step for step in grants if of_lobby(room(step))]
    others = [step for step in grants if not of_lobby(room(step))]
    # The first minute's worth goes at once, after the first guest; each further one a minute after.
    bound = 60 * ((len(inside) - 1) // creates) + 0.1
    took = max(step[3] for step in inside)
    all_at_once = len(steps) / 200
    draw(svg, "lobby.svg", steps, f"{len(inside)} of {len(grants)} grants open the lobby, {creates} a minute")
    print(f"lobby    {len(inside)} grants at {creates} a minute: {took:.2f} s, bound {bound:.2f} s: {took / bound:.3f}; "
          f"the {len(others)} others were done after {max(step[3] for step in others):.2f} s "
          f"(all calls at 200 a second: {all_at_once:.2f} s); throttled {report['calls']['throttled']}")


def nothing(program, folder, _svg):
    n = 100_000
    case = Case(program, folder, {}, 0, lambda _: False, settings(100_000, 10_000, 16))
    case.write_rows(n)
    case.run()
    began = time.monotonic()
    for path, key in [("/access_grants/list", "access_grants"), ("/user_identities/list", "user_identities")]:
        list_all(case.env, path, key)
    listing = time.monotonic() - began
    report, took, usage, megabytes = case.run()
    case.stop()
    print(f"nothing  {n} grants as they should be: {took:.2f} s, of which the lists alone take {listing:.2f} s when asked "
          f"for one page after the other; {usage.ru_utime + usage.ru_stime:.2f} s of computing, "
          f"{megabytes:.0f} MB, {report['calls']['writes']} writes")


def list_all(env, path, key):
    cursor = None
    while True:
        body = {"limit": 500, **({"page_cursor": cursor} if cursor else {})}
        request = urllib.request.Request(env["SEAM_ENDPOINT"] + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json", "Authorization": "Bearer " + env["SEAM_API_KEY"]})
        with urllib.request.urlopen(request) as answer:
            page = json.load(answer)
        if not page["pagination"]["has_next_page"]:
            return
        cursor = page["pagination"]["next_page_cursor"]


def draw(folder, name, steps, title):
    """Calls in flight, calls sent a second, and grants that wait for their turn, over the seconds of a run."""
    if folder is None:
        return
    end = max(answered for *_, answered in steps)
    width, height, margin, n_slots = 900, 150, 60, 450
    slot = end / n_slots
    first_create = min(sent for path, _, sent, _ in steps if path == "/access_grants/create")
    creates = sorted(sent for path, _, sent, _ in steps if path == "/access_grants/create")
    at = [slot * (i + 0.5) for i in range(n_slots)]
    in_flight = [sum(sent <= t < answered for _, _, sent, answered in steps) for t in at]
    sent_in = [sum(t - 0.5 < sent <= t + 0.5 for _, _, sent, _ in steps) for t in at]
    waiting = [sum(sent > t for sent in creates) if t >= first_create else len(creates) for t in at]
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 2 * margin}" height="{3 * (height + 50) + 60}" '
             f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
             f'<text x="{margin}" y="28" font-size="16">{title}</text>']
    for row, (label, values, colour) in enumerate([("calls in flight", in_flight, "#1f6feb"),
                                                   ("calls sent in a second", sent_in, "#1a7f37"),
                                                   ("new grants still to be sent", waiting, "#bc4c00")]):
        top, most = 50 + row * (height + 50), max(max(values), 1)
        points = " ".join(f"{margin + width * t / end:.1f},{top + height - height * v / most:.1f}"
                          for t, v in zip(at, values))
        parts.append(f'<text x="{margin}" y="{top - 6}">{label} (most: {most})</text>'
                     f'<rect x="{margin}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#d0d7de"/>'
                     f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
                     f'<text x="{margin}" y="{top + height + 16}">0 s</text>'
                     f'<text x="{margin + width}" y="{top + height + 16}" text-anchor="end">{end:.1f} s</text>')
    parts.append("</svg>")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(parts))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=HERE.parent / "target/release/reservation-sync", type=Path)
    parser.add_argument("--only", default="cpu,pace,lobby,nothing")
    parser.add_argument("--svg", type=Path, help="a folder for the pictures of the two runs under limits")
    parser.add_argument("--peer", type=int, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        return peer(*arguments.peer)
    with open("/proc/loadavg") as load:
        print(f"load before: {load.read().split()[0]}")
    for name in arguments.only.split(","):
        with tempfile.TemporaryDirectory() as folder:
            {"cpu": cpu, "pace": pace, "lobby": lobby, "nothing": nothing}[name](
                str(arguments.program.resolve()), Path(folder), arguments.svg)


if __name__ == "__main__":
    main()
