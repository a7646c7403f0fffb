"""Two `specter peer` in one of the networks, and what is expected of them; runs a file of cases."""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import traceback

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "cli"), str(TESTS / "support")]
import machine  # noqa: E402
from network import STUN_URL, TOOLS  # noqa: E402
from peer_process import PeerProcess  # noqa: E402

SPECTER = TESTS.parent / "build" / "release" / "specter"
MESSAGE_EVERY = 0.1
AT_ONCE = 4  # laboratories of one file


class Failed(AssertionError):
    pass


def expect(holds, sentence):
    if not holds:
        raise Failed(sentence)


class End:
    """One side of a call. Its candidates wait until they may be carried."""

    def __init__(self, specter, name, space, options):
        self.lock = threading.Lock()
        self.early, self.other = [], None
        self.opened = threading.Event()
        self.failed = threading.Event()
        self.channel, self.is_connected, self.reason = None, False, None
        self.arrivals, self.told, self.candidates = [], [], []
        self.peer = PeerProcess(specter, *options, name=name, prefix=space.prefix, handlers={
            "ice_candidate": self._candidate, "ice_gathering_state": self._gathering,
            "data_channel_open": self._open, "message": self._message,
            "connection_state": self._state, "error": self._error})

    def _carry(self, candidate):
        with self.lock:
            if self.other is None:
                self.early.append(candidate)
            else:
                self.other.send("add_ice_candidate", **candidate)

    def carry_to(self, other):
        with self.lock:
            self.other = other
            for candidate in self.early:
                other.send("add_ice_candidate", **candidate)

    def _candidate(self, event):
        fields = ("candidate", "sdpMid", "sdpMLineIndex", "usernameFragment")
        self.candidates.append(event["candidate"])
        self._carry({field: event[field] for field in fields if event.get(field) is not None})

    def _gathering(self, event):
        if event["state"] == "complete":  # W3C webrtc-pc §4.8.1.3: an empty one says so
            self._carry({"candidate": "", "sdpMid": "0"})

    def _open(self, event):
        self.channel = event["channel"]
        self.opened.set()

    def _state(self, event):
        self.told.append(event)
        self.is_connected = event["state"] == "connected"
        if event["state"] == "failed":
            self.reason = event.get("reason")
            self.failed.set()

    def _error(self, event):
        if event.get("ref"):  # somebody waits for it
            with self.peer.changed:
                self.peer.events.append(event)
                self.peer.changed.notify_all()
        self.told.append(event)

    def _message(self, event):
        self.arrivals.append(time.monotonic())

    def send(self, text):
        self.peer.send("send", channel=self.channel, text=text)

    def pairs(self):
        return self.peer.ask("get_stats", "stats")["stats"]["candidate_pairs"]


class Call:
    """`a` offers, and so controls: RFC 8445 §6.1.1."""

    def __init__(self, specter, a, b, options=(), stun=False):
        options = [*options, *(["--ice-server", STUN_URL] if stun else [])]
        self.a = End(specter, "a", a, options)
        self.b = End(specter, "b", b, options)
        self.ends = (self.a, self.b)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        for end in self.ends:
            if kind:
                error.add_note(f"{end.peer.name} was told: {end.told}")
            end.peer.__exit__()

    def negotiate(self, answer_late=0.0):
        """Returns when both have both descriptions and their candidates are under way."""
        a, b = self.a.peer, self.b.peer
        a.ask("create_data_channel", "data_channel_created", label="lab")
        offer = a.ask("create_offer", "offer")["sdp"]
        a.ask("set_local_description", "local_description_set", type="offer", sdp=offer)
        b.ask("set_remote_description", "remote_description_set", type="offer", sdp=offer)
        self.a.carry_to(b)
        answer = b.ask("create_answer", "answer")["sdp"]
        b.ask("set_local_description", "local_description_set", type="answer", sdp=answer)
        time.sleep(answer_late)
        a.ask("set_remote_description", "remote_description_set", type="answer", sdp=answer)
        self.b.carry_to(a)
        self.begun = time.monotonic()

    def open_within(self, seconds, since=None):
        """How long it took until the channel was open on both sides."""
        since = since or self.begun
        for end in self.ends:
            if not end.opened.wait(max(0.0, since + seconds - time.monotonic())):
                # What is there now says more than that it was not there in time.
                end.opened.wait(10)
                took = time.monotonic() - since
                raise Failed(f"not open at {end.peer.name} within {seconds} s "
                             f"({'but' if end.opened.is_set() else 'nor'} after {took:.1f} s)")
        return time.monotonic() - since

    def fail_within(self, seconds):
        for end in self.ends:
            expect(end.failed.wait(max(0.0, self.begun + seconds - time.monotonic())),
                   f"{end.peer.name} says failed within {seconds} s")
        return [end.reason for end in self.ends]

    def talk(self, seconds):
        """A message each way every MESSAGE_EVERY for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for end in self.ends:
                end.send("x" * 100)
            time.sleep(MESSAGE_EVERY)

    def longest_silence(self, since):
        """The longest time without a message at either side from then until now, with a description."""
        now, found = time.monotonic(), []
        for end in self.ends:
            times = [since, *(at for at in list(end.arrivals) if since < at < now), now]
            found.append(max(later - at for at, later in zip(times, times[1:])))
        return max(found), f"longest silence {found[0]:.1f} s at a, {found[1]:.1f} s at b"


class Case:
    """run(specter) returns what to print; it raises where something is wrong."""

    def __init__(self, name, run, short=True):
        self.name, self.run, self.short = name, run, short


def _tell(case, specter):
    begun = time.monotonic()
    try:
        told = case.run(specter)
    except Exception:
        print(f"FAILED  {case.name} ({time.monotonic() - begun:.1f} s)\n{traceback.format_exc()}", flush=True)
        return False
    print(f"ok      {case.name}: {told} ({time.monotonic() - begun:.1f} s)", flush=True)
    return True


def main(cases, description):
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specter", default=SPECTER)
    parser.add_argument("--all", action="store_true", default=os.environ.get("SPECTER_LAB") == "all",
                        help="also what is too long for `make test`")
    parser.add_argument("--only", default="", help="cases whose name has this")
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    options = parser.parse_args()

    machine.need(os.geteuid() == 0, "the laboratory of networks needs root")
    for tool, package in TOOLS.items():
        machine.need(shutil.which(tool), f"the laboratory needs {tool}; `scripts/bootstrap lab` installs {package}")
    may = subprocess.run(["unshare", "--net", "true"], capture_output=True)
    machine.need(may.returncode == 0, f"the laboratory makes network namespaces: {may.stderr.decode().strip()}")
    chosen = [case for case in cases if (case.short or options.all or options.only) and options.only in case.name]
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        results = list(pool.map(lambda case: _tell(case, options.specter), chosen))
    print(f"{sum(results)} of {len(results)} cases")
    sys.exit(0 if results and all(results) else 1)
