#!/usr/bin/python3
"""A connection with a browser that begins over a relay, since no other candidates have come yet, leaves it when they
come. Either side offers, and so controls: what Specter nominates later the browser follows, and the other way round.

    tests/interop/test_better_path.py chromium [--count 1] [--specter build/release/specter] [--only 'specter offers']
"""

import argparse
import asyncio
import os
import pathlib
import sys
import tempfile
import time

import coturn
from browser import Browser, need_browsers
from peers import BrowserPeer, SpecterPeer
from scenario import Stories, connected, echo, expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORY_SECONDS = 60
LEFT_SECONDS = 20
SIZES = [1, 1000, 64 << 10]


class LateCandidates:
    """Between two peers: carries relayed candidates at once, and the others when release() is called."""

    def __init__(self, one, other):
        self.sinks = {one: other, other: one}
        self.kept, self.is_open = [], False

    async def stand_in(self, source, candidate):
        words = candidate["candidate"]
        if self.is_open or not words or " typ relay" in words:
            return candidate if words else None  # there is no end of candidates before the last one
        self.kept.append((source, candidate))
        return None

    async def release(self):
        self.is_open = True
        for source, candidate in self.kept:
            await self.sinks[source].call("add_ice_candidate", **candidate)


async def path_of(specter):
    stats = (await specter.call("get_stats"))["stats"]
    selected = [p for p in stats["candidate_pairs"] if p["selected"]]
    expect(len(selected) == 1, f"one pair is in use: {stats['candidate_pairs']}")
    return {selected[0][end]["type"] for end in ("local", "remote")}


async def story(specter, offerer, answerer):
    late = LateCandidates(offerer, answerer)
    async with connected(offerer, answerer, relay=late) as (at_offerer, at_answerer):
        await echo(offerer, at_offerer, answerer, at_answerer, SIZES)
        expect("relay" in await path_of(specter), "the connection begins over a relay")
        await asyncio.sleep(3)
        await late.release()
        released = time.monotonic()
        while "relay" in await path_of(specter):
            expect(time.monotonic() < released + LEFT_SECONDS, f"the relay is left within {LEFT_SECONDS} s")
            await echo(offerer, at_offerer, answerer, at_answerer, SIZES)
        left = time.monotonic() - released
        for _ in range(5):
            await echo(offerer, at_offerer, answerer, at_answerer, SIZES)
            await asyncio.sleep(0.5)
        expect("relay" not in await path_of(specter), "and it stays so")
        return left


async def tell_all(options, server, stories):
    url = f"turn:127.0.0.1:{server.port}"
    configuration = {"iceServers": [{"urls": url, "username": coturn.USER, "credential": coturn.PASSWORD}]}
    arguments = ("--ice-server", url, "--ice-username", coturn.USER, "--loopback", "only")

    def told(offers):
        async def tell(known):
            async with SpecterPeer.open(options.specter, *arguments) as specter, \
                    BrowserPeer.open(browser, configuration=configuration) as page:
                known += [specter, page]
                return await story(specter, *((specter, page) if offers == "specter" else (page, specter)))

        return tell

    async with Browser.open(options.who) as browser:
        for offers in ("specter", options.who):
            await stories.tell(f"{offers} offers", STORY_SECONDS, told(offers), options.count, "longest time until direct")


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("who", choices=["chromium", "firefox"])
    parser.add_argument("--count", type=int, default=1, help="how often each story is told")
    parser.add_argument("--only", default="", help="tell only the stories whose title has this")
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()
    coturn.need()
    need_browsers(options.who)
    stories = Stories(options.only)
    os.environ["SPECTER_ICE_CREDENTIAL"] = coturn.PASSWORD
    with tempfile.TemporaryDirectory() as folder, coturn.running(pathlib.Path(folder)) as server:
        await tell_all(options, server, stories)
    return stories.exit_code()


sys.exit(asyncio.run(main()))
