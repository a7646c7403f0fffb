#!/usr/bin/python3
"""Paths that are narrower than the interfaces at their ends: with ICMP, and as black holes;
narrow from the beginning, and in the middle of a transfer.

    tests/lab/test_path_mtu.py [--all] [--only 'hole of 576']
"""

import time

from calls import Call, Case, Failed, expect, main
from network import Town

# A black hole costs each flight of DTLS, and each probe, a timeout or two. What is wrong never opens.
OPEN_SECONDS = 10
MESSAGE, COUNT, TRANSFER_SECONDS = 16 << 10, 20, 10
# In virtual time it is 3 s: src/sctp.
SILENCE_SECONDS = 5
AT_ONCE_BYTES = 512 << 10


def messages_both_ways(call):
    begun = time.monotonic()
    for end in call.ends:
        for _ in range(COUNT):
            end.send("x" * MESSAGE)
    for end in call.ends:
        while len(end.arrivals) < COUNT:
            if time.monotonic() - begun > TRANSFER_SECONDS:
                raise Failed(f"{len(end.arrivals)} of {COUNT} messages of {MESSAGE} bytes at "
                             f"{end.peer.name} in {TRANSFER_SECONDS} s")
            time.sleep(0.01)
    return time.monotonic() - begun


def connecting(mtu, black_hole, dtls, ipv6=False):
    def run(specter):
        with Town(ipv6=ipv6) as town:
            town.narrow(mtu, black_hole)
            with Call(specter, town.a, town.b, ["--dtls", dtls]) as call:
                call.negotiate()
                opened = call.open_within(OPEN_SECONDS)
                return f"open after {opened:.1f} s, messages in {messages_both_ways(call):.1f} s"
    return run


def transfer(call, seconds):
    """From `a` to `b`, so much at a time, for so long."""
    sent, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        if (sent - len(call.b.arrivals)) * MESSAGE < AT_ONCE_BYTES:
            call.a.send("x" * MESSAGE)
            sent += 1
        else:
            time.sleep(0.005)


def in_the_middle(mtu, black_hole, dtls="any"):
    def run(specter):
        with Town() as town, Call(specter, town.a, town.b, ["--dtls", dtls]) as call:
            call.negotiate()
            call.open_within(OPEN_SECONDS)
            transfer(call, 2)
            narrowed = time.monotonic()
            town.narrow(mtu, black_hole)
            transfer(call, 8)
            times = [narrowed, *(at for at in list(call.b.arrivals) if at > narrowed), time.monotonic()]
            silence = max(later - at for at, later in zip(times, times[1:]))
            expect(silence <= SILENCE_SECONDS, f"the longest silence is {silence:.1f} s")
            return f"longest silence {silence:.1f} s, {len(times) - 2} messages after it"
    return run


def cases():
    for index, mtu in enumerate((1500, 1280, 1210, 1200, 1100, 900, 576)):
        for black_hole in (False, True):
            kind = f"black hole of {mtu}" if black_hole else f"path of {mtu}"
            for dtls in ("1.2", "1.3"):
                # Each width and kind once with either version, in turn, and all of them with --all.
                short = dtls == ("1.2", "1.3")[(index + black_hole) % 2] and mtu != 1210
                yield Case(f"{kind}, DTLS {dtls}", connecting(mtu, black_hole, dtls), short)
    for black_hole in (False, True):
        kind = "black hole" if black_hole else "path"
        yield Case(f"{kind} of 1280, IPv6", connecting(1280, black_hole, "any", ipv6=True), black_hole)
        for mtu in (1280, 1200, 900, 576):
            yield Case(f"a {kind} of {mtu} in the middle of a transfer", in_the_middle(mtu, black_hole), mtu == 900)
        yield Case(f"a {kind} of 900 in the middle of a transfer, DTLS 1.2", in_the_middle(900, black_hole, "1.2"),
                   False)


main(list(cases()), __doc__)
