#!/usr/bin/env python3
"""specter sim: its output, its exit codes, and invalid arguments."""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SPECTER = sys.argv.pop(1)


def run(*arguments):
    return subprocess.run([SPECTER, "sim", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=100)


def hash_of(result):
    return re.search(r"hash ([0-9a-f]{16})", result.stdout)[1]


class Sim(unittest.TestCase):
    def test_a_swarm_is_the_same_on_any_number_of_threads(self):
        one = run("--seeds", "60", "--jobs", "1")
        many = run("--seeds", "60", "--jobs", "4")
        for result in (one, many):
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            self.assertEqual(result.stderr, "")
            self.assertIn("60 seeds: ", result.stdout)
        self.assertEqual(hash_of(one), hash_of(many))

    def test_a_seed_is_told_and_comes_back_from_its_plan(self):
        told = run("--seed", "5", "--story")
        self.assertEqual(told.returncode, 0, told.stdout)
        self.assertIn("a and b begin", told.stdout)
        self.assertIn("the world heals", told.stdout)
        self.assertEqual(hash_of(told), hash_of(run("--seed", "5")))

    def test_plans_are_lived(self):
        with tempfile.TemporaryDirectory() as folder:
            plan = pathlib.Path(folder, "one.plan")
            plan.write_text("# rebinding\nseed 3\nheals 9000\nnat side=a b=1 c=400\n"
                            "rebinding side=a at=4000\n", encoding="ascii")
            result = run("--plan", str(plan), str(plan))
            self.assertEqual(result.returncode, 0, result.stdout)
            self.assertEqual(result.stdout.count("It goes well: connected"), 2)
            plan.write_text("seed 3\nheals 9000\nhunger side=a\n", encoding="ascii")
            result = run("--plan", str(plan))
            self.assertEqual(result.returncode, 2)
            self.assertIn("one.plan", result.stderr)

    def test_only_what_is_named_is_drawn(self):
        table = run("--seeds", "50", "--only", "nat,owner", "--table")
        self.assertEqual(table.returncode, 0, table.stdout)
        self.assertRegex(table.stdout, r"(?m)^nat +[1-9]\d* ")
        self.assertRegex(table.stdout, r"(?m)^loss +0 ")
        wrong = run("--only", "weather")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("loss", wrong.stderr, "the names that there are")

    def test_sctp_alone(self):
        result = run("--sctp", "--seeds", "500")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("500 seeds: ", result.stdout)


if __name__ == "__main__":
    unittest.main()
