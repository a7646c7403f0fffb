#!/usr/bin/python3
"""A path between two hosts that begins to work long after their signalling; and an answer that
comes late.

    tests/lab/test_late_path.py [--all]
"""

import time

from calls import Call, Case, main
from network import Town

# In virtual time it is 1 s: src/ice. What is wrong sends no check at all by then.
OPEN_SECONDS = 2


def path(kind, seconds):
    def run(specter):
        with Town(kind, kind) as town, Call(specter, town.a, town.b, stun=kind != "open") as call:
            town.part()
            call.negotiate()
            time.sleep(seconds)
            joined = time.monotonic()
            town.join()
            return f"open {1000 * call.open_within(OPEN_SECONDS, since=joined):.0f} ms after it works"
    return run


def answer(seconds):
    def run(specter):
        with Town() as town, Call(specter, town.a, town.b) as call:
            call.negotiate(answer_late=seconds)
            return f"open {1000 * call.open_within(OPEN_SECONDS):.0f} ms after the answer"
    return run


main([
    Case("routed, after 8 s", path("open", 8)),
    Case("routed, after 15 s", path("open", 15)),
    Case("NAT, after 8 s", path("port", 8)),
    Case("NAT, after 15 s", path("port", 15)),
    Case("routed, after 25 s", path("open", 25), short=False),
    Case("NAT, after 25 s", path("port", 25), short=False),
    Case("the answer comes after 35 s", answer(35), short=False),
], __doc__)
