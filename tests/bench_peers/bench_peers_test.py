#!/usr/bin/env python3
"""A short run of scripts/bench-peers with Specter alone: bench_peers_test.py SOURCE BUILD"""

import json
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest

SOURCE, BUILD = (pathlib.Path(argument) for argument in sys.argv[1:3])
sys.path.insert(0, str(SOURCE / "bench" / "peers"))

from driver import plan, process, report, stacks, work  # noqa: E402

BROKEN = '''
import json, sys
print(json.dumps({"done": "ready", "max_message": 65536}), flush=True)
for line in sys.stdin:
    op = json.loads(line)["op"]
    if op == "quit" or MODE == "dies":
        sys.exit("no more")
    if MODE == "loses" and op in ("open", "receive", "send", "stop", "count"):
        print(json.dumps({"done": op, "failures": [], "us": 2e6 if op == "count" else [1],
                          "messages": 0 if sys.argv[1] == "answer" else 7, "bad": 0}), flush=True)
'''


def bench_peers(*arguments):
    return subprocess.run([sys.executable, SOURCE / "scripts" / "bench-peers", *map(str, arguments)],
                          capture_output=True, text=True, timeout=100)


def options_in(folder):
    return types.SimpleNamespace(
        logs=pathlib.Path(folder), relay=str(BUILD / "bench" / "peers" / "peer_relay"), rounds=3,
        seconds=0.1, warm_up=0.05, path_seconds=0.5, setups=2, at_once=2, idle_pairs=2,
        idle_seconds=0.1, only=list(work.WORK), no_fast=False)


class OursAlone(unittest.TestCase):
    def test_measures_and_writes_the_page_and_the_raw_numbers(self):
        with tempfile.TemporaryDirectory() as folder:
            page, raw = pathlib.Path(folder, "peers.md"), pathlib.Path(folder, "raw.json")
            done = bench_peers("--peers", "specter", "--rounds", 1, "--seconds", 0.5, "--no-fast",
                               "--only", "data,latency", "--specter-build", BUILD, "--output", page,
                               "--raw", raw)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            runs = {run["work"]: run["result"] for run in json.loads(raw.read_text())["runs"]}
            self.assertEqual(set(runs), {"data", "latency"})
            for size in ("64k", "1k", "100"):
                self.assertGreater(runs["data"][f"messages_s_{size}"], 0)
                self.assertGreater(runs["data"][f"checked_{size}"], 0)
            self.assertGreater(runs["latency"]["p50_us"], 0)
            self.assertIn("| specter | 0.", page.read_text())

    def test_passes_a_path_by_rewritten_candidates(self):
        with tempfile.TemporaryDirectory() as folder:
            stack = types.SimpleNamespace(name="specter", command=[
                str(BUILD / "bench" / "peers" / "peer_specter")])
            bench = work.Bench(stack, False, options_in(folder), seed=1)
            path = ["--delay-ms", "5", "--loss", "0", "--rate-mbit", "20", "--queue-bytes", "100000"]
            mbit_s = work.one_path(bench, "test", path)
            self.assertGreater(mbit_s, 0)
            self.assertLess(mbit_s, 20)
            self.assertGreater(bench.relayed["test"]["there"]["forwarded"], 0)


class BrokenPeers(unittest.TestCase):
    def run_data(self, mode):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "peer.py")
            program.write_text(BROKEN.replace("MODE", repr(mode)))
            stack = types.SimpleNamespace(name="broken", command=[sys.executable, str(program)])
            return work.throughput(work.Bench(stack, False, options_in(folder), seed=1), 1024)

    def test_one_that_dies_is_a_failure_with_its_last_words(self):
        with self.assertRaisesRegex(process.Failed, r"offer side died \(1\): no more"):
            self.run_data("dies")

    def test_one_that_loses_messages_is_a_failure(self):
        with self.assertRaisesRegex(process.Failed, "7 messages were sent, 0 came"):
            self.run_data("loses")


class Plan(unittest.TestCase):
    def test_ours_stands_on_both_sides_of_each_other_stack(self):
        other, third = (types.SimpleNamespace(name=name, has_fast=False) for name in "bc")
        order = plan.sequence("data", [stacks.OURS, other, third], fast=False)
        self.assertEqual(order, [stacks.OURS, other, stacks.OURS, third, stacks.OURS])


class Report(unittest.TestCase):
    def test_a_ratio_is_taken_against_ours_right_before_and_after(self):
        other = types.SimpleNamespace(name="other", has_fast=False)
        runs = []
        for stack, value in ((stacks.OURS, 4), (other, 2), (stacks.OURS, 8)):
            run = plan.Run(1, "data", stack, False)
            run.result = {"gbit_s_64k": value}
            runs.append(run)
        column = report.Column("", "data", "gbit_s_64k", 1, True)
        self.assertEqual(report.cell(runs, other, False, column), "2.0 **3.0×**")
        self.assertEqual(report.cell(runs, stacks.OURS, False, column), "6.0 (4.0–8.0)")

    def test_a_failure_stands_in_the_table_with_its_reason(self):
        other = types.SimpleNamespace(name="other", has_fast=False)
        run = plan.Run(1, "latency", other, False)
        run.failure = "the offer side died (1)"
        column = report.Column("", "latency", "p50_us", 0, False)
        self.assertEqual(report.cell([run], other, False, column),
                         "failed: the offer side died (1)")


class CommandLine(unittest.TestCase):
    def test_says_what_there_is(self):
        told = bench_peers("--list").stdout
        for word in ("specter", "pion", "aiortc", "paths"):
            self.assertIn(word, told)

    def test_refuses_an_unknown_stack(self):
        done = bench_peers("--peers", "nonesuch")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no nonesuch", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
