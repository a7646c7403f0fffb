#!/usr/bin/env python3
"""Two `specter peer` processes exchange messages of all sizes over real UDP, and each byte is checked.

    two_peers.py --specter build/release/specter            both send, 10,000 messages in all
    two_peers.py --specter … --mode echo --messages 2000        one sends, the other echoes
    two_peers.py --specter … --mode flood                       a receiver that stops reading

This program is their signalling: it carries descriptions and candidates from one to the other. On an
ordered channel the messages must come in the order of sending, on an unordered one each exactly once.
"""

import argparse
import base64
import collections
import hashlib
import json
import math
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from peer_process import PeerProcess, connect  # noqa: E402

KIB = 1024
LARGEST = 256 * KIB
CHANNELS = {"ordered": True, "unordered": False}  # label: ordered
# Sent and not yet received: below the send buffer of 16 MiB, so that no send says WouldBlock.
WINDOW_BYTES = 6 * KIB * KIB
PATIENCE = 60  # seconds without any message before it counts as a failure


def size_of(rng):
    """Mostly small; a few of every order of magnitude up to the largest."""
    low, high = rng.choices([(1, 2 * KIB), (2 * KIB, 32 * KIB), (32 * KIB, LARGEST)],
                            weights=[80, 15, 5])[0]
    return min(high, round(math.exp(rng.uniform(math.log(low), math.log(high)))))


def message_of(rng, size):
    """(kind, bytes): binary of any bytes, or text with characters of one to four bytes."""
    if rng.random() < 0.5:
        return "binary", rng.randbytes(size)
    alphabet = "abcdefghijklmnopqrstuvwxyz 0123456789\n\"\\äöüß€漢字👻"
    text = ("".join(rng.choices(alphabet, k=min(size, 512))) * (size // 512 + 1)).encode()[:size]
    # A character cut in two at the end is replaced byte by byte, so that the size stays.
    whole = text.decode(errors="ignore").encode()
    return "text", whole + b"." * (size - len(whole))


def digest_of(kind, data):
    return kind[:1] + hashlib.sha256(data).hexdigest()


def data_of(event):
    return event["text"].encode() if "text" in event else base64.b64decode(event["base64"])


class Flow:
    """Messages from one side: what was sent, held against what came."""

    def __init__(self, name):
        self.name = name
        self.changed = threading.Condition()
        self.sequences = {label: collections.deque() for label, ordered in CHANNELS.items() if ordered}
        self.bags = {label: collections.Counter() for label, ordered in CHANNELS.items() if not ordered}
        self.in_flight = 0
        self.sent = self.received = self.bytes = 0
        self.kinds = collections.Counter()
        self.error = None

    def wait_for_room(self, size):
        with self.changed:
            if not self.changed.wait_for(
                    lambda: self.error or self.in_flight + size <= WINDOW_BYTES, PATIENCE):
                self.error = f"nothing came for {PATIENCE} s"
            return not self.error

    def add(self, label, kind, data):
        with self.changed:
            digest = digest_of(kind, data)
            if label in self.bags:
                self.bags[label][digest] += 1
            else:
                self.sequences[label].append(digest)
            self.sent += 1
            self.kinds[label, kind] += 1
            self.in_flight += len(data)

    def handle(self, label, event):
        data = data_of(event)
        digest = digest_of(event["kind"], data)
        with self.changed:
            if label in self.bags:
                fits = self.bags[label][digest] > 0
                self.bags[label][digest] -= 1
            else:
                fits = bool(self.sequences[label]) and self.sequences[label].popleft() == digest
            if not fits and not self.error:
                self.error = (f"message {self.received + 1} on {label}, {event['kind']} of "
                              f"{len(data)} bytes, is not the one that was sent")
            self.received += 1
            self.bytes += len(data)
            self.in_flight -= len(data)
            self.changed.notify_all()

    def wait_for_all(self, total):
        with self.changed:
            seen = -1
            while not self.error and self.received < total and seen != self.received:
                seen = self.received
                self.changed.wait_for(lambda: self.error or self.received >= total, PATIENCE)
            if not self.error and self.received < total:
                self.error = f"{self.received} of {total} messages came, and no more in {PATIENCE} s"


class Side:
    def __init__(self, binary, name, *arguments):
        self.channels = {}  # number: label
        self.incoming = None  # the Flow of what arrives here
        self.echoed = 0
        self.peer = PeerProcess(binary, *arguments, name=name,
                                handlers={"message": self.handle_message,
                                          "buffered_amount_low": lambda event: None})

    def handle_message(self, event):
        if "bytes" in event:  # an echoing side tells only the size
            self.echoed += 1
        else:
            self.incoming.handle(self.channels[event["channel"]], event)

    def number_of(self, label):
        return next(number for number, known in self.channels.items() if known == label)

    def send_all(self, flow, count, seed):
        rng = random.Random(seed)
        numbers = {label: self.number_of(label) for label in CHANNELS}
        try:
            for index in range(count):
                # The limits first, then whatever the dice say.
                size = (1, LARGEST, 0)[index] if index < 3 else size_of(rng)
                label = rng.choice(list(CHANNELS))
                kind, data = message_of(rng, size)
                if not flow.wait_for_room(size):
                    return
                flow.add(label, kind, data)
                content = ({"text": data.decode()} if kind == "text"
                           else {"base64": base64.b64encode(data).decode()})
                self.peer.send_line(json.dumps({"op": "send", "channel": numbers[label], **content},
                                               ensure_ascii=False).encode())
        except Exception as error:
            flow.error = f"{self.peer.name} could not send: {error!r}"


def open_channels(a, b):
    for label, ordered in CHANNELS.items():
        created = a.peer.ask("create_data_channel", "data_channel_created", label=label,
                             ordered=ordered)
        a.channels[created["channel"]] = label
    connect(a.peer, b.peer)
    for label, ordered in CHANNELS.items():
        a.peer.take("data_channel_open", label=label)
        announced = b.peer.take("data_channel", label=label)
        check(announced["ordered"] == ordered, f"{label} is announced as {announced}")
        b.channels[announced["channel"]] = label


def check(holds, sentence):
    if not holds:
        raise AssertionError(sentence)


def show_progress(flows, total, begun, stop):
    is_terminal = sys.stderr.isatty()
    while not stop.wait(0.5 if is_terminal else 10):
        received = sum(flow.received for flow in flows)
        line = (f"{received:6} of {total} messages, {sum(f.bytes for f in flows) / KIB / KIB:7.1f} MiB, "
                f"{time.monotonic() - begun:5.1f} s")
        print(("\r" if is_terminal else "") + line, end="" if is_terminal else "\n",
              file=sys.stderr, flush=True)
    if is_terminal:
        print(file=sys.stderr)


def exchange(options):
    echo = options.mode == "echo"
    a = Side(options.specter, "a", "--loopback", options.loopback)
    b = Side(options.specter, "b", "--loopback", options.loopback, *(["--echo"] if echo else []))
    with a.peer, b.peer:
        begun = time.monotonic()
        open_channels(a, b)
        opened = time.monotonic()

        if echo:
            flows = [Flow("a to b and back")]
            a.incoming = flows[0]
            plan = [(a, flows[0], options.messages, options.seed)]
        else:
            flows = [Flow("a to b"), Flow("b to a")]
            b.incoming, a.incoming = flows
            half = options.messages // 2
            plan = [(a, flows[0], options.messages - half, options.seed),
                    (b, flows[1], half, options.seed + 1)]
        stop = threading.Event()
        progress = threading.Thread(target=show_progress, args=(flows, options.messages, opened, stop))
        senders = [threading.Thread(target=side.send_all, args=(flow, count, seed))
                   for side, flow, count, seed in plan]
        for thread in [progress, *senders]:
            thread.start()
        for (_, flow, count, _), sender in zip(plan, senders):
            flow.wait_for_all(count)
            sender.join(PATIENCE)
        stop.set()
        progress.join()
        took = time.monotonic() - opened

        for (_, flow, count, _) in plan:
            check(not flow.error, f"{flow.name}: {flow.error}")
            check(flow.sent == flow.received == count, f"{flow.name}: {flow.sent} {flow.received}")
            check(len(flow.kinds) == 4, f"{flow.name}: not each channel saw both kinds")
        # What the connection counts is what we counted.
        stats = a.peer.ask("get_stats", "stats")["stats"]
        counted = sum(channel["messages_received"] for channel in stats["data_channels"])
        check(counted == flows[-1].received, f"a's stats count {counted} messages received")
        errors = [e for side in (a, b) for e in side.peer.events if e["event"] == "error"]
        check(not errors, f"errors: {errors[:5]}")

        a.peer.send("close")
        a.peer.take("closed")
        b.peer.take("data_channel_closed", label="ordered")
        codes = a.peer.finish(), b.peer.finish()
        check(codes == (0, 0), f"exit codes {codes}: {a.peer.stderr()}{b.peer.stderr()}")
        if echo:  # b's output is read to its end only now; its echoes came here before its word of them
            check(b.echoed == options.messages, f"b echoed {b.echoed} messages")

        total_bytes = sum(flow.bytes for flow in flows) * (2 if echo else 1)
        transport = stats["transport"]
        pair = next(p for p in stats["candidate_pairs"] if p["selected"])
        print(f"connected and open in {(opened - begun) * 1000:.0f} ms over "
              f"{pair['local']['address']} ({pair['local']['type']}), {transport['tls_version']}, "
              f"{transport['dtls_cipher']}")
        for flow in flows:
            print(f"{flow.name}: {flow.received} messages, {flow.bytes / KIB / KIB:.1f} MiB, "
                  f"each byte as it was sent")
        print(f"{took:.1f} s: {options.messages * (2 if echo else 1) / took:.0f} messages/s, "
              f"{total_bytes / took / 1e6:.1f} MB/s, retransmissions {stats['sctp']['retransmissions']}")


def flood(options):
    """A receiver that does not read: the sender is told WouldBlock at a bound, later that there is
    room again, and in the end nothing is lost."""
    a = Side(options.specter, "a", "--loopback", options.loopback)
    b = Side(options.specter, "b", "--loopback", options.loopback)
    lows = threading.Semaphore(0)
    a.peer.handlers["buffered_amount_low"] = lambda event: lows.release()
    with a.peer, b.peer:
        open_channels(a, b)
        channel = a.number_of("ordered")
        a.peer.ask("set_buffered_amount_low_threshold", "done", channel=channel, bytes=KIB * KIB)
        flow = b.incoming = Flow("a to b")
        rng = random.Random(options.seed)

        def offer(data):
            encoded = base64.b64encode(data).decode()
            ref = f"send {flow.sent}"
            a.peer.send("send", channel=channel, base64=encoded, ref=ref)
            answer = a.peer.take_if(lambda e: e.get("ref") == ref, PATIENCE, "answer to send")
            if answer["event"] == "done":
                flow.add("ordered", "binary", data)
                return True
            check(answer["name"] == "WouldBlock", f"send was answered by {answer}")
            return False

        b.peer.pause_reading()
        bound = 64 * KIB * KIB
        data = rng.randbytes(LARGEST)
        while offer(data):
            check(flow.in_flight <= bound,
                  f"{flow.in_flight} bytes were taken and nobody reads them")
            data = rng.randbytes(LARGEST)
        held = flow.in_flight
        while lows.acquire(blocking=False):
            pass  # from the time before the buffer was full
        b.peer.resume_reading()
        check(lows.acquire(timeout=PATIENCE), "no buffered_amount_low after WouldBlock")
        check(offer(data), "still no room after buffered_amount_low")
        flow.wait_for_all(flow.sent)
        check(not flow.error, flow.error)
        codes = a.peer.finish(), b.peer.finish()
        check(codes == (0, 0), f"exit codes {codes}: {a.peer.stderr()}{b.peer.stderr()}")
        print(f"WouldBlock after {held / KIB / KIB:.1f} MiB that nobody read; then room again, and all "
              f"{flow.received} messages came as they were sent")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specter", required=True, help="the program")
    parser.add_argument("--mode", choices=["both", "echo", "flood"], default="both")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--loopback", choices=["include", "only", "fallback"], default="include")
    options = parser.parse_args()
    try:
        flood(options) if options.mode == "flood" else exchange(options)
    except AssertionError as error:
        sys.exit(f"FAILED (seed {options.seed}): {error}")


if __name__ == "__main__":
    main()
