#!/usr/bin/python3
"""`specter peer` and a real browser offer at the same time, as in "perfect negotiation" (W3C webrtc-pc §10.7):
the impolite one ignores the other's offer, and the polite one rolls its own back. At first contact, where
candidates of the ignored offer are lost, and later.

    tests/interop/test_glare.py firefox [--specter build/release/specter] [--only hidden]
"""

import argparse
import asyncio
import itertools
import pathlib
import sys

from browser import Browser, need_browsers
from peers import BrowserPeer, SpecterPeer
from scenario import Stories, Wire, description_of, echo, expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORY_SECONDS = 60
SIZES = [1, 100, 16 << 10]
GATHER_SECONDS = 0.5  # how long a side has for candidates before the other's offer reaches it
# How the polite side gives way: JSEP lets a remote offer do it (RFC 9429 §5.8), or one says so.
BACKS = ("rolled back by the offer", "rolled back by its own word")


async def offer_of(peer):
    offer = description_of(await peer.call("create_offer"))
    await peer.call("set_local_description", **offer)
    return offer


async def collide(polite, impolite, back, wires):
    """Both have offered; the impolite one's offer is what comes of it."""
    wires[polite].ignores = True
    async with wires[impolite].held:
        ignored, offer = await asyncio.gather(offer_of(polite), offer_of(impolite))
        expect(ignored["sdp"] != offer["sdp"], "two offers")
        await asyncio.sleep(GATHER_SECONDS)  # the candidates of the ignored offer are told, and lost
        if back == BACKS[1]:
            await polite.call("set_local_description", type="rollback", sdp="")
        await polite.call("set_remote_description", **offer)
        wires[impolite].described(offer["sdp"])
    answer = description_of(await polite.call("create_answer"))
    async with wires[polite].held:
        await wires[polite].carry()  # what is older than the answer
        await polite.call("set_local_description", **answer)
        await impolite.call("set_remote_description", **answer)
        wires[polite].described(answer["sdp"])


async def open_both(polite, impolite, created, label):
    for peer, other in ((polite, impolite), (impolite, polite)):
        name = f"{label} of the {'polite' if peer is polite else 'impolite'}"
        announced = await other.wait("data_channel", label=name)
        await peer.wait("data_channel_open", channel=created[peer])
        await echo(peer, created[peer], other, announced["channel"], SIZES)


async def create(polite, impolite, label):
    return {peer: (await peer.call("create_data_channel", label=f"{label} of the {word}"))["channel"]
            for peer, word in ((polite, "polite"), (impolite, "impolite"))}


async def story(polite, impolite, back):
    wires = {polite: Wire(polite, impolite), impolite: Wire(impolite, polite)}
    tasks = [asyncio.create_task(wire.run()) for wire in wires.values()]
    created = await create(polite, impolite, "first")
    try:
        await collide(polite, impolite, back, wires)
        await open_both(polite, impolite, created, "first")

        # Later: what runs goes on, and channels that are made meanwhile open.
        for peer in (polite, impolite):
            if not peer.name.startswith("specter"):
                await peer.call("add_transceiver", kind="audio")
        created = await create(polite, impolite, "second")
        await collide(polite, impolite, back, wires)
        await open_both(polite, impolite, created, "second")
        # And once more the other way round: who was polite has still something to offer.
        async with wires[polite].held:
            offer = await offer_of(polite)
            await impolite.call("set_remote_description", **offer)
            wires[polite].described(offer["sdp"])
        answer = description_of(await impolite.call("create_answer"))
        await impolite.call("set_local_description", **answer)
        await polite.call("set_remote_description", **answer)
        created = await create(polite, impolite, "third")
        await open_both(polite, impolite, created, "third")
        for task in tasks:
            if task.done():
                task.result()  # a candidate was refused: say so
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("browser", choices=["chromium", "firefox"])
    parser.add_argument("--only", default="", help="tell only the stories whose title has this")
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()
    need_browsers(options.browser)

    stories = Stories(options.only)
    for shows in (True, False):
        async with Browser.open(options.browser, shows) as browser:
            for who, back in itertools.product(("specter", options.browser), BACKS):
                async def tell(known, browser=browser, who=who, back=back):
                    async with BrowserPeer.open(browser) as page, SpecterPeer.open(options.specter) as specter:
                        known += [page, specter]
                        sides = (specter, page) if who == "specter" else (page, specter)
                        await story(*sides, back)

                await stories.tell(f"{who} is polite and {back}, addresses {'shown' if shows else 'hidden'}",
                                   STORY_SECONDS, tell)
    return stories.exit_code()


sys.exit(asyncio.run(main()))
