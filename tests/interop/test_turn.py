#!/usr/bin/python3
"""Our TURN client with coturn, on loopback: allocation, permission, channel, data both ways, refresh, release.
Then our relays on one of our event loops, over UDP, TCP and TLS.

    tests/interop/test_turn.py [--client build/release/tests/interop/turn_client] [--ways .../turn_ways]
"""

import argparse
import pathlib
import socket
import subprocess
import tempfile

import coturn
from coturn import HOST, PASSWORD, USER, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]


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
    coturn.need()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with coturn.running(folder) as server:
            good, bad = run(client, server.port, PASSWORD), run(client, server.port, "another")
            check_ways(arguments.ways, folder, server.port, server.tls_port)
    print(good.stdout, end="")
    assert good.returncode == 0, good.stderr
    assert bad.returncode == 1 and "no allocation" in bad.stderr, "a wrong password got an allocation"
    print("ok: with the password all of it, without it nothing")


if __name__ == "__main__":
    main()
