#!/usr/bin/python3
"""Connections that may only use relays: two of `specter peer`, and one with a browser, through coturn over UDP, TCP
and TLS, offered by either side. The pair in use is relayed, and messages go both ways.

    tests/interop/test_relay_only.py specter [--count 1] [--specter build/release/specter] [--only tcp]
    tests/interop/test_relay_only.py chromium
"""

import argparse
import asyncio
import os
import pathlib
import sys
import tempfile

import coturn
from browser import Browser, need_browsers
from peers import BrowserPeer, SpecterPeer
from scenario import Stories, connected, echo, expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORY_SECONDS = 60
SIZES = [1, 1000, 64 << 10]


def specter_arguments(url, authorities):
    return ("--ice-server", url, "--ice-username", coturn.USER, "--option", "ice_transport_policy=relay",
            "--loopback", "only", "--option", f"authorities_file={authorities}")


def browser_configuration(url):
    return {"iceTransportPolicy": "relay",
            "iceServers": [{"urls": url, "username": coturn.USER, "credential": coturn.PASSWORD}]}


async def relayed(specter):
    stats = (await specter.call("get_stats"))["stats"]
    selected = [p for p in stats["candidate_pairs"] if p["selected"]]
    expect(len(selected) == 1 and selected[0]["local"]["type"] == "relay",
           f"the pair in use is relayed: {stats['candidate_pairs']}")
    expect(all(c["type"] == "relay" for c in stats["local_candidates"]), f"{stats['local_candidates']}")


async def story(offerer, answerer):
    async with connected(offerer, answerer) as (at_offerer, at_answerer):
        await echo(offerer, at_offerer, answerer, at_answerer, SIZES)
        for peer in (offerer, answerer):
            if peer.name.startswith("specter"):
                await relayed(peer)


def between(first, second):
    """A story of both, which are functions that open a peer."""
    async def tell(known):
        async with first() as offerer, second() as answerer:
            known += [offerer, answerer]
            await story(offerer, answerer)

    return tell


async def tell_all(options, server, stories):
    def specter(url, name="specter"):
        return lambda: SpecterPeer.open(options.specter, *specter_arguments(url, server.authorities), name=name)

    urls = {"udp": f"turn:127.0.0.1:{server.port}", "tcp": f"turn:127.0.0.1:{server.port}?transport=tcp",
            "tls": f"turns:127.0.0.1:{server.tls_port}"}
    if options.who == "specter":
        for kind, url in urls.items():
            for other, there in urls.items():
                await stories.tell(f"over {kind}, the other over {other}", STORY_SECONDS,
                                   between(specter(url), specter(there, "specter 2")), options.count)
        return
    async with Browser.open(options.who) as browser:
        def page():
            return BrowserPeer.open(browser, configuration=browser_configuration(urls["udp"]))

        for kind, url in urls.items():
            for offers in ("specter", options.who):
                sides = (specter(url), page) if offers == "specter" else (page, specter(url))
                await stories.tell(f"over {kind}, {options.who} over UDP, {offers} offers", STORY_SECONDS,
                                   between(*sides), options.count)


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("who", choices=["specter", "chromium", "firefox"])
    parser.add_argument("--count", type=int, default=1, help="how often each story is told")
    parser.add_argument("--only", default="", help="tell only the stories whose title has this")
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()
    coturn.need()
    if options.who != "specter":
        need_browsers(options.who)
    stories = Stories(options.only)
    os.environ["SPECTER_ICE_CREDENTIAL"] = coturn.PASSWORD
    with tempfile.TemporaryDirectory() as folder, coturn.running(pathlib.Path(folder)) as server:
        await tell_all(options, server, stories)
    return stories.exit_code()


sys.exit(asyncio.run(main()))
