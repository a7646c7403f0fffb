#!/usr/bin/python3
"""Our TURN client against coturn, on loopback: allocation, permission, channel, data both ways, refresh, goodbye.
Then our relays on a loop of ours, over UDP, TCP and TLS.

    tests/interop/test_turn.py [--client build/release/tests/interop/turn_client] [--ways .../turn_ways]
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
HOST = "turn.example.org"


def free_port(kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder):
    """One that vouches for itself."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=interop", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", folder / "key.pem", "-out",
         folder / "certificate.pem"], check=True, capture_output=True)


def start(folder, port, tls_port):
    """coturn, once it answers a Binding request."""
    log = open(folder / "turnserver.log", "w")
    server = subprocess.Popen(
        ["turnserver", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
         "--lt-cred-mech", f"--user={USER}:{PASSWORD}", f"--realm={REALM}", "--allow-loopback-peers",
         f"--tls-listening-port={tls_port}", f"--cert={folder}/certificate.pem", f"--pkey={folder}/key.pem",
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


def run_ways(program, kind, port, password=PASSWORD, host=None, authorities=None):
    tls = [host, authorities] if host else []
    return subprocess.run([program, kind, f"127.0.0.1:{port}", USER, password, *tls], capture_output=True, text=True,
                          timeout=60)


def check_ways(program, folder, port, tls_port):
    certificate = folder / "certificate.pem"
    for kind, at, tls in (("udp", port, {}), ("tcp", port, {}),
                          ("tls", tls_port, {"host": HOST, "authorities": certificate})):
        good = run_ways(program, kind, at, **tls)
        print(good.stdout, end="")
        assert good.returncode == 0, f"{kind}: {good.stderr}"
        assert f"relayed over {kind}" in good.stdout, good.stdout
        bad = run_ways(program, kind, at, password="another", **tls)
        assert bad.returncode == 1 and "401 The server does not take these credentials." in bad.stderr, bad.stderr
        assert "another" not in bad.stderr, "a password in an error"
    other = run_ways(program, "tls", tls_port, host="turn.example.com", authorities=certificate)
    assert other.returncode == 1 and "not for the host in its URL" in other.stderr, other.stderr
    plain = run_ways(program, "tls", free_port(socket.SOCK_STREAM), host=HOST, authorities=certificate)
    assert plain.returncode == 1 and "refuses TCP connections" in plain.stderr, plain.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--client", default=ROOT / "build/release/tests/interop/turn_client")
    parser.add_argument("--ways", default=ROOT / "build/release/tests/interop/turn_ways")
    arguments = parser.parse_args()
    client = arguments.client
    machine.need(shutil.which("turnserver"), "coturn is not here")
    machine.need(shutil.which("openssl"), "openssl is not here")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_certificate(folder)
        port, tls_port = free_port(), free_port(socket.SOCK_STREAM)
        server = start(folder, port, tls_port)
        try:
            good, bad = run(client, port, PASSWORD), run(client, port, "another")
            check_ways(arguments.ways, folder, port, tls_port)
        finally:
            server.terminate()
            server.wait(10)
    print(good.stdout, end="")
    assert good.returncode == 0, good.stderr
    assert bad.returncode == 1 and "no allocation" in bad.stderr, "a wrong password got an allocation"
    print("ok: with the password all of it, without it nothing")


if __name__ == "__main__":
    main()
