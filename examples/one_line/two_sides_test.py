#!/usr/bin/env python3
"""chat and send_file with two sides: this test carries their lines."""

import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1))


class Side:
    def __init__(self, case, *words):
        self.process = subprocess.Popen([PROGRAM, *map(str, words)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.heard = []
        case.addCleanup(self.end)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def type(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self, holds):
        """The next line of which that is true; what came instead when there is none."""
        for line in self.process.stdout:
            self.heard.append(line.rstrip("\n"))
            if holds(self.heard[-1]):
                return self.heard[-1]
        raise AssertionError("it ended without that line:\n" + "\n".join(self.heard))

    def line(self):
        return self.hear(lambda line: line.startswith("specter:"))

    def wait(self):
        rest = self.process.stdout.read()
        return self.process.wait(20), rest


def introduce(inviting, joining):
    line = inviting.line()
    joining.type("hello?")  # no such line: it asks again
    joining.hear(lambda text: "Again" in text)
    joining.type(line[:-9])  # not all of it
    joining.hear(lambda text: "Again" in text)
    joining.type(f"  {line} ")
    answer = joining.line()
    inviting.type(answer)
    return line, answer


class Chat(unittest.TestCase):
    def test_two_people_talk_until_one_leaves(self):
        alice, bob = Side(self, "invite"), Side(self, "join")
        for line in introduce(alice, bob):
            self.assertLess(len(line), 1000)  # a terminal takes it
        for side in (alice, bob):
            side.hear(lambda line: line.startswith("Connected"))
        alice.type("hello, Bob")
        bob.hear(lambda line: line == "they: hello, Bob")
        bob.type("Grüße")
        bob.type("and good bye")
        alice.hear(lambda line: line == "they: Grüße")
        alice.hear(lambda line: line == "they: and good bye")
        bob.process.stdin.close()
        self.assertEqual(bob.wait()[0], 0)
        alice.hear(lambda line: line.startswith("("))
        self.assertEqual(alice.wait()[0], 0)

    def test_who_gives_no_line_is_told_so(self):
        alice = Side(self, "invite")
        alice.line()
        alice.process.stdin.close()
        code, said = alice.wait()
        self.assertEqual(code, 1)
        self.assertIn("did not come", said)


class SendFile(unittest.TestCase):
    def send(self, size, there=None):
        folder = tempfile.TemporaryDirectory(prefix="specter-send-file-")
        self.addCleanup(folder.cleanup)
        file = pathlib.Path(folder.name) / "from" / "data.bin"
        to = pathlib.Path(folder.name) / "to"
        file.parent.mkdir()
        to.mkdir()
        file.write_bytes(random.Random(size).randbytes(size))
        if there is not None:
            (to / file.name).write_bytes(there)
        sender, receiver = Side(self, "send", file), Side(self, "receive", to)
        introduce(sender, receiver)
        return sender.wait(), receiver.wait(), file, to / file.name

    def test_a_file_comes_whole(self):
        for size in (0, 1, 20_000_001):
            with self.subTest(size=size):
                (sent, said), (received, heard), file, copy = self.send(size)
                self.assertEqual((sent, received), (0, 0), said + heard)
                self.assertEqual(copy.read_bytes(), file.read_bytes())
                self.assertIn("MB/s", said)
                self.assertIn("the other side says: ok", said)
                self.assertIn("size and checksum are right", heard)
                self.assertEqual([p.name for p in copy.parent.iterdir()], [file.name])

    def test_nothing_is_overwritten(self):
        for size in (100_000, 20_000_001):
            with self.subTest(size=size):
                (sent, said), (received, _), _, copy = self.send(size, there=b"mine")
                self.assertEqual((sent, received), (1, 1))
                self.assertIn("the other side says: there is such a file already", said)
                self.assertEqual(copy.read_bytes(), b"mine")


if __name__ == "__main__":
    unittest.main(defaultTest={"chat": "Chat", "send_file": "SendFile"}[PROGRAM.name])
