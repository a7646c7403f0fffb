#!/usr/bin/python3
"""A page of a real browser is replaced by another one, and `specter peer` keeps its connection: a new DTLS
association, RFC 8842 §5.1. With and without a close_notify, offered by either side, addresses shown and hidden.

    tests/interop/test_reload.py chromium [--count 25] [--specter build/release/specter] [--only hidden]
"""

import argparse
import asyncio
import itertools
import pathlib
import sys
import time

from browser import Browser, need_browsers
from peers import BrowserPeer, SpecterPeer
from scenario import Stories, Wire, connected, description_of, echo

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORY_SECONDS = 60
SIZES = [1, 16 << 10]
OF_BEFORE = ("data_channel", "data_channel_open", "connection_state", "negotiation_needed", "ice_candidate")


async def negotiate(offerer, answerer):
    """Offer, answer, and the tasks that carry candidates from then on."""
    wires = {offerer: Wire(offerer, answerer), answerer: Wire(answerer, offerer)}
    async with wires[offerer].held, wires[answerer].held:
        offer = description_of(await offerer.call("create_offer"))
        await offerer.call("set_local_description", **offer)
        await answerer.call("set_remote_description", **offer)
        wires[offerer].described(offer["sdp"])
        answer = description_of(await answerer.call("create_answer"))
        await answerer.call("set_local_description", **answer)
        await offerer.call("set_remote_description", **answer)
        wires[answerer].described(answer["sdp"])
    return [asyncio.create_task(wire.run()) for wire in wires.values()]


async def open_from(page, specter, who_offers, tasks):
    """The sides of an open channel: who opened it, the other, and the channel's number at each."""
    if who_offers == "the page":
        opener, other = page, specter
        created = await page.call("create_data_channel", label="again")
        tasks += await negotiate(page, specter)
    else:
        opener, other = specter, page
        await specter.call("restart_ice")
        await specter.wait("negotiation_needed")
        tasks += await negotiate(specter, page)
        await specter.wait("connection_state", state="connected")
        created = await specter.call("create_data_channel", label="again")
        tasks += await negotiate(specter, page)
    announced = await other.wait("data_channel", label="again")
    await opener.wait("data_channel_open", channel=created["channel"])
    return opener, other, created["channel"], announced["channel"]


async def story(browser, specter, who_offers, says_goodbye, known):
    """The seconds from the new page's first word to its open channel."""
    async with BrowserPeer.open(browser) as page:
        known.append(page)
        async with connected(page, specter) as (at_page, at_specter):
            await echo(page, at_page, specter, at_specter, SIZES)
        if says_goodbye:
            await page.call("close")
            await specter.wait("connection_state", state="failed")
        for event in OF_BEFORE:
            await specter.taken_so_far(event)
        async with BrowserPeer.open(browser) as again:
            known.append(again)
            begun, tasks = time.monotonic(), []
            try:
                opener, other, at_opener, at_other = await open_from(again, specter, who_offers, tasks)
                seconds = time.monotonic() - begun
                await echo(opener, at_opener, other, at_other, SIZES)
                return seconds
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("browser", choices=["chromium", "firefox"])
    parser.add_argument("--count", type=int, default=1, help="how often each story is told")
    parser.add_argument("--only", default="", help="tell only the stories whose title has this")
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()
    need_browsers(options.browser)

    stories = Stories(options.only)
    for shows in (True, False):
        async with Browser.open(options.browser, shows) as browser:
            for who, goodbye in itertools.product(("the page", "specter"), (True, False)):
                async def tell(known, browser=browser, who=who, goodbye=goodbye):
                    async with SpecterPeer.open(options.specter) as specter:
                        known.append(specter)
                        return await story(browser, specter, who, goodbye, known)

                title = (f"a page goes with{'' if goodbye else 'out'} a goodbye, {who} offers, "
                         f"addresses {'shown' if shows else 'hidden'}")
                await stories.tell(title, STORY_SECONDS, tell, options.count, figure="a channel again within")
    return stories.exit_code()


sys.exit(asyncio.run(main()))
