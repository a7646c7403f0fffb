"""coturn on loopback: a TURN server of another project, over UDP, TCP and TLS, with a self-signed
certificate."""

import contextlib
import dataclasses
import pathlib
import shutil
import socket
import subprocess
import sys
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
         "-subj", "/CN=interop", "-addext", f"subjectAltName=DNS:{HOST},IP:127.0.0.1", "-keyout", folder / "key.pem", "-out",
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


def need():
    machine.need(shutil.which("turnserver"), "coturn is not here")
    machine.need(shutil.which("openssl"), "openssl is not here")


@dataclasses.dataclass
class Server:
    port: int  # UDP and TCP
    tls_port: int
    authorities: pathlib.Path


@contextlib.contextmanager
def running(folder):
    make_certificate(folder)
    port, tls_port = free_port(), free_port(socket.SOCK_STREAM)
    server = start(folder, port, tls_port)
    try:
        yield Server(port, tls_port, folder / "certificate.pem")
    finally:
        server.terminate()
        server.wait(10)
