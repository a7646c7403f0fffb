#!/usr/bin/env python3
"""Help, version, exit codes."""

import re
import subprocess
import sys
import unittest

SPECTER = sys.argv.pop(1)


def run(*arguments):
    return subprocess.run([SPECTER, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60)


class CommandLine(unittest.TestCase):
    def test_the_version_is_three_numbers_and_who_enciphers(self):
        result = run("--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^specter \d+\.\d+\.\d+\n"
                         r"(multi-buffer \d+\.\d+\.\d+, [\w .-]+\n)?OpenSSL \d+\.\d+\.\d+\n$")

    def test_help_names_each_command(self):
        result = run("--help")
        self.assertEqual(result.returncode, 0)
        for word in ("lifecycle", "peer", "bench", "--version"):
            self.assertIn(word, result.stdout)

    def test_the_help_of_a_command_names_each_option(self):
        options = {"lifecycle": ["--json", "--messages", "--timeout", "--loopback", "--ice-server"],
                   "peer": ["--echo", "--loopback", "--ice-server", "docs/peer-protocol.md"]}
        for command, words in options.items():
            result = run(command, "--help")
            self.assertEqual(result.returncode, 0)
            for word in words:
                self.assertIn(word, result.stdout, command)

    def test_the_help_of_peer_names_each_command_that_it_knows(self):
        told = subprocess.run([SPECTER, "peer"], input='{"op":"?"}\n', capture_output=True, text=True,
                              timeout=60).stdout
        known = re.search(r"must be one of ([a-z_, ]+)", told).group(1).split(", ")
        text = run("peer", "--help").stdout
        for op in known:
            self.assertIn(re.sub("^(current|pending)_", "", op), text)

    def test_a_wrong_command_line_ends_with_2_and_says_why(self):
        for arguments in ([], ["nonsense"], ["peer", "--nonsense"], ["lifecycle", "--messages", "x"],
                          ["lifecycle", "--messages", "-1"], ["lifecycle", "--timeout", "0"],
                          ["peer", "--loopback", "sometimes"], ["peer", "--ice-server"]):
            result = run(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertEqual(result.stdout, "", arguments)
            self.assertIn("--help", result.stderr, arguments)

    def test_a_word_that_is_no_command_is_named(self):
        for arguments in (["nonsense"], ["bench", "nonsense"]):
            self.assertIn("There is no command 'nonsense'", run(*arguments).stderr)
        self.assertIn("subcommand is required", run("bench").stderr)


if __name__ == "__main__":
    unittest.main()
