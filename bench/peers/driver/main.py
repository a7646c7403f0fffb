"""The command scripts/bench-peers."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import time

from . import plan, report, work
from .process import Failed
from .stacks import BUILD, OURS, ROOT, STACKS, Skipped

DESCRIPTION = """\
Measures our stack and others, each by a small program that does the same work (bench/peers), one
after the other and alternating with ours, and writes docs/performance/peers.md.

Fetches and builds what it needs into build/peers, in the versions that the lock files beside the
programs name; a stack whose toolchain or package is missing is left out with a word. The standard
run, all stacks and 5 rounds, takes some 40 minutes after the builds. Use a quiet machine.
"""
EXAMPLES = """\
examples:
  scripts/bench-peers                                   everything
  scripts/bench-peers --peers pion --only data --rounds 1
  scripts/bench-peers --only paths --path-seconds 20
"""


def arguments():
    parser = argparse.ArgumentParser(description=DESCRIPTION, epilog=EXAMPLES,
                                     prog="scripts/bench-peers",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [stack.name for stack in STACKS]
    add = parser.add_argument
    add("--list", action="store_true", help="names the stacks and the work, and ends")
    add("--peers", metavar="A,B", default=",".join(names[1:]),
        help=f"these only (ours always runs): {', '.join(names)}")
    add("--only", metavar="A,B", default=",".join(work.WORK),
        help=f"this work only: {', '.join(work.WORK)}")
    add("--rounds", type=int, default=5, help="of everything (5); of paths and memory half as many")
    add("--seconds", type=float, default=1.5, help="of each measurement that takes time (1.5)")
    add("--path-seconds", type=float, default=5, help="of each path (5)")
    add("--setups", type=int, default=100, help="connections one after the other, a round (100)")
    add("--at-once", type=int, default=16, help="connections at a time, where it is their rate (16)")
    add("--idle-pairs", type=int, default=200, help="connections for the memory of one (200)")
    add("--no-fast", action="store_true", help="without the second tables")
    add("--build-only", action="store_true", help="builds, and ends")
    add("--output", type=pathlib.Path, default=ROOT / "docs" / "performance" / "peers.md",
        help="the page (docs/performance/peers.md)")
    add("--raw", type=pathlib.Path, default=BUILD / "results.json",
        help="each run's numbers (build/peers/results.json)")
    add("--specter-build", type=pathlib.Path, metavar="FOLDER",
        help="a build of ours that is there, instead of building the release preset")
    options = parser.parse_args()
    options.peers = listed(parser, options.peers, names)
    options.only = listed(parser, options.only, list(work.WORK))
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds and --seconds are more than nothing")
    options.warm_up = min(0.5, options.seconds / 3)
    options.idle_seconds = 2 * options.seconds
    return options


def listed(parser, text, allowed):
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    for word in chosen:
        if word not in allowed:
            parser.error(f"there is no {word}; there are {', '.join(allowed)}")
    return [word for word in allowed if word in chosen]


def say(text, end="\n"):
    print(text, end=end, flush=True)


def bootstrap(options):
    """What Debian has of the toolchains, when it is missing; without them a stack is left out."""
    wanted = {"wrtc", "werift", "aiortc"} & set(options.peers)
    venv = subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True)
    missing = [name for name in ("node", "npm") if not shutil.which(name)]
    if wanted and (missing or venv.returncode):
        subprocess.run([ROOT / "scripts" / "bootstrap", "peers"])


def build(options):
    """Those that could be built, ours the first, and why the others could not."""
    chosen, skipped = [], {}
    for stack in STACKS:
        if stack is not OURS and stack.name not in options.peers:
            continue
        log = options.logs / f"build-{stack.name}.log"
        log.unlink(missing_ok=True)
        say(f"building {stack.name} ...", end=" ")
        start = time.monotonic()
        try:
            stack.command = stack.build(options, log)
        except Skipped as why:
            say(f"left out: {why}")
            if stack is OURS:
                sys.exit("bench-peers: without ours there is nothing to compare")
            skipped[stack.name] = str(why)
            continue
        say(f"{time.monotonic() - start:.0f} s")
        chosen.append(stack)
    options.relay = str(pathlib.Path(OURS.command[0]).with_name("peer_relay"))
    return chosen, skipped


def measure(options, chosen):
    runs = plan.runs(options, chosen)
    abouts = {}
    start = time.monotonic()
    for at, run in enumerate(runs, 1):
        name = f"{run.stack.name}{' (fast)' if run.fast else ''}"
        passed = (time.monotonic() - start) / 60
        left = passed / (at - 1) * (len(runs) - at + 1) if at > 3 else None
        say(f"[{at}/{len(runs)}, round {run.round}, "
            f"{f'{left:.0f} min left' if left is not None else 'starting'}] {run.work} {name}:",
            end=" ")
        begun = time.monotonic()
        bench = work.Bench(run.stack, run.fast, options, seed=run.round)
        try:
            run.result = work.WORK[run.work](bench)
        except Failed as failure:
            run.failure = str(failure)
        except KeyboardInterrupt:
            say("interrupted: what was measured until here is written")
            break
        except Exception as failure:  # one peer's oddity does not end the others' measurement
            run.failure = f"{type(failure).__name__}: {failure}"
        run.seconds = time.monotonic() - begun
        if bench.about:
            abouts[run.stack.name, run.fast] = bench.about
        say(f"failed: {run.failure}" if run.failure else short(run.result))
    return runs, abouts


def short(result):
    return ", ".join(f"{key} {value:.4g}" if isinstance(value, (int, float)) else f"{key}: {value}"
                     for key, value in result.items()
                     if isinstance(value, str) or key.split("_")[0] not in ("size", "cores", "relayed",
                                                                           "checked"))


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")),
                     "unknown")
    with open("/proc/meminfo") as file:
        gigabytes = int(file.readline().split()[1]) / 1e6
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"],
                            capture_output=True, text=True).stdout.strip()
    return [
        f"{datetime.datetime.now():%d %B %Y}, commit {commit or 'unknown'}",
        f"{os.cpu_count()} cores of {model}, {gigabytes:.0f} GB, Linux {platform.release()}",
        f"load before: {os.getloadavg()[0]:.1f} over the last minute, {os.getloadavg()[1]:.1f} over five",
    ]


def main():
    options = arguments()
    if options.list:
        for stack in STACKS:
            say(f"{stack.name:16} {stack.language}")
        for name, function in work.WORK.items():
            say(f"{name:16} {function.__doc__.splitlines()[0]}")
        return
    options.logs = BUILD / "logs" if not options.specter_build else options.raw.parent / "logs"
    options.logs.mkdir(parents=True, exist_ok=True)
    where = machine()
    bootstrap(options)
    chosen, skipped = build(options)
    if options.build_only:
        return
    runs, abouts = measure(options, chosen)
    where.append(f"load after: {os.getloadavg()[0]:.1f} over the last minute")
    command = "scripts/bench-peers " + " ".join(sys.argv[1:])
    options.raw.parent.mkdir(parents=True, exist_ok=True)
    options.raw.write_text(json.dumps(
        {"command": command, "machine": where, "skipped": skipped,
         "about": {f"{name}{' fast' if fast else ''}": about
                   for (name, fast), about in abouts.items()},
         "runs": [run.record() for run in runs]}, indent=1) + "\n")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(
        report.markdown(runs, chosen, skipped, abouts, where, options, command.strip()))
    say(f"written: {options.output} and {options.raw}")
    if any(run.failure or any(key.startswith("failed") for key in run.result or {})
           for run in runs if run.stack is OURS):
        sys.exit("bench-peers: ours failed in a run; see the table")
