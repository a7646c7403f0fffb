#!/usr/bin/env python3
"""specter lifecycle: each step in its order, as text and as JSON."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import machine  # noqa: E402

SPECTER = sys.argv.pop(1)

STEPS = [  # the order of the lifecycle document
    ("init", None),
    ("new_media_engine", "pc_1"), ("new_registry", "pc_1"), ("new_api", "pc_1"),
    ("new_peer_connection", "pc_1"),
    ("create_data_channel", "pc_1"),
    ("create_offer", "pc_1"), ("set_local_description", "pc_1"),
    ("new_media_engine", "pc_2"), ("new_registry", "pc_2"), ("new_api", "pc_2"),
    ("new_peer_connection", "pc_2"),
    ("set_remote_description", "pc_2"), ("create_answer", "pc_2"),
    ("set_local_description", "pc_2"), ("set_remote_description", "pc_1"),
    ("add_ice_candidate", "both"), ("connected", "both"), ("data_channel_open", "both"),
    ("send", "both"), ("get_stats", "pc_1"),
    ("close_peer_connection", "pc_1"), ("close_peer_connection", "pc_2"),
]


def run(*arguments, **options):
    return subprocess.run([SPECTER, "lifecycle", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=100, **options)


def events_of(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def run_on_a_terminal(terminal, environment):
    """What it prints when its stdout is a terminal."""
    ours, theirs = terminal
    process = subprocess.Popen([SPECTER, "lifecycle"], stdin=subprocess.DEVNULL, stdout=theirs,
                               env={**os.environ, "TERM": "xterm", **environment})
    os.close(theirs)
    text = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # EIO: the other end is closed
            break
        if not piece:
            break
        text += piece
    os.close(ours)
    return process.wait(100), text.decode()


class Json(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.result = run("--json", "--messages", "12")
        cls.events = events_of(cls.result)

    def of(self, name):
        return [event for event in self.events if event["event"] == name]

    def test_it_succeeds(self):
        self.assertEqual(self.result.returncode, 0, self.result.stdout)
        self.assertEqual(self.result.stderr, "")

    def test_each_step_is_there_in_its_order_and_ok(self):
        steps = self.of("step")
        self.assertEqual([(s["step"], s["connection"]) for s in steps], STEPS)
        self.assertEqual([s["number"] for s in steps], list(range(1, len(STEPS) + 1)))
        for step in steps:
            self.assertIs(step["ok"], True)
            self.assertGreaterEqual(step["ms"], 0)
            self.assertNotIn("error", step)

    def test_messages_go_both_ways_as_text_and_binary_from_small_to_256_KiB(self):
        messages = self.of("message")
        self.assertEqual(len(messages), 12)
        ways = {(m["from"], m["to"], m["kind"]) for m in messages}
        self.assertEqual(ways, {(f, t, k) for f, t in (("pc_1", "pc_2"), ("pc_2", "pc_1"))
                                for k in ("text", "binary")})
        self.assertEqual(max(m["bytes"] for m in messages), 256 * 1024)
        self.assertLess(min(m["bytes"] for m in messages), 64)

    def test_the_summary_tells_the_connection(self):
        self.assertEqual(self.events[-1]["event"], "summary")
        summary = self.events[-1]
        self.assertIs(summary["ok"], True)
        self.assertEqual(summary["steps"], len(STEPS))
        self.assertEqual(summary["messages"], 12)
        self.assertEqual(summary["bytes"], sum(m["bytes"] for m in self.of("message")))
        self.assertIs(summary["selected_pair"]["selected"], True)
        self.assertIn("DTLS", summary["dtls"]["version"])
        self.assertTrue(summary["dtls"]["cipher"])
        self.assertLess(0, summary["to_open_ms"])
        self.assertLess(summary["to_open_ms"], summary["total_ms"])


class Failing(unittest.TestCase):
    def test_a_step_that_fails_is_the_last_and_says_what_to_do(self):
        result = run("--json", "--ice-server", "nonsense:")
        self.assertEqual(result.returncode, 1)
        events = events_of(result)
        step, summary = events[-2:]
        self.assertEqual((step["step"], step["ok"]), ("new_peer_connection", False))
        self.assertTrue(step["error"]["name"] and step["error"]["message"])
        self.assertIn("--ice-server", step["error"]["advice"])
        self.assertIs(summary["ok"], False)
        self.assertEqual(summary["steps"], step["number"])

    def test_people_are_told_the_same(self):
        result = run("--ice-server", "nonsense:")
        self.assertEqual(result.returncode, 1)
        self.assertIn("FAILED", result.stdout)
        self.assertIn("What to do:", result.stdout)

    def test_a_reader_that_goes_away_is_no_crash(self):
        process = subprocess.Popen([SPECTER, "lifecycle"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        stderr = process.stderr.read()
        process.stderr.close()
        self.assertGreaterEqual(process.wait(100), 0)  # by no signal
        self.assertEqual(stderr, b"")


class ForPeople(unittest.TestCase):
    def test_a_pipe_gets_no_colours(self):
        result = run("--messages", "0")
        self.assertEqual(result.returncode, 0)
        self.assertNotIn("\033", result.stdout)
        self.assertIn("close_peer_connection", result.stdout)

    def test_a_terminal_gets_colours_unless_NO_COLOR_is_set(self):
        for no_color, check in (("", self.assertIn), ("1", self.assertNotIn)):
            if (terminal := machine.terminal()) is None:
                return
            code, text = run_on_a_terminal(terminal, {"NO_COLOR": no_color})
            self.assertEqual(code, 0)
            check("\033[", text)


if __name__ == "__main__":
    unittest.main()
