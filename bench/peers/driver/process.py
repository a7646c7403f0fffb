"""Two processes of one stack, their signalling, and their costs, measured from outside."""

import json
import os
import queue
import re
import socket
import subprocess
import threading
import time

SCHEDULER_CLOCK = 2  # of clock ids made from a pid, as clock_getcpuclockid(3) makes them
PAGE = os.sysconf("SC_PAGE_SIZE")
CANDIDATE = re.compile(r"^(a=)?(candidate:\S+ \d+ )(\S+)( \d+ )(\S+) (\d+)( typ )(\S+)(.*)$")


class Failed(Exception):
    """A peer that hung, died, or said what it should not; the sentence goes into the table."""


def wait(seconds):
    threading.Event().wait(seconds)


class Peer:
    """One process: commands go in, each is answered by one line. `command` makes its arguments."""

    def __init__(self, command, role, descriptor, log):
        self.role, self.log = role, log
        self.errors = open(log, "ab")
        self.process = subprocess.Popen(
            command(role, descriptor.fileno()), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.errors,
            pass_fds=[descriptor.fileno()], start_new_session=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.about = None

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)  # its end

    def tell(self, op, **fields):
        try:
            self.process.stdin.write(json.dumps({"op": op, **fields}).encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise Failed(self.death()) from error

    def answer(self, op, timeout):
        try:
            line = self.lines.get(timeout=timeout)
        except queue.Empty:
            raise Failed(f"the {self.role} side did not answer {op} in {timeout:.0f} s") from None
        if line is None:
            raise Failed(self.death())
        reply = json.loads(line)
        if "error" in reply:
            raise Failed(f"{op}: {reply['error']}")
        if reply.get("done") != op:
            raise Failed(f"the {self.role} side answered {op} by {line.decode().strip()[:100]}")
        return reply

    def ask(self, op, timeout=10, **fields):
        self.tell(op, **fields)
        return self.answer(op, timeout)

    def death(self):
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            code = "still running"
        said = self.log.read_text(errors="replace").strip().splitlines()
        return f"the {self.role} side died ({code})" + (f": {said[-1][:120]}" if said else "")

    def cpu_seconds(self):
        """User and system, of all its threads, those that ended too: its CPU clock, in ns."""
        try:
            return time.clock_gettime(~self.process.pid << 3 | SCHEDULER_CLOCK)
        except OSError as error:
            raise Failed(self.death()) from error

    def rss_bytes(self):
        try:
            with open(f"/proc/{self.process.pid}/statm") as file:
                return int(file.read().split()[1]) * PAGE
        except OSError as error:
            raise Failed(self.death()) from error

    def end(self):
        try:
            self.tell("quit")
            self.process.wait(timeout=2)
        except (Failed, subprocess.TimeoutExpired):
            self.process.kill()  # by its own handle: nobody else's process
            self.process.wait()
        self.reader.join(timeout=2)
        for file in (self.errors, self.process.stdin, self.process.stdout):
            try:
                file.close()
            except OSError:
                pass  # what was left to be told to one that is gone


class Relay:
    """A path between the two; see bench/peers/relay."""

    def __init__(self, program, options):
        self.process = subprocess.Popen([program, *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self.process.stdout.readline())
        self.known = {}

    def stand_for(self, end, address, port):
        """The port to tell the other side in the place of that; None for a second candidate."""
        if self.known.setdefault(end, (address, port)) != (address, port):
            return None
        self.process.stdin.write(f"{end} {address} {port}\n")
        self.process.stdin.flush()
        return self.ports[end]

    def counts(self):
        self.process.stdin.write("count\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=5)
        self.process.stdout.close()


class Signalling:
    """Carries lines from one side to the other, and puts the relay's ports into them."""

    def __init__(self, relay):
        self.relay, self.lock = relay, threading.Lock()
        self.ours, self.theirs = zip(socket.socketpair(), socket.socketpair())
        for source, end, target in ((0, "a", 1), (1, "b", 0)):
            threading.Thread(target=self.carry, args=(self.ours[source], end, self.ours[target]),
                             daemon=True).start()

    def carry(self, source, end, target):
        try:
            for line in source.makefile("rb"):
                if line := self.rewritten(json.loads(line), end):
                    target.sendall(json.dumps(line).encode() + b"\n")
        except OSError:
            pass  # the end of a run

    def rewritten(self, line, end):
        if "candidate" in line:
            text = self.candidate(line["candidate"]["candidate"], end)
            if text is None:
                return None
            line["candidate"]["candidate"] = text
        if "description" in line:
            lines = [self.candidate(one, end) if one.startswith("a=candidate:") else one
                     for one in line["description"]["sdp"].splitlines()]
            line["description"]["sdp"] = "".join(f"{one}\r\n" for one in lines if one is not None)
        return line

    def candidate(self, text, end):
        """One host candidate for UDP and IPv4 goes through, as the relay's; no other."""
        found = CANDIDATE.match(text)
        if not found:
            return None
        prefix, before, protocol, priority, address, port, typ, kind, rest = found.groups()
        if protocol.lower() != "udp" or kind != "host" or not re.match(r"[\d.]+$", address):
            return None
        with self.lock:
            port = self.relay.stand_for(end, address, int(port))
        if port is None:
            return None
        return f"{prefix or ''}{before}{protocol}{priority}{address} {port}{typ}{kind}{rest}"

    def end(self):
        for one in (*self.ours, *self.theirs):
            one.close()


class Pair:
    """Both sides; `with Pair(...) as (offer, answer, relay)`."""

    def __init__(self, command, log_folder, name, relay_program=None, path=None):
        self.command, self.log = command, log_folder / name
        self.relay_program, self.path = relay_program, path
        self.peers, self.relay, self.signalling = [], None, None

    def __enter__(self):
        try:
            if self.path is not None:
                self.relay = Relay(self.relay_program, self.path)
                self.signalling = Signalling(self.relay)
                descriptors = self.signalling.theirs
            else:
                descriptors = socket.socketpair()
            for role, descriptor in zip(("offer", "answer"), descriptors):
                log = self.log.with_suffix(f".{role}.log")
                log.unlink(missing_ok=True)
                self.peers.append(Peer(self.command, role, descriptor, log))
            for descriptor in descriptors:
                descriptor.close()
            for peer in self.peers:
                peer.about = peer.answer("ready", 20)
        except BaseException:
            self.__exit__()
            raise
        return (*self.peers, self.relay)

    def __exit__(self, *_):
        for peer in self.peers:
            peer.end()
        if self.relay:
            self.relay.end()
        if self.signalling:
            self.signalling.end()
