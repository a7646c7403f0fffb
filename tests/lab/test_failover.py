#!/usr/bin/python3
"""The path in use fails while there is another one, and a router that gives a host another port, with messages
both ways. `a` offers, so it is controlling.

    tests/lab/test_failover.py [--all]
"""

import time

from calls import Call, Case, expect, main
from network import Lan, Town

OPEN_SECONDS = 5
# In virtual time it is 3 s from the last byte: src/peer. What is wrong is silent for 27 s and more.
SILENCE_SECONDS = 5
TALK_SECONDS = 12


def survives(call, change):
    call.open_within(OPEN_SECONDS)
    call.talk(1)
    change(call)
    changed = time.monotonic()
    call.talk(TALK_SECONDS)
    silence, told = call.longest_silence(changed)
    expect(silence <= SILENCE_SECONDS, told)
    return told


def link_in_use(call):
    pair = next(pair for pair in call.a.pairs() if pair["selected"])
    return int(pair["local"]["address"].split(".")[2])  # 192.0.N.1


def two_links(how):
    def run(specter):
        with Lan(links=2) as lab, Call(specter, lab.a, lab.b) as call:
            def cut(call):
                link = link_in_use(call)
                if how == "silence":
                    lab.silence(link)
                else:
                    {"a": lab.a, "b": lab.b}[how].ip(f"link set eth{link} down")

            call.negotiate()
            return survives(call, cut)
    return run


def rebinding(who):
    def run(specter):
        kinds = ("port", "open") if who == "a" else ("open", "port")
        with Town(*kinds) as town, Call(specter, town.a, town.b, stun=True) as call:
            call.negotiate()
            gateway, number = (town.gw_a, 1) if who == "a" else (town.gw_b, 2)
            return survives(call, lambda _: town.rebind(gateway, number))
    return run


def rebinding_again(times):
    """Each time another port."""
    def run(specter):
        with Town("port", "open") as town, Call(specter, town.a, town.b, stun=True) as call:
            call.negotiate()
            told = [survives(call, lambda _: town.rebind(town.gw_a, 1)) for _ in range(times)]
            return told[-1]
    return run


main([
    Case("the controlling side's link goes down", two_links("a")),
    Case("the controlled side's link goes down", two_links("b")),
    Case("the path falls silent", two_links("silence")),
    Case("the controlling side's router forgets", rebinding("a")),
    Case("the controlled side's router forgets", rebinding("b")),
    Case("a router forgets twenty times", rebinding_again(20), short=False),
], __doc__)
