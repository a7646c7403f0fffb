"""A running `specter peer`, for tests: commands in, events out (docs/peer-protocol.md)."""

import json
import subprocess
import threading
import time


class PeerError(AssertionError):
    pass


class PeerProcess:
    """Events wait in order of arrival until take() asks for them; events whose name is in `handlers`
    are given to that function instead, on the thread that reads them. `prefix`: the words of a program
    that starts it, such as one that enters a network namespace."""

    def __init__(self, binary, *arguments, name="peer", handlers=None, prefix=()):
        self.name = name
        self.handlers = handlers or {}
        self.process = subprocess.Popen([*prefix, binary, "peer", *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.changed = threading.Condition()
        self.events = []
        self.ended = False
        self.failure = None
        self.may_read = threading.Event()
        self.may_read.set()
        self.write_lock = threading.Lock()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        try:
            for line in self.process.stdout:
                event = json.loads(line)
                handler = self.handlers.get(event["event"])
                if handler:
                    handler(event)
                else:
                    with self.changed:
                        self.events.append(event)
                        self.changed.notify_all()
                self.may_read.wait()
        except Exception as error:  # shown by whoever waits
            self.failure = error
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def pause_reading(self):
        self.may_read.clear()

    def resume_reading(self):
        self.may_read.set()

    def send(self, op, **fields):
        self.send_line(json.dumps({"op": op, **fields}).encode())

    def send_line(self, line):
        with self.write_lock:
            self.process.stdin.write(line + b"\n")
            self.process.stdin.flush()

    def take_if(self, fits, timeout, what):
        """The oldest event for which fits(event) holds; the others stay."""
        end = time.monotonic() + timeout
        with self.changed:
            while True:
                for index, event in enumerate(self.events):
                    if fits(event):
                        return self.events.pop(index)
                if self.failure:
                    raise PeerError(f"{self.name}: {self.failure!r}") from self.failure
                left = end - time.monotonic()
                if self.ended or left <= 0:
                    raise PeerError(f"{self.name}: no {what} "
                                    f"{'before its end' if self.ended else f'in {timeout} s'}; "
                                    f"waiting: {self.events[-20:]}")
                self.changed.wait(left)

    def take(self, event, timeout=20, **fields):
        def fits(e):
            return e["event"] == event and all(e.get(k) == v for k, v in fields.items())
        return self.take_if(fits, timeout, f"{event} {fields or ''}")

    def ask(self, op, answer, timeout=20, **fields):
        """Sends a command and takes its answer, known by its ref."""
        ref = f"{op} {time.monotonic_ns()}"
        self.send(op, ref=ref, **fields)
        event = self.take_if(lambda e: e.get("ref") == ref, timeout, f"answer to {op}")
        if event["event"] != answer:
            raise PeerError(f"{self.name}: {op} was answered by {event}")
        return event

    def end_input(self):
        self.process.stdin.close()

    def finish(self, timeout=20):
        """Ends the input; the exit code."""
        if not self.process.stdin.closed:
            self.end_input()
        self.may_read.set()
        code = self.process.wait(timeout)
        self.reader.join(timeout)
        return code

    def stderr(self):
        return self.process.stderr.read().decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.may_read.set()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass


def connect(caller, callee, timeout=30):
    """The signalling between two: descriptions, then candidates until both are connected."""
    offer = caller.ask("create_offer", "offer")
    caller.ask("set_local_description", "local_description_set", type="offer", sdp=offer["sdp"])
    callee.ask("set_remote_description", "remote_description_set", type="offer", sdp=offer["sdp"])
    answer = callee.ask("create_answer", "answer")
    callee.ask("set_local_description", "local_description_set", type="answer", sdp=answer["sdp"])
    caller.ask("set_remote_description", "remote_description_set", type="answer",
               sdp=answer["sdp"])

    def carry(source, target):
        while True:
            event = source.take_if(
                lambda e: e["event"] == "ice_candidate"
                or (e["event"] == "connection_state" and e["state"] in ("connected", "failed")),
                timeout, "candidate or connection")
            if event["event"] == "connection_state":
                if event["state"] == "failed":
                    raise PeerError(f"{source.name}: failed: {event.get('reason')}")
                return
            target.send("add_ice_candidate", candidate=event["candidate"], sdpMid=event["sdpMid"],
                        sdpMLineIndex=event["sdpMLineIndex"],
                        usernameFragment=event["usernameFragment"])

    errors = []

    def carry_and_report(source, target):
        try:
            carry(source, target)
        except Exception as error:
            errors.append(error)

    other_way = threading.Thread(target=carry_and_report, args=(callee, caller))
    other_way.start()
    try:
        carry(caller, callee)
    finally:
        other_way.join()
    if errors:
        raise errors[0]
