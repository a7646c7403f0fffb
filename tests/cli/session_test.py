#!/usr/bin/env python3
"""Replays the session in docs/peer-protocol.md with two real processes."""

import json
import pathlib
import re
import subprocess
import sys
import unittest

from peer_process import PeerProcess

SPECTER = sys.argv.pop(1)
PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "peer-protocol.md").read_text()
VARIABLE = re.compile(r"<([a-z ]+)>")


def matches(pattern, event, known):
    """Whether an event is as the page shows it: the same fields, the same values, and a value for each
    <name>, which is remembered in `known`."""
    if set(pattern) != set(event):
        return False
    found = {}
    for key, value in pattern.items():
        name = VARIABLE.fullmatch(value) if isinstance(value, str) else None
        if not name:
            if value != event[key]:
                return False
        elif known.get(name[1], event[key]) != event[key] or event[key] is None:
            return False
        else:
            found[name[1]] = event[key]
    known.update(found)
    return True


class Session(unittest.TestCase):
    def test_the_session_on_the_page_goes_as_it_is_written(self):
        session = re.search(r"```session\n(.*?)```", PAGE, re.DOTALL)[1]
        lines = [line for line in session.splitlines() if line]
        self.assertGreater(len(lines), 30)
        known = {}
        with PeerProcess(SPECTER, "--loopback", "include", name="a") as a, \
                PeerProcess(SPECTER, "--loopback", "include", name="b") as b:
            for line in lines:
                who, direction, text = re.fullmatch(r"([ab])([<>]) (.*)", line).groups()
                peer = {"a": a, "b": b}[who]
                if direction == ">":
                    command = {key: known[VARIABLE.fullmatch(value)[1]]
                               if isinstance(value, str) and VARIABLE.fullmatch(value) else value
                               for key, value in json.loads(text).items()}
                    peer.send_line(json.dumps(command).encode())
                else:
                    pattern = json.loads(text)
                    peer.take_if(lambda event: matches(pattern, event, known), 20, text)
            self.assertEqual((a.finish(), b.finish()), (0, 0))
            left = [e for e in a.events + b.events if e["event"] == "error"]
            self.assertEqual(left, [])

    def test_each_command_of_the_program_is_on_the_page_and_no_other(self):
        told = subprocess.run([SPECTER, "peer"], input='{"op":"?"}\n', capture_output=True, text=True,
                              timeout=60).stdout
        known = re.search(r"must be one of ([a-z_, ]+)", told)[1].split(", ")
        table = PAGE[PAGE.index("\n## Commands"):PAGE.index("\n## Events")]
        on_the_page = re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)
        self.assertEqual([op for op in on_the_page if op != "op"], known)  # without the tables' heads


if __name__ == "__main__":
    unittest.main()
