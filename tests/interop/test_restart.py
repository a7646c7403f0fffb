#!/usr/bin/python3
"""ICE restarts with a real browser: restartIce() of either side, again and again, with addresses shown and hidden, while
messages go both ways. No message is lost, none comes twice, and neither side is ever disconnected.

    tests/interop/test_restart.py chromium [--count 100] [--specter build/release/specter] [--only hidden]
"""

import argparse
import asyncio
import pathlib
import re
import sys
import time

from browser import Browser, need_browsers
from peers import BrowserPeer, SpecterPeer
from scenario import Stories, Wire, connected, description_of, echo, expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS_EACH = 6  # of a restart
SIZES = [1, 16 << 10]


def ufrag_of(description):
    return re.search(r"a=ice-ufrag:(\S+)", description["sdp"])[1]


class Talk:
    """Numbers, one each 20 ms, from `source` to `sink`."""

    def __init__(self, source, channel, sink, other):
        self.source, self.channel, self.sink, self.other = source, channel, sink, other
        self.sent, self.is_wanted, self.longest = 0, True, 0.0

    async def speak(self):
        while self.is_wanted:
            await self.source.call("send", channel=self.channel, text=f"{self.sent}")
            self.sent += 1
            await asyncio.sleep(0.02)
        await self.source.call("send", channel=self.channel, text="end")

    async def listen(self):
        number, last = 0, time.monotonic()
        while (received := await self.sink.wait("message", channel=self.other))["text"] != "end":
            expect(received["text"] == f"{number}",
                   f"message {number} of {self.source.name} comes next, and not {received['text']}")
            self.longest = max(self.longest, time.monotonic() - last)
            number, last = number + 1, time.monotonic()
        expect(number == self.sent, f"all {self.sent} messages of {self.source.name} come, and not {number}")


async def restart(offerer, answerer, wires):
    """Signalling as applications do it: the descriptions, and what was found since."""
    await offerer.call("restart_ice")
    await offerer.wait("negotiation_needed")
    async with wires[offerer].held:
        offer = description_of(await offerer.call("create_offer"))
        await offerer.call("set_local_description", **offer)
        await answerer.call("set_remote_description", **offer)
        wires[offerer].described(offer["sdp"])
    answer = description_of(await answerer.call("create_answer"))
    async with wires[answerer].held:
        await answerer.call("set_local_description", **answer)
        await offerer.call("set_remote_description", **answer)
        wires[answerer].described(answer["sdp"])
    return ufrag_of(offer), ufrag_of(answer)


async def in_use(specter):
    """The ends of the pair that is selected, which is one."""
    stats = (await specter.call("get_stats"))["stats"]
    selected = [p for p in stats["candidate_pairs"] if p["selected"]]
    expect(len(selected) == 1, f"one pair is selected: {stats['candidate_pairs']}")
    return tuple((selected[0][end]["address"], selected[0][end]["port"]) for end in ("local", "remote"))


async def until_moved(specter, before):
    """A browser has new ports for each generation, so another pair is selected once it is in use."""
    while (now := await in_use(specter)) == before:
        await asyncio.sleep(0.05)
    return now


async def story(page, specter, offers_first, restarts_of, count):
    first, second = (page, specter) if offers_first is page else (specter, page)
    async with connected(first, second) as (at_first, at_second):
        at = {first: at_first, second: at_second}
        wires = {page: Wire(page, specter), specter: Wire(specter, page)}
        await asyncio.gather(*(peer.taken_so_far("ice_candidate") for peer in (page, specter)))
        tasks = [asyncio.create_task(wire.run()) for wire in wires.values()]
        talks = [Talk(page, at[page], specter, at[specter]), Talk(specter, at[specter], page, at[page])]
        speaking = [asyncio.create_task(talk.speak()) for talk in talks]
        listening = [asyncio.create_task(talk.listen()) for talk in talks]
        try:
            for peer in (page, specter):
                await peer.taken_so_far("negotiation_needed")
            pair, known = await in_use(specter), set()
            for i in range(count):
                offerer, answerer = (page, specter) if restarts_of(i) is page else (specter, page)
                ufrags = await restart(offerer, answerer, wires)
                expect(known.isdisjoint(ufrags), f"new user fragments: {ufrags}")
                known.update(ufrags)
                pair = await asyncio.wait_for(until_moved(specter, pair), SECONDS_EACH)
                for task in tasks + speaking + listening:
                    if task.done():
                        task.result()
            for talk in talks:
                talk.is_wanted = False
            await asyncio.gather(*speaking, *listening)
            await echo(first, at_first, second, at_second, SIZES)
            for peer in (page, specter):
                states = [e["state"] for e in await peer.taken_so_far("connection_state")]
                expect("failed" not in states and "disconnected" not in states, f"{peer.name}: {states}")
        finally:
            for task in (*tasks, *speaking, *listening):
                task.cancel()
            await asyncio.gather(*tasks, *speaking, *listening, return_exceptions=True)
        return max(talk.longest for talk in talks)


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("browser", choices=["chromium", "firefox"])
    parser.add_argument("--count", type=int, default=3, help="restarts in each story")
    parser.add_argument("--only", default="", help="tell only the stories whose title has this")
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()
    need_browsers(options.browser)

    stories = Stories(options.only, hides=('"message"', '"send"'))
    for shows in (True, False):
        async with Browser.open(options.browser, shows) as browser:
            for offers, restarts in ((o, r) for o in ("specter", options.browser)
                                     for r in ("specter", options.browser, "both in turn")):
                async def tell(known, browser=browser, offers=offers, restarts=restarts):
                    async with BrowserPeer.open(browser) as page, SpecterPeer.open(options.specter) as specter:
                        known += [page, specter]
                        sides = {"specter": specter, options.browser: page}
                        return await story(page, specter, sides[offers],
                                           lambda i: sides.get(restarts, (page, specter)[i % 2]), options.count)

                title = (f"{offers} offers, {restarts} restart{'' if ' ' in restarts else 's'}, "
                         f"addresses {'shown' if shows else 'hidden'}")
                await stories.tell(title, 30 + SECONDS_EACH * options.count, tell, figure="longest silence")
    return stories.exit_code()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
