#!/usr/bin/env python3
"""tests/support/machine.py: a test that a machine can't run is skipped with a message, and fails in CI."""

import os
import pathlib
import subprocess
import sys
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent


def run(*command, **environment):
    known = {name: value for name, value in os.environ.items() if name != "SPECTER_CI"}
    return subprocess.run(command, capture_output=True, text=True, env=known | environment)


def need(has, **environment):
    program = f"import machine; machine.need({has}, 'a moon is needed'); print('went on')"
    return run(sys.executable, "-c", program, PYTHONPATH=str(TESTS / "support"), **environment)


class Need(unittest.TestCase):
    def test_what_is_there_changes_nothing(self):
        for environment in ({}, {"SPECTER_CI": "1"}):
            done = need(True, **environment)
            self.assertEqual((done.returncode, done.stdout), (0, "went on\n"))

    def test_what_is_missing_skips_the_test_with_a_sentence(self):
        for environment in ({}, {"SPECTER_CI": "0"}, {"SPECTER_CI": ""}):
            done = need(False, **environment)
            self.assertEqual((done.returncode, done.stdout), (77, "skipped: a moon is needed\n"))

    def test_in_CI_it_fails(self):
        done = need(False, SPECTER_CI="1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("FAILED  a moon is needed", done.stdout)


class Suites(unittest.TestCase):
    """Each asks for what it needs: on this PATH there is nothing."""

    def check(self, *command, **environment):
        done = run(*command, **environment)
        self.assertEqual(done.returncode, 77, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"^skipped: \S")
        self.assertEqual(run(*command, **environment, SPECTER_CI="1").returncode, 1)

    def test_browsers(self):
        for name, *arguments in (("browsers", "chromium-firefox"), ("dtls", "firefox"), ("warp",), ("bulk", "chromium"),
                                 ("media_offers", "firefox"), ("glare", "chromium"), ("elixir", "firefox")):
            with self.subTest(name=name):
                self.check(sys.executable, TESTS / "interop" / f"test_{name}.py", *arguments, PATH="/nowhere")

    def test_laboratories(self):
        for path in sorted((TESTS / "lab").glob("test_*.py")):
            with self.subTest(name=path.name):
                self.check(sys.executable, path, PATH="/nowhere")


if __name__ == "__main__":
    unittest.main()
