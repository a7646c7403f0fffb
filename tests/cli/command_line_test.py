#!/usr/bin/env python3
"""Help, version, exit codes."""

import os
import re
import shutil
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
        for arguments in (["nonsense"], ["help", "nonsense"], ["completion", "tcsh"], ["completion"], ["peer", "--nonsense"], ["lifecycle", "--messages", "x"],
                          ["lifecycle", "--messages", "-1"], ["lifecycle", "--timeout", "0"],
                          ["peer", "--loopback", "sometimes"], ["peer", "--ice-server"]):
            result = run(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertEqual(result.stdout, "", arguments)
            self.assertIn("--help", result.stderr, arguments)

    def test_a_word_that_is_no_command_is_named(self):
        for arguments in (["nonsense"], ["bench", "nonsense"]):
            self.assertIn("There is no command 'nonsense'", run(*arguments).stderr)


def commands(*path):
    """Each command and those below it, as `specter help` lists them."""
    yield path
    listed = re.search(r"^Commands:\n(.*?)\n\n", run("help", *path).stdout + "\n\n", re.S | re.M)
    if listed:
        for name in re.findall(r"^  (\S+)", listed.group(1), re.M):
            yield from commands(*path, name)


class Manual(unittest.TestCase):
    """Help, manual page and completions say the same, for they are made from one table."""

    @classmethod
    def setUpClass(cls):
        cls.commands = list(commands())
        cls.help = {path: run(*path, "--help").stdout for path in cls.commands}
        cls.options = {path: set(re.findall(r"(?<![\w`-])--[a-z][\w-]*", re.sub(r"\nUsage:.*?\n\n", "\n", re.split(
            r"\nOptions:\n", text, 1)[1], flags=re.S))) for path, text in cls.help.items()}

    def test_a_command_of_commands_alone_lists_them(self):
        for path in ((), ("bench",), ("rtp",)):
            result = run(*path)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(result.stdout, self.help[path])
            self.assertIn("Commands:\n", result.stdout)

    def test_each_is_found(self):
        for path in (("lifecycle",), ("peer",), ("bench", "data"), ("bench", "link"), ("rtp", "send"), ("sim",),
                     ("help",), ("man",), ("completion",)):
            self.assertIn(path, self.commands)

    def test_help_has_80_columns(self):
        for text in (*self.help.values(), run("help", "connection").stdout):
            for line in text.splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_shared_options_are_explained_once(self):
        text = run("help", "connection").stdout
        for option in ("--loopback", "--ice-server", "--dtls", "--option"):
            self.assertRegex(text, rf"(?m)^  {option} ")
            for path in (("lifecycle",), ("peer",), ("bench", "data")):
                self.assertIn(option, self.help[path])
                self.assertNotRegex(self.help[path], rf"(?m)^  {option} .*  ")
        self.assertIn("--loopback (default only)", self.help[("bench", "data")].replace("\n  ", " "))

    def test_the_manual_page_has_each_command_and_option(self):
        page = run("man").stdout
        self.assertTrue(page.startswith(".TH SPECTER 1 "))
        plain = page.replace("\\-", "-")
        for path, options in self.options.items():
            if path:
                self.assertIn(f'.SS "specter {" ".join(path)}"', plain)
            for option in options:
                self.assertIn(option, plain)
        if shutil.which("man"):
            done = subprocess.run(["man", "--warnings", "-l", "-"], input=page, capture_output=True, text=True,
                                  env=os.environ | {"MANPAGER": "cat", "LC_ALL": "C.UTF-8"}, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_completions_have_each_command_and_option(self):
        for shell, spelt in (("bash", "--{}"), ("zsh", "--{}["), ("fish", "-l {} ")):
            script = run("completion", shell).stdout
            for path, options in self.options.items():
                for word in path:
                    self.assertRegex(script, rf"\b{word}\b")
                for option in options:
                    self.assertIn(spelt.format(option[2:]), script, shell)
            if shutil.which(shell):
                done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
