#!/usr/bin/python3
"""Hosts with many addresses, only one of which works: bridges of containers, made before the
real interface; hosts with many working addresses; hosts with only link-local addresses.

    tests/lab/test_addresses.py [--all] [--only '40 bridges']
"""

from calls import Call, Case, expect, main
from network import Lan, Town, add_bridges

# In virtual time it is 500 ms: src/ice. Here the machine is busy, and what is wrong never opens.
OPEN_SECONDS = 3


def lan(count):
    def run(specter):
        with Lan(furnish=lambda lab, host: add_bridges(lab, host, count)) as lab, \
                Call(specter, lab.a, lab.b) as call:
            call.negotiate()
            return f"open after {1000 * call.open_within(OPEN_SECONDS):.0f} ms"
    return run


def aliases(count):
    def run(specter):
        with Lan() as lab:
            for last, host in enumerate((lab.a, lab.b), 1):
                host.ip(*(f"addr add 192.0.1.{100 * last + i}/24 dev eth1" for i in range(count - 1)))
            with Call(specter, lab.a, lab.b) as call:
                call.negotiate()
                return f"open after {1000 * call.open_within(OPEN_SECONDS):.0f} ms"
    return run


def nat(count_a, count_b):
    def run(specter):
        with Town("port", "port") as town:
            add_bridges(town, town.a, count_a)
            add_bridges(town, town.b, count_b)
            for number, host in enumerate((town.a, town.b), 1):  # the last of its interfaces
                host.run("ip", "link", "del", "eth0")
                gateway = (town.gw_a, town.gw_b)[number - 1]
                town.wire(gateway, "lan", host, "eth0")
                gateway.ip(f"addr add 10.{number}.0.1/24 dev lan")
                host.ip(f"addr add 10.{number}.0.2/24 dev eth0", f"route add default via 10.{number}.0.1")
            with Call(specter, town.a, town.b, stun=True) as call:
                call.negotiate()
                return f"open after {1000 * call.open_within(OPEN_SECONDS):.0f} ms"
    return run


def link_local(one_card=False):
    """The kernel's fe80:: addresses and no others, of two links, the first of which leads nowhere. With
    `one_card` one host's two have one hardware address, as VLANs have, and so the same fe80:: address."""
    def run(specter):
        with Lan(links=2, link_local=True) as lab:
            lab.silence(1)
            if one_card:
                lab.a.ip(*(line for eth in ("eth1", "eth2") for line in (
                    f"link set {eth} down", f"link set {eth} address 02:00:00:00:00:01", f"link set {eth} up")))
            with Call(specter, lab.a, lab.b) as call:
                call.negotiate()
                took = call.open_within(OPEN_SECONDS)
                used = next(pair for pair in call.a.pairs() if pair["selected"])
                told = [line for end in call.ends for line in end.candidates]
            expect(used["local"]["address"].startswith("fe80:"), f"a link-local pair: {used}")
            for line in told:
                expect("%" not in line, f"no zone is told: {line}")
            return f"open after {1000 * took:.0f} ms, {len(told)} candidates"
    return run


main([
    Case("LAN, 10 bridges", lan(10)),
    Case("LAN, 16 bridges", lan(16)),
    Case("LAN, 40 bridges", lan(40)),
    Case("NAT, 10 bridges", nat(10, 10)),
    Case("NAT, 16 bridges", nat(16, 16)),
    Case("NAT, 40 bridges", nat(40, 40)),
    Case("LAN, 16 addresses of one interface", aliases(16)),
    Case("LAN, 40 addresses of one interface", aliases(40), short=False),
    Case("link-local IPv6 alone", link_local()),
    Case("link-local IPv6 alone, one address on two interfaces", link_local(one_card=True)),
    Case("LAN, 2 bridges", lan(2), short=False),
    Case("NAT, 40 bridges at one side", nat(40, 0), short=False),
    Case("NAT, 40 bridges at the other side", nat(0, 40), short=False),
], __doc__)
