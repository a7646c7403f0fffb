#!/usr/bin/python3
"""Our TURN client against coturn, on loopback: allocation, permission, channel, data both ways, refresh, goodbye.

    tests/interop/test_turn.py [--client build/release/tests/interop/turn_client]
"""

import argparse
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import machine  # noqa: E402

USER, PASSWORD, REALM = "interop", "a password", "example.org"


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, port):
    """coturn, once it answers a Binding request."""
    log = open(folder / "turnserver.log", "w")
    server = subprocess.Popen(
        ["turnserver", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
         "--lt-cred-mech", f"--user={USER}:{PASSWORD}", f"--realm={REALM}", "--allow-loopback-peers", "--no-tls",
         "--no-dtls", "--no-cli", "--cli-password=unused", f"--userdb={folder}/users", f"--pidfile={folder}/pid",
         "--log-file=stdout"], stdout=log, stderr=subprocess.STDOUT)
    question = bytes.fromhex("000100002112a442") + b"are you here"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        for _ in range(100):
            probe.sendto(question, ("127.0.0.1", port))
            try:
                probe.recv(2048)
                return server
            except (TimeoutError, ConnectionRefusedError):
                if server.poll() is not None:
                    break
                time.sleep(0.05)
    server.kill()
    raise AssertionError("coturn does not answer:\n" + (folder / "turnserver.log").read_text())


def run(client, port, password):
    return subprocess.run([client, f"127.0.0.1:{port}", USER, password], capture_output=True, text=True, timeout=60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--client", default=ROOT / "build/release/tests/interop/turn_client")
    client = parser.parse_args().client
    machine.need(shutil.which("turnserver"), "coturn is not here")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        port = free_port()
        server = start(folder, port)
        try:
            good, bad = run(client, port, PASSWORD), run(client, port, "another")
        finally:
            server.terminate()
            server.wait(10)
    print(good.stdout, end="")
    assert good.returncode == 0, good.stderr
    assert bad.returncode == 1 and "no allocation" in bad.stderr, "a wrong password got an allocation"
    print("ok: with the password all of it, without it nothing")


if __name__ == "__main__":
    main()
