#!/usr/bin/python3
"""Each kind of router at either side, with a STUN server: which pairs connect, and that the others give a reason.

    tests/lab/test_nat.py [--all] [--only 'sym - port']
"""

import itertools

from calls import Call, Case, expect, main
from network import Town

KINDS = ("open", "full", "addr", "port", "sym")
OPEN_SECONDS = 5
# Patience for a path that may yet begin to work (RFC 8863 §4), and a little.
FAIL_SECONDS = 50


def can_meet(one, other):
    """A symmetric router's port towards the peer is not the one that the STUN server saw, so who admits
    a known port alone never hears of it. Until there are relays that is the end."""
    return not (one == "sym" and other in ("sym", "port") or other == "sym" and one == "port")


def pair(one, other):
    def run(specter):
        with Town(one, other) as town, Call(specter, town.a, town.b, stun=True) as call:
            call.negotiate()
            if can_meet(one, other):
                return f"open after {1000 * call.open_within(OPEN_SECONDS):.0f} ms"
            reasons = call.fail_within(FAIL_SECONDS)
            expect(all(reasons), f"each side says why: {reasons}")
            expect(not any(end.opened.is_set() for end in call.ends), "nothing is open")
            return f"failed: {reasons[0]}"
    return run


SHORT = {("open", "open"), ("open", "sym"), ("full", "port"), ("full", "sym"), ("addr", "sym"), ("sym", "addr"),
         ("port", "addr"), ("port", "port"), ("sym", "open"), ("sym", "full"), ("sym", "sym")}
PAIRS = sorted(itertools.product(KINDS, KINDS), key=lambda kinds: can_meet(*kinds))  # what fails takes longest
main([Case(f"{one} - {other}", pair(one, other), (one, other) in SHORT) for one, other in PAIRS], __doc__)
