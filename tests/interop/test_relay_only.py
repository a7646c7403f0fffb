#!/usr/bin/python3
"""Connections that may use nothing but relays: two of `specter peer`, and one with a browser, through coturn over UDP, TCP
and TLS, offered by either side. The pair in use is a relayed one, and messages go both ways.

    tests/interop/test_relay_only.py specter [--count 1] [--specter build/release/specter] [--only tcp]
    tests/interop/test_relay_only.py chromium
"""

import argparse
import asyncio
import os
import pathlib
import sys
import tempfile
import time
import traceback

import coturn
from browser import Browser, need_browsers
from peers import BrowserPeer, SpecterPeer
from scenario import connected, echo, expect

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


async def tell(options, title, first, second):
    """Both are functions that open a peer."""
    begun, known = time.monotonic(), []
    try:
        async with asyncio.timeout(STORY_SECONDS), first() as offerer, second() as answerer:
            known += [offerer, answerer]
            await story(offerer, answerer)
        print(f"ok      {title} ({time.monotonic() - begun:.1f} s)", flush=True)
        return True
    except Exception:
        print(f"FAILED  {title}", *(line for peer in known for line in peer.history()), traceback.format_exc(),
              sep="\n", flush=True)
        return False


async def stories(options, server):
    def specter(url, name="specter"):
        return lambda: SpecterPeer.open(options.specter, *specter_arguments(url, server.authorities), name=name)

    urls = {"udp": f"turn:127.0.0.1:{server.port}", "tcp": f"turn:127.0.0.1:{server.port}?transport=tcp",
            "tls": f"turns:127.0.0.1:{server.tls_port}"}
    results = []
    if options.who == "specter":
        for kind, url in urls.items():
            for other, there in urls.items():
                title = f"over {kind}, the other over {other}"
                if options.only in title:
                    results += [await tell(options, title, specter(url), specter(there, "specter 2"))
                                for _ in range(options.count)]
        return results
    async with Browser.open(options.who) as browser:
        for kind, url in urls.items():
            for offers in ("specter", options.who):
                title = f"over {kind}, {options.who} over UDP, {offers} offers"
                if options.only not in title:
                    continue
                def page():
                    return BrowserPeer.open(browser, configuration=browser_configuration(urls["udp"]))
                sides = (specter(url), page) if offers == "specter" else (page, specter(url))
                results += [await tell(options, title, *sides) for _ in range(options.count)]
    return results


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
    os.environ["SPECTER_ICE_CREDENTIAL"] = coturn.PASSWORD
    with tempfile.TemporaryDirectory() as folder, coturn.running(pathlib.Path(folder)) as server:
        results = await stories(options, server)
    print(f"{sum(results)} of {len(results)} stories")
    return 0 if results and all(results) else 1


sys.exit(asyncio.run(main()))
