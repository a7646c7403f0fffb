#!/usr/bin/env python3
"""The completions that `specter completion SHELL` prints, asked of the shells themselves.

Usage: completion_test.py SPECTER
"""
import fcntl
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import machine  # noqa: E402

specter = None  # the command's path


def script(shell):
    return subprocess.run([specter, "completion", shell], capture_output=True, text=True, check=True,
                          timeout=60).stdout


def bash(*words):
    text = script("bash") + (f"COMP_WORDS=({shlex.join(words)})\nCOMP_CWORD={len(words) - 1}\n_specter\n"
                             'printf "%s\\n" "${COMPREPLY[@]}"\n')
    return set(subprocess.run(["bash"], input=text, capture_output=True, text=True, check=True, timeout=60)
               .stdout.split())


def fish(*words, config):
    text = script("fish") + f"complete -C '{' '.join(words)}'\n"
    told = subprocess.run(["fish", "--no-config"], input=text, capture_output=True, text=True, check=True, timeout=60,
                          env=os.environ | {"HOME": config, "XDG_CONFIG_HOME": config, "XDG_DATA_HOME": config})
    assert not told.stderr, told.stderr
    return {line.split("\t")[0] for line in told.stdout.splitlines()}


def zsh(*words, config):
    """What the line editor lists at the end of the line: Control-D, in a terminal."""
    ours, its = os.openpty()
    with open(os.path.join(config, "_specter"), "w", encoding="utf-8") as file:
        file.write(script("zsh"))
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 500, 200, 0, 0))
    process = subprocess.Popen(["zsh", "-f", "-i"], stdin=its, stdout=its, stderr=its, start_new_session=True, cwd=config,
                               env=os.environ | {"TERM": "dumb", "ZDOTDIR": config, "HOME": config})
    os.close(its)
    shown = b""

    def run(line, ends):
        """Types a line, and waits for what the next one prints, and for the prompt, with which the
        editor takes the keys again: before it, the terminal takes Control-D for an end."""
        nonlocal shown
        os.write(ours, line + f"print $(({ends} + 0))\n".encode())
        before = len(shown)
        while not re.search(rb"(?ms)^%d\r?$.*> " % ends, shown[before:]):
            shown += os.read(ours, 65536)
        return shown[before:].decode(errors="replace").rpartition("print")[0]

    try:
        run(b"unsetopt zle_bracketed_paste prompt_sp; PS1='> ' LISTMAX=10000 fpath=($PWD $fpath)\n"
            b"autoload -Uz compinit; compinit -D -u; bindkey -e; zstyle ':completion:*' verbose no\n", 4711)
        listed = run(" ".join(words).encode() + b"\x04\x15", 4712)
        return set(re.findall(r"[\w.-]+", listed))
    finally:
        process.kill()
        process.wait()
        os.close(ours)


class Completion(unittest.TestCase):
    def complete(self, shell, *words):
        """What the shell offers for the last of these words."""
        if shell == "bash":
            return bash("specter", *words)
        with tempfile.TemporaryDirectory() as config:
            if shell == "fish":
                return fish("specter", *words, config=config)
            return zsh("specter", *words, config=config)

    def check(self, shell):
        if not shutil.which(shell):
            self.assertFalse(machine.is_ci(), f"{shell} is not installed; a machine of CI has it")
            machine.without(f"{shell}, which is not installed")
            return
        offered = lambda *words: self.complete(shell, *words)  # noqa: E731
        with self.subTest("commands"):
            found = offered("")
            self.assertLessEqual({"bench", "lifecycle", "peer", "rtp", "sim"}, found)
            self.assertNotIn("latency", found)
        with self.subTest("commands of a command"):
            self.assertLessEqual({"data", "latency", "setup", "memory", "link"}, offered("bench", ""))
        with self.subTest("options"):
            found = offered("bench", "data", "--")
            self.assertIn("--size", found)
            self.assertNotIn("--echo", found)
        with self.subTest("a flag goes before"):
            self.assertIn("--messages", offered("lifecycle", "--json", "--m"))
        with self.subTest("an option's values"):
            self.assertLessEqual({"1.2", "1.3", "any"}, offered("lifecycle", "--json", "--dtls", ""))
        with self.subTest("an argument's values"):
            self.assertLessEqual({"bash", "fish", "zsh"}, offered("completion", ""))

    def test_bash(self):
        self.check("bash")

    def test_fish(self):
        self.check("fish")

    def test_zsh(self):
        ends = machine.terminal()  # none: that is said
        if ends:
            for end in ends:
                os.close(end)
            self.check("zsh")


if __name__ == "__main__":
    specter = os.path.abspath(sys.argv.pop(1))
    unittest.main()
