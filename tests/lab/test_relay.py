#!/usr/bin/python3
"""Each kind of router and firewall at either side, with a TURN server: all connect, over a relay where only that helps.

    tests/lab/test_relay.py [--all] [--only 'tcp443 - sym']
"""

import itertools
import os

from calls import Call, Case, expect, main
from network import CLOSED, TURN_PASSWORD, TURN_URLS, TURN_USER, Town

KINDS = ("open", "full", "addr", "port", "sym", *CLOSED)
OPEN_SECONDS = 8
SECONDS_OF_TALK = 0.5


def needs_a_relay(one, other):
    """A symmetric router's port towards the peer is not the one that the server saw, so who admits a known port alone
    never hears of it. Of who gets no UDP out nobody hears."""
    if one in CLOSED or other in CLOSED:
        return True
    return one == "sym" and other in ("sym", "port") or other == "sym" and one == "port"


def pair(one, other):
    def run(specter):
        with Town(one, other, relays=True) as town:
            options = ["--ice-username", TURN_USER, "--option", f"authorities_file={town.authorities}"]
            for url in TURN_URLS:
                options += ["--ice-server", url]
            with Call(specter, town.a, town.b, options=options) as call:
                call.negotiate()
                took = call.open_within(OPEN_SECONDS)
                call.talk(SECONDS_OF_TALK)
                used = [next(p for p in end.pairs() if p["selected"]) for end in call.ends]
                for end in call.ends:
                    expect(end.arrivals, f"{end.peer.name} hears the other")
                kinds = {p[end]["type"] for p in used for end in ("local", "remote")}
                if needs_a_relay(one, other):
                    expect("relay" in kinds, f"the pair in use has a relay: {used}")
                path = ", ".join(f"{p['local']['type']} to {p['remote']['type']}" for p in used)
                return f"open after {1000 * took:.0f} ms; {path}"
    return run


os.environ["SPECTER_ICE_CREDENTIAL"] = TURN_PASSWORD
SHORT = {("open", "tcp443"), ("tcp443", "open"), ("sym", "sym"), ("port", "sym"), ("udpdrop", "udpdrop"),
         ("tcp443", "tcp443"), ("udpreject", "port"), ("full", "udpdrop"), ("open", "open")}
main([Case(f"{one} - {other}", pair(one, other), (one, other) in SHORT)
      for one, other in itertools.product(KINDS, KINDS)], __doc__)
