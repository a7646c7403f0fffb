#!/usr/bin/env python3
"""specter bench: a short run of each, its output, and its exit code."""

import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import unittest
from xml.etree import ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import machine  # noqa: E402

SPECTER = sys.argv.pop(1)


def run(*arguments):
    return subprocess.run([SPECTER, "bench", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=100)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


class Bench(unittest.TestCase):
    def measure(self, *arguments):
        """The object that a bench prints. Each number in it is finite and none is negative."""
        result = run(*arguments, "--json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout.count("\n"), 1)
        report = json.loads(result.stdout)
        self.assertEqual(report["bench"], arguments[0])
        self.assertIs(report["ok"], True)
        self.assertRegex(report["version"], r"^\d+\.\d+\.\d+$")
        self.assertEqual(report["cpus"], os.cpu_count())
        self.assertEqual(report["parameters"]["loopback"], "only")
        for key, value in report.items():
            if not isinstance(value, (bool, str, dict)):
                self.assertIsInstance(value, (int, float), key)
        return report

    def assert_percentiles(self, report, prefix, unit):
        values = [report[f"{prefix}{name}_{unit}"] for name in ("p50", "p90", "p99", "max")]
        self.assertGreater(values[0], 0)
        self.assertEqual(values, sorted(values))


class Data(Bench):
    def check(self, report, size, processes=2):
        self.assertEqual(report["bytes"], report["messages"] * size)
        self.assertGreaterEqual(report["bytes"], 2 << 20)
        self.assertGreaterEqual(report["checked_messages"], report["messages"])
        self.assertAlmostEqual(report["gbit_per_s"], report["bytes"] * 8e-9 / report["seconds"])
        self.assertAlmostEqual(report["messages_per_s"], report["messages"] / report["seconds"], 3)
        self.assertGreater(report["cpu_s_per_gb"], 0)
        self.assertGreater(report["cores_busy"], 0)
        self.assertEqual("sender_cpu_s" in report, processes == 2)
        self.assertRegex(report["dtls"], r"^DTLS 1\.[23]$")
        self.assertIn("retransmissions", report)
        self.assertEqual(report["parameters"]["size_bytes"], size)

    def test_two_processes_pass_on_so_many_bytes(self):
        self.check(self.measure("data", "--bytes", "2M", "--warm-up", "0"), 65536)

    def test_one_process_does_so_too(self):
        report = self.measure("data", "--bytes", "2M", "--warm-up", "0.05", "--processes", "1")
        self.check(report, 65536, processes=1)

    def test_small_messages_without_order(self):
        report = self.measure("data", "--bytes", "2M", "--warm-up", "0", "--size", "100",
                              "--unordered")
        self.check(report, 100)
        self.assertIs(report["parameters"]["ordered"], False)

    def test_messages_shorter_than_their_sequence(self):
        report = self.measure("data", "--seconds", "0.2", "--warm-up", "0", "--size", "3",
                              "--buffer", "8K", "--refill", "4K")
        self.assertGreater(report["messages"], 0)
        self.assertEqual(report["bytes"], report["messages"] * 3)

    def test_each_of_many_channels_has_a_share(self):
        report = self.measure("data", "--seconds", "0.5", "--warm-up", "0.1", "--size", "1K",
                              "--channels", "3", "--connections", "2", "--buffer", "64K")
        self.assertGreater(report["least_channel_share"], 0)
        self.assertLessEqual(report["least_channel_share"], 1)
        self.assertGreaterEqual(report["greatest_channel_share"], 1)
        self.assertLessEqual(report["greatest_channel_share"], 6)

    def test_a_message_larger_than_the_buffer_goes_alone(self):
        for size, buffer in (("256K", "1K"), ("64K", "64K"), ("64K", "100K")):
            report = self.measure("data", "--bytes", "2M", "--warm-up", "0", "--size", size,
                                  "--buffer", buffer)
            self.assertGreater(report["messages"], 0)

    def test_the_table_is_for_people(self):
        result = run("data", "--bytes", "2M", "--warm-up", "0")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, "")
        self.assertIn("Gbit/s", result.stdout)
        self.assertRegex(result.stdout, r"check +all \d+ messages came, each once")

    def test_what_cannot_connect_in_time_ends_with_1_and_a_sentence(self):
        # Nothing of this machine connects in a millisecond.
        result = run("data", "--timeout", "0.001")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"^specter bench data: .*in time\nWhat to do: .*--timeout.*\n$")
        self.assertEqual(result.stdout, "")
        report = json.loads(run("data", "--timeout", "0.001", "--json").stdout)
        self.assertIs(report["ok"], False)
        self.assertEqual(set(report["error"]), {"name", "message"})

    def test_a_terminal_is_shown_how_far_it_is(self):
        if (terminal := machine.terminal()) is None:
            return
        ours, theirs = terminal
        process = subprocess.Popen([SPECTER, "bench", "data", "--seconds", "0.5"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=theirs)
        os.close(theirs)
        text = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # EIO: the other end is closed
                break
            text += piece
        os.close(ours)
        self.assertEqual(process.wait(100), 0)
        self.assertIn(b"Gbit/s", text)
        self.assertTrue(text.endswith(b"\r\033[K"), text[-40:])

    def start_and_find_child(self):
        process = subprocess.Popen([SPECTER, "bench", "data", "--seconds", "1000"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        while not children_of(process.pid):
            self.assertIsNone(process.poll())
        child = children_of(process.pid)[0]
        return process, os.pidfd_open(child), child

    def assert_ends(self, pidfd):
        self.assertTrue(select.select([pidfd], [], [], 20)[0], "the child outlives its parent")
        os.close(pidfd)

    def test_the_child_dies_with_its_parent(self):
        for number in (signal.SIGINT, signal.SIGKILL):
            process, pidfd, _ = self.start_and_find_child()
            process.send_signal(number)
            self.assertEqual(process.wait(20), -number)
            self.assert_ends(pidfd)
            process.stdout.close()
            process.stderr.close()

    def test_the_parent_says_so_when_its_child_is_gone(self):
        process, pidfd, child = self.start_and_find_child()
        os.kill(child, signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1)
        self.assertEqual(stdout, b"")
        self.assertIn(b"has gone", stderr)
        self.assert_ends(pidfd)


class Others(Bench):
    def test_latency(self):
        for processes in ("1", "2"):
            report = self.measure("latency", "--count", "50", "--processes", processes)
            self.assert_percentiles(report, "", "us")
            self.assertEqual(report["rounds"], 50)
            self.assertGreater(report["cpu_us_per_round_trip"], 0)

    def test_setup(self):
        for at_once in ("1", "3"):
            report = self.measure("setup", "--count", "6", "--at-once", at_once)
            self.assert_percentiles(report, "open_", "ms")
            self.assert_percentiles(report, "message_", "ms")
            self.assertGreater(report["pairs_per_s"], 0)
            self.assertGreater(report["cpu_ms_per_pair"], 0)

    def test_memory(self):
        report = self.measure("memory", "--pairs", "5", "--idle", "0.2")
        self.assertEqual(report["connections"], 10)
        self.assertGreater(report["rss_bytes_before"], 0)
        for key in ("rss_kb_per_connection", "rss_kb_per_connection_after_idle",
                    "idle_cpu_percent_of_a_core", "rss_bytes_once_closed"):
            self.assertIn(key, report)
        self.assertGreaterEqual(report["threads"], 2)
        self.assertGreaterEqual(report["open_files"], 10)
        self.assertLess(report["open_files_once_closed"], report["open_files"])


class Link(unittest.TestCase):
    """What is simulated: the same on each machine, so the figures themselves may be asked for."""

    SMALL = ("link", "--rtt", "0,40", "--loss", "0,1", "--rate", "2", "--seconds", "1")

    def measure(self, *arguments):
        result = run("link", *arguments, "--json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(result.stderr, "")
        return json.loads(result.stdout)

    def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(self):
        one = run(*self.SMALL, "--json", "--jobs", "1")
        self.assertEqual(one.returncode, 0, one.stderr)
        self.assertEqual(run(*self.SMALL, "--json", "--jobs", "3").stdout, one.stdout)
        self.assertNotEqual(run(*self.SMALL, "--json", "--seed", "2").stdout, one.stdout)
        report = json.loads(one.stdout)
        self.assertEqual((report["bench"], report["ok"]), ("link", True))
        self.assertEqual(len(report["one_flow"]), 2 * 2 * 2 * 3)
        self.assertEqual(len(report["two_flows"]), 2 * 2 * 2 * 6)

    def test_a_part_of_the_matrix_has_the_figures_of_the_whole(self):
        whole = self.measure(*self.SMALL[1:], "--flows", "1")["one_flow"]
        part = self.measure("--rtt", "40", "--loss", "1", "--rate", "2", "--seconds", "1", "--queue",
                            "2", "--congestion-control", "bbr", "--flows", "1")["one_flow"]
        self.assertEqual(len(part), 1)
        self.assertIn(part[0], whole)

    # The aims of the data channels' issue; LinkAims in src/sctp has them for SCTP alone.
    def test_100_mbit_50_ms_and_a_queue_of_256_kb_carry_90(self):
        trials = self.measure("--rtt", "50", "--rate", "100", "--loss", "0", "--queue", "256kB",
                              "--flows", "1", "--seconds", "4")["one_flow"]
        self.assertEqual([t["flows"][0]["congestion_control"] for t in trials],
                         ["cubic", "bbr", "reno"])
        for trial in trials:
            self.assertGreaterEqual(trial["mbit_per_s"], 90, trial)
            self.assertLessEqual(trial["largest_queue_ms"], 21, trial)

    def test_bbr_carries_80_of_100_with_a_percent_lost(self):
        trial = self.measure("--rtt", "50", "--rate", "100", "--loss", "1", "--queue", "256kB",
                             "--flows", "1", "--congestion-control", "bbr")["one_flow"][0]
        self.assertGreaterEqual(trial["mbit_per_s"], 80, trial)

    def test_tables_and_the_plot_are_well_formed(self):
        with tempfile.TemporaryDirectory() as folder:
            page, plot = f"{folder}/link.md", f"{folder}/link.svg"
            result = run(*self.SMALL, "--markdown", page, "--svg", plot)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("One flow, 2 Mbit/s, queue ½ BDP", result.stdout)
            self.assertIn("Two flows, 2 Mbit/s, queue 2 BDP", result.stdout)
            with open(page, encoding="utf-8") as file:
                text = file.read()
            root = ElementTree.parse(plot).getroot()
        self.assertIn("](link.svg)", text)
        self.assertIn("`specter bench link --rtt 0,40 --loss 0,1 --rate 2 --seconds 1`", text)
        tables = re.findall(r"(?:^\|.*\|\n)+", text, re.M)
        self.assertEqual(len(tables), 4)
        for table in tables:
            self.assertEqual(len({row.count("|") for row in table.splitlines()}), 1, table)
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        panels = [e for e in root.iter("{http://www.w3.org/2000/svg}rect")
                  if e.get("class") == "panel"]
        self.assertEqual(len(panels), 4)

    def test_a_file_that_cannot_be_written_ends_with_1_and_a_sentence(self):
        result = run("link", "--rtt", "0", "--rate", "1", "--seconds", "0.1", "--flows", "1",
                     "--loss", "0", "--svg", "/nonexistent/link.svg")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "^specter bench link: /nonexistent/link.svg can't be written")
        self.assertIn("One flow", result.stdout)

    def test_a_wrong_option_says_what_is_right(self):
        for arguments, words in ((["--queue", "7x"], "such as 0.5"),
                                 (["--congestion-control", "vegas"], "cubic"),
                                 (["--rtt", "-1"], "--rtt"), (["--rtt", "a"], "--rtt"),
                                 (["--loss", "91"], "--loss"), (["--rate", "0"], "--rate"),
                                 (["--flows", "3"], "--flows"), (["--seconds", "0"], "--seconds"),
                                 (["--jobs", "-1"], "--jobs"), (["--seed", "x"], "--seed")):
            result = run("link", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertEqual(result.stdout, "", arguments)
            self.assertIn(words, result.stderr)

    def test_its_help_names_its_options(self):
        text = run("link", "--help").stdout
        for word in ("--rtt", "--loss", "--rate", "--queue", "--congestion-control", "--flows",
                     "--all", "--seconds", "--seed", "--jobs", "--json", "--markdown", "--svg",
                     "Example:"):
            self.assertIn(word, text)


class CommandLine(unittest.TestCase):
    def test_the_help_of_each_names_its_options(self):
        options = {"data": ["--size", "--seconds", "--bytes", "--warm-up", "--channels", "--unordered",
                            "--connections", "--processes", "--buffer", "--refill"],
                   "latency": ["--size", "--count", "--processes"],
                   "setup": ["--count", "--at-once"],
                   "memory": ["--pairs", "--idle"]}
        self.assertEqual(run("--help").returncode, 0)
        for bench, words in options.items():
            self.assertIn(bench, run("--help").stdout)
            text = run(bench, "--help").stdout
            for word in [*words, "--json", "--timeout", "--loopback", "--dtls", "Example:"]:
                self.assertIn(word, text, bench)
            self.assertNotIn("--far-side", text)

    def test_a_wrong_command_line_ends_with_2(self):
        for arguments in (["nonsense"], ["data", "--size", "0"], ["data", "--size", "257K"],
                          ["data", "--size", "x"], ["data", "--processes", "3"],
                          ["data", "--seconds", "1", "--bytes", "1M"], ["latency", "--count", "0"],
                          ["setup", "--at-once", "0"], ["memory", "--idle", "0"]):
            result = run(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertEqual(result.stdout, "", arguments)


if __name__ == "__main__":
    unittest.main()
