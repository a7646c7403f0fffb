"""Writes docs/performance/peers.md from the runs."""

import statistics

from . import work
from .stacks import OURS


class Column:
    """One measured number: where it stands in a result, and how it is shown."""

    def __init__(self, title, work_name, key, digits, more_is_better):
        self.title, self.work, self.key, self.digits = title, work_name, key, digits
        self.more_is_better = more_is_better


SECTIONS = [
    ("Throughput", "One reliable, ordered channel over loopback.", [
        Column("64 KiB messages, Gbit/s", "data", "gbit_s_64k", 3, True),
        Column("CPU of both sides, s a GB", "data", "cpu_s_gb_64k", 2, False),
        Column("1 KiB messages a second", "data", "messages_s_1k", 0, True),
        Column("100 B messages a second", "data", "messages_s_100", 0, True),
    ]),
    ("Round trips", "64 bytes, one at a time.", [
        Column("p50, µs", "latency", "p50_us", 0, False),
        Column("p99, µs", "latency", "p99_us", 0, False),
        Column("CPU of both sides, µs each", "latency", "cpu_us_ping", 0, False),
    ]),
    ("Connecting", "Both created → channel open on both sides, one connection after the other; the "
     "worst of each run, and the range of those. With creation: from before the first of the two is "
     "made, its certificate included.", [
         Column("p50, ms", "setup", "p50_ms", 2, False),
         Column("p90, ms", "setup", "p90_ms", 2, False),
         Column("worst, ms", "setup", "worst_ms", 1, False),
         Column("with creation, p50, ms", "setup", "with_creation_p50_ms", 2, False),
         Column("CPU, ms a pair", "setup", "cpu_ms_pair", 2, False),
         Column("not opened", "setup", "failures", 0, None),
     ]),
    ("Many connections", "Made and closed, {at_once} at a time; idle ones, by the difference that "
     "{idle_pairs} pairs make.", [
         Column("pairs a second", "rate", "pairs_s", 0, True),
         Column("CPU, ms a pair", "rate", "cpu_ms_pair", 2, False),
         Column("not opened", "rate", "failures", 0, None),
         Column("memory a connected idle peer, kB", "memory", "kb_peer", 1, False),
         Column("200 idle pairs, % of a core", "memory", "idle_cpu_percent", 2, False),
     ]),
    ("Long and lossy paths", "64 KiB messages through `bench/peers/relay`, Mbit/s from the first "
     "message on, {path_seconds:g} s each.", [
         Column(name, "paths", f"mbit_s {key}", 1, True) for name, key, *_ in work.PATHS]),
]


def values(runs, stack, fast, column):
    return [run.result[column.key] for run in runs
            if run.stack is stack and run.fast == fast and run.work == column.work and run.result
            and column.key in run.result]


def failures(runs, stack, fast, column):
    part = column.key.rpartition("_")[2] if column.work == "data" else \
        column.key.removeprefix("mbit_s ")
    found = []
    for run in runs:
        if run.stack is stack and run.fast == fast and run.work == column.work:
            if run.failure:
                found.append(run.failure)
            elif run.result and f"failed_{part}" in run.result:
                found.append(run.result[f"failed_{part}"])
    return found


def ratios(runs, stack, fast, column):
    """How many times better ours was, each run against ours right before and after it."""
    found = []
    for at, run in enumerate(runs):
        if run.stack is not stack or run.fast != fast or run.work != column.work:
            continue
        theirs = (run.result or {}).get(column.key)
        near = [other.result[column.key] for other in neighbours(runs, at)
                if other.result and column.key in other.result]
        if not near or not theirs:
            continue
        own = statistics.mean(near)
        if own:
            found.append(own / theirs if column.more_is_better else theirs / own)
    return found


def neighbours(runs, at):
    """Ours before and after it in the same work of the same round; else the only one there."""
    run = runs[at]
    same = [other for other in runs if (other.round, other.work, other.fast, other.stack)
            == (run.round, run.work, run.fast, OURS)]
    beside = [runs[i] for i in (at - 1, at + 1) if 0 <= i < len(runs) and runs[i] in same]
    return beside or same


def number(value, digits):
    return f"{value:,.{digits}f}"


def cell(runs, stack, fast, column):
    found = values(runs, stack, fast, column)
    broken = failures(runs, stack, fast, column)
    if not found:
        return f"failed: {broken[0]}" if broken else "–"
    text = number(statistics.median(found), column.digits)
    if len(found) > 1 and min(found) != max(found):
        text += f" ({number(min(found), column.digits)}–{number(max(found), column.digits)})"
    if stack is not OURS and column.more_is_better is not None:
        if by := ratios(runs, stack, fast, column):
            text += f" **{statistics.median(by):.1f}×**"
    if broken:
        text += f" [{len(broken)} of {len(broken) + len(found)} failed: {broken[0]}]"
    return text.replace("|", "/")


def tables(runs, stacks, fast, options):
    for title, about, columns in SECTIONS:
        columns = [column for column in columns
                   if any(values(runs, stack, fast, column) or failures(runs, stack, fast, column)
                          for stack in stacks)]
        if not columns:
            continue
        yield f"### {title}\n"
        yield about.format(**vars(options)) + "\n"
        yield "| | " + " | ".join(column.title for column in columns) + " |"
        yield "| --- |" + " --- |" * len(columns)
        for stack in stacks:
            if fast and not stack.has_fast:
                continue
            cells = " | ".join(cell(runs, stack, fast, column) for column in columns)
            yield f"| {stack.name} | {cells} |"
        yield ""


def versions(stacks, abouts, skipped):
    yield "| stack | version | language | settings of the second tables |"
    yield "| --- | --- | --- | --- |"
    for stack in stacks:
        about = abouts.get((stack.name, False), {})
        fast = abouts.get((stack.name, True), {}).get("settings", "") if stack.has_fast else \
            "none documented"
        limit = about.get("max_message", 65536)
        note = "" if limit >= 65536 else f"; messages of {limit} bytes in place of 64 KiB"
        yield f"| {stack.name} | {about.get('version', '?')}{note} | {stack.language} | {fast} |"
    for name, why in skipped.items():
        yield f"| {name} | not measured: {why} | | |"
    yield ""


def markdown(runs, stacks, skipped, abouts, machine, options, command):
    """`machine` is a list of sentences about where and when."""
    lines = [
        "# Side by side with other stacks\n",
        "Written by `scripts/bench-peers`; not by hand. What is measured, how, and how each message is "
        "checked: [bench/peers/README.md](../../bench/peers/README.md). Two processes of one stack "
        "at a time, over this machine's own address.\n",
        f"    {command}\n",
        *(f"- {sentence}" for sentence in machine),
        "",
        "A cell: median (least–greatest) of the rounds, and in bold how many times better ours was: "
        "the median of each run's ratio to our runs right before and after it (round trips, "
        "throughput) or in its round. 2× is twice as fast, or half the time, CPU or memory; under 1× "
        "theirs is better.\n",
        *versions(stacks, abouts, skipped),
        "## With everybody's default settings\n",
        *tables(runs, stacks, False, options),
    ]
    if any(run.fast for run in runs):
        lines += ["## With each one's documented fast settings\n",
                  "Where each setting is documented: bench/peers/README.md.\n",
                  *tables(runs, stacks, True, options)]
    return "\n".join(lines).rstrip() + "\n"
