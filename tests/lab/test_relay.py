#!/usr/bin/python3
"""Each kind of router and firewall at either side, with a TURN server: all connect, over a relay where only that helps,
and leave it when a direct path opens later.

    tests/lab/test_relay.py [--all] [--only 'tcp443 - sym']
"""

import itertools
import os
import time

from calls import Call, Case, expect, main
from network import CLOSED, TURN_PASSWORD, TURN_URLS, TURN_USER, Town

KINDS = ("open", "full", "addr", "port", "sym", *CLOSED)
OPEN_SECONDS = 8
SECONDS_OF_TALK = 0.5
# A pair that does not answer is checked after half the time that the search has taken, 25 s at most, when consent wakes
# the device (4 to 6 s), from both sides: src/ice/better_path.cc.
LEFT_SECONDS = 40


def needs_a_relay(one, other):
    """A symmetric router's port towards the peer is not the one that the server saw, so who admits a known port alone
    never hears of it. Of who gets no UDP out nobody hears."""
    if one in CLOSED or other in CLOSED:
        return True
    return one == "sym" and other in ("sym", "port") or other == "sym" and one == "port"


def call_over(specter, town):
    options = ["--ice-username", TURN_USER, "--option", f"authorities_file={town.authorities}"]
    for url in TURN_URLS:
        options += ["--ice-server", url]
    return Call(specter, town.a, town.b, options=options)


def pairs_in_use(call):
    return [next(p for p in end.pairs() if p["selected"]) for end in call.ends]


def has_relay(used):
    return any(p[end]["type"] == "relay" for p in used for end in ("local", "remote"))


def told(used):
    return ", ".join(f"{p['local']['type']} to {p['remote']['type']}" for p in used)


def pair(one, other):
    def run(specter):
        with Town(one, other, relays=True) as town, call_over(specter, town) as call:
            call.negotiate()
            took = call.open_within(OPEN_SECONDS)
            call.talk(SECONDS_OF_TALK)
            used = pairs_in_use(call)
            for end in call.ends:
                expect(end.arrivals, f"{end.peer.name} hears the other")
            if needs_a_relay(one, other):
                expect(has_relay(used), f"the pair in use has a relay: {used}")
            return f"open after {1000 * took:.0f} ms; {told(used)}"
    return run


def opens_late(kind, seconds):
    """Over a relay at first, since nothing passes between the two routers."""
    def run(specter):
        with Town(kind, kind, relays=True) as town, call_over(specter, town) as call:
            town.part()
            call.negotiate()
            call.open_within(OPEN_SECONDS)
            call.talk(seconds)
            before = pairs_in_use(call)
            expect(has_relay(before), f"the pair in use has a relay: {before}")
            joined = time.monotonic()
            town.join()
            while has_relay(pairs_in_use(call)):
                expect(time.monotonic() < joined + LEFT_SECONDS, f"the relay is left within {LEFT_SECONDS} s")
                call.talk(SECONDS_OF_TALK)
            left = time.monotonic() - joined
            call.talk(2)
            silence, where = call.longest_silence(joined)
            expect(silence < 1, f"no pause in the move: {where}")
            return f"{told(before)}; {left:.1f} s after the path opens {told(pairs_in_use(call))}; {where}"
    return run


os.environ["SPECTER_ICE_CREDENTIAL"] = TURN_PASSWORD
SHORT = {("open", "tcp443"), ("tcp443", "open"), ("sym", "sym"), ("port", "sym"), ("udpdrop", "udpdrop"),
         ("tcp443", "tcp443"), ("udpreject", "port"), ("full", "udpdrop"), ("open", "open")}
main([Case(f"{one} - {other}", pair(one, other), (one, other) in SHORT)
      for one, other in itertools.product(KINDS, KINDS)] +
     [Case("open, leaves the relay after 3 s", opens_late("open", 3)),
      Case("NAT, leaves the relay after 3 s", opens_late("port", 3)),
      Case("open, leaves the relay after 20 s", opens_late("open", 20), short=False),
      Case("NAT, leaves the relay after 20 s", opens_late("port", 20), short=False),
      Case("NAT, leaves the relay after a minute", opens_late("port", 60), short=False)], __doc__)
