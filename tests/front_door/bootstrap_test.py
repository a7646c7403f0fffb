#!/usr/bin/env python3
"""scripts/bootstrap on simulated machines, with replaced dpkg-query and apt-get."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

BOOTSTRAP = sys.argv.pop()
TOOLS = ["bash", "env", "dirname", "sed", "awk", "grep", "tr", "id", "cat"]


class Machine:
    """A PATH with few tools on it; apt-get writes what it is asked into a file."""

    def __init__(self, folder, installed, debian=True):
        self.bin = pathlib.Path(folder)
        self.log = self.bin / "apt.log"
        self.log.touch()
        for tool in TOOLS:
            path = subprocess.run(["which", tool], capture_output=True, text=True, check=True)
            (self.bin / tool).symlink_to(path.stdout.strip())
        self.tool("id", "echo 0")
        if debian:
            self.tool("apt-get", f'echo "$*" >> {self.log}')
            known = "\n".join(f"installed {name}" for name in installed)
            self.tool("dpkg-query", f"cat <<'END'\n{known}\nconfig-files clang-19\nEND\nexit 1")

    def tool(self, name, body):
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(f"#!/bin/bash\n{body}\n")
        (self.bin / name).chmod(0o755)

    def bootstrap(self, *arguments, **environment):
        return subprocess.run([BOOTSTRAP, *arguments], capture_output=True, text=True,
                              env={"PATH": str(self.bin)} | environment)

    def apt_calls(self):
        return self.log.read_text().splitlines()


class Bootstrap(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="specter-bootstrap-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def packages(self, *groups):
        done = subprocess.run([BOOTSTRAP, "--print", *groups], capture_output=True, text=True,
                              env=os.environ, check=True)
        return done.stdout.split()

    def test_leaves_apt_alone_when_all_is_there(self):
        machine = Machine(self.folder, self.packages())
        self.assertEqual(machine.bootstrap().returncode, 0)
        self.assertEqual(machine.apt_calls(), [])

    def test_updates_and_installs_only_what_is_missing(self):
        there = [p for p in self.packages("build", "elixir") if p not in ("g++", "elixir")]
        machine = Machine(self.folder, there)
        done = machine.bootstrap("build", "elixir")
        self.assertEqual(done.returncode, 0, done.stderr)
        update, install = machine.apt_calls()
        self.assertTrue(update.endswith("update"), update)
        self.assertEqual(install.split("--no-install-recommends ")[1].split(), ["g++", "elixir"])

    def test_what_apt_says_is_shown_when_it_fails_and_only_then(self):
        machine = Machine(self.folder, [])
        machine.tool("apt-get", 'echo "Unpacking"; echo "E: full" >&2; [[ $* = *update ]]')
        done = machine.bootstrap("elixir")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Unpacking\nE: full\nbootstrap: apt-get install failed\n", done.stderr)
        machine.tool("apt-get", 'echo "Unpacking"; echo "delayed" >&2')
        done = machine.bootstrap("elixir")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn("Unpacking", done.stdout)

    def test_what_an_architecture_lacks_is_left_out_there(self):
        machine = Machine(self.folder, [])
        for architecture, has_it in (("amd64", True), ("arm64", False)):
            machine.tool("dpkg", f"echo {architecture}")
            printed = machine.bootstrap("--print", "build").stdout.split()
            self.assertEqual("libipsec-mb-dev" in printed, has_it, architecture)
            self.assertIn("libssl-dev", printed)

    def test_a_removed_package_with_its_settings_left_is_missing(self):
        there = [p for p in self.packages("lint") if p != "clang-19"]
        machine = Machine(self.folder, there)
        machine.bootstrap("lint")
        self.assertTrue(machine.apt_calls()[-1].endswith(" clang-19"), machine.apt_calls())

    def test_groups_are_chosen_by_name(self):
        self.assertIn("chromium", self.packages("browsers"))
        self.assertNotIn("g++", self.packages("browsers"))
        self.assertLess(set(self.packages("build", "browsers")), set(self.packages()))

    def test_the_library_alone_takes_less_than_the_command_and_the_tests(self):
        library, command = set(self.packages("library")), set(self.packages("command"))
        self.assertIn("libssl-dev", library)
        self.assertFalse(library & command)
        self.assertLess(library | command, set(self.packages("build")))
        for package in ("libgtest-dev", "libogg-dev", "libcli11-dev"):
            self.assertNotIn(package, library)

    def test_an_unknown_group_is_refused_with_the_known_ones(self):
        done = Machine(self.folder, []).bootstrap("bulid")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there are: library command build elixir browsers interop lab lint", done.stderr)

    def test_another_system_gets_the_list_and_a_way_on(self):
        machine = Machine(self.folder, [], debian=False)
        done = machine.bootstrap("build")
        self.assertEqual(done.returncode, 1)
        self.assertIn("libssl-dev", done.stderr)
        self.assertEqual(machine.bootstrap("build", SPECTER_BOOTSTRAP="skip").returncode, 0)


unittest.main()
