#!/usr/bin/env python3
"""`specter rtp`: one stream on this machine, help, and invalid arguments. tests/interop/test_rtp.py has other programs."""

import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

SPECTER = sys.argv.pop(1)
MEDIA = pathlib.Path(__file__).resolve().parents[1] / "data" / "media"
IVF = MEDIA / "libvpx.ivf"
KEY = ["--srtp-profile", "AEAD_AES_128_GCM", "--srtp-key", "00" * 28]


def run(*arguments):
    return subprocess.run([SPECTER, "rtp", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60)


class Rtp(unittest.TestCase):
    def receive(self, *arguments):
        process = subprocess.Popen([SPECTER, "rtp", "receive", "--port", "0", "--address", "127.0.0.1",
                                    *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        port = re.search(r":(\d+)\.", process.stderr.readline())[1]
        return process, port

    def test_a_file_arrives_and_both_say_so(self):
        with tempfile.TemporaryDirectory() as folder:
            got = pathlib.Path(folder) / "got.ivf"
            process, port = self.receive("--codec", "vp8", "--to", got, "--json", *KEY)
            sent = run("send", IVF, "--to", f"127.0.0.1:{port}", *KEY)
            told = json.loads(process.communicate(timeout=60)[0])
            self.assertEqual((sent.returncode, process.returncode), (0, 0), sent.stderr)
            self.assertEqual((told["frames"], told["lost_packets"], told["end"]), (8, 0, "bye"))
            self.assertRegex(sent.stdout, r"^Sent 8 frames of VP8 in \d+ packets")
            self.assertIn("round trip", sent.stdout)
            self.assertTrue(got.read_bytes().startswith(b"DKIF"))

    def test_a_signal_ends_it_with_its_number(self):
        with tempfile.TemporaryDirectory() as folder:
            process, _ = self.receive("--codec", "opus", "--to", pathlib.Path(folder) / "got.ogg")
            process.terminate()
            out, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, -15)
            self.assertIn("Nothing was written", out)

    def test_a_port_in_use_is_named(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            port = other.getsockname()[1]
            result = run("receive", "--port", port, "--address", "127.0.0.1", "--codec", "vp8", "--to", "/tmp/none.ivf")
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"UDP port {port} is in use", result.stderr)

    def test_what_cannot_be_sent_is_named(self):
        for arguments, words in (((MEDIA / "README.md",), "is of an unknown kind"), (("/nowhere.ivf",), "No such file"),
                                 (("/dev/zero", "--codec", "h264"), "no ordinary file"), ((MEDIA,), "is a folder"),
                                 ((IVF, "--codec", "h264"), "is no Annex B file")):
            result = run("send", *arguments, "--to", "127.0.0.1:9")
            self.assertEqual(result.returncode, 1, arguments)
            self.assertIn(words, result.stderr)

    def test_a_wrong_command_line_ends_with_2_and_says_why(self):
        for arguments, words in ((("--srtp-profile", "AEAD_AES_128_GCM", "--srtp-key", "00" * 30), "has 30 bytes"),
                                 (("--srtp-profile", "ROT13", "--srtp-key", "00"), "AEAD_AES_256_GCM"),
                                 (("--payload-type", 72), "--payload-type"), (("--codec", "h265"), "h264"),
                                 (("--mtu", 1), "--mtu"), (("--mid", "a b"), "--mid")):
            result = run("send", IVF, "--to", "127.0.0.1:9", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(words, result.stderr)
            self.assertEqual(result.stdout, "")

    def test_help_fits_a_terminal(self):
        for command in ((), ("send",), ("receive",)):
            result = run(*command, "--help")
            self.assertEqual(result.returncode, 0)
            for line in result.stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)


if __name__ == "__main__":
    unittest.main()
