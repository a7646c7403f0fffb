#!/usr/bin/env python3
"""The log: -v, -vv and SPECTER_LOG, on standard error."""

import os
import re
import subprocess
import sys
import unittest

SPECTER = sys.argv.pop(1)

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} (error|warning|info|debug) ([a-z]+)( \d+)?: .+")


def run(*arguments, log=None):
    environment = {name: value for name, value in os.environ.items() if name != "SPECTER_LOG"}
    if log is not None:
        environment["SPECTER_LOG"] = log
    result = subprocess.run([SPECTER, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=100, env=environment)
    assert result.returncode == 0, result.stderr
    return result.stderr.splitlines()


def seen(lines):
    """(level, module) of each line."""
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(matches), lines
    return {(match[1], match[2]) for match in matches}


class Log(unittest.TestCase):
    def test_off_at_first(self):
        self.assertEqual(run("lifecycle", "--json"), [])

    def test_v_says_what_connections_become(self):
        for words in (["-v", "lifecycle", "--json"], ["lifecycle", "--json", "-v"]):
            levels = {level for level, _ in seen(run(*words))}
            self.assertEqual(levels, {"info"})

    def test_vv_says_everything_and_no_address(self):
        lines = run("lifecycle", "--json", "-vv", "--loopback", "only")
        modules = {module for level, module in seen(lines) if level == "debug"}
        self.assertLessEqual({"ice", "dtls", "sctp", "channel"}, modules)
        self.assertNotIn("127.0.0.1", "\n".join(lines))
        self.assertIn("ipv4#1", "\n".join(lines))

    def test_addresses_are_shown_when_asked(self):
        lines = run("lifecycle", "--json", "-vv", "--log-addresses", "--loopback", "only")
        self.assertRegex("\n".join(lines), r"check 127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+: sent")

    def test_the_environment_sets_levels_by_module(self):
        found = seen(run("lifecycle", "--json", log="ice=debug,dtls=info"))
        self.assertEqual({module for _, module in found}, {"ice", "dtls"})
        self.assertIn(("debug", "ice"), found)
        self.assertNotIn(("debug", "dtls"), found)

    def test_v_takes_the_place_of_the_environment(self):
        levels = {level for level, _ in seen(run("lifecycle", "--json", "-v", log="debug"))}
        self.assertEqual(levels, {"info"})

    def test_a_wrong_text_is_told_once(self):
        lines = run("lifecycle", "--json", log="ice=loud")
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("SPECTER_LOG is not used: 'ice=loud' is no log level: write LEVEL or "
                      "MODULE=LEVEL", lines[0])

    def test_an_empty_text_is_none(self):
        self.assertEqual(run("lifecycle", "--json", log=""), [])


if __name__ == "__main__":
    unittest.main()
