#!/usr/bin/python3
"""Offers of audio, video and data in each bundle policy of a real browser: the data channel opens, with or without
the media. Also our offers to a browser with each policy; and tracks that the browser adds later.

    tests/interop/test_media_offers.py chromium [--specter build/release/specter] [--only max-bundle]
"""

import argparse
import asyncio
import contextlib
import functools
import itertools
import pathlib
import sys

from browser import Browser, need_browsers
from peers import BrowserPeer, SpecterPeer
from scenario import Stories, connected, echo, renegotiate

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORY_SECONDS = 60
POLICIES = ("balanced", "max-compat", "max-bundle")
SIZES = [1, 100, 16 << 10]


@contextlib.asynccontextmanager
async def pair(options, browser, policy, known):
    async with BrowserPeer.open(browser, configuration={"bundlePolicy": policy}) as page, \
            SpecterPeer.open(options.specter) as specter:
        known += [page, specter]
        yield page, specter


async def browser_offers(options, browser, policy, known):
    """In an offer the sections stand in the order in which they were asked for."""
    for media_first in (True, False):
        async with pair(options, browser, policy, known) as (page, specter):
            async def add_media():
                for kind in ("audio", "video"):
                    await page.call("add_transceiver", kind=kind)

            if media_first:
                await add_media()
            async with connected(page, specter, before_offer=None if media_first else add_media) as channels:
                await echo(page, channels[0], specter, channels[1], SIZES)


async def specter_offers(options, browser, policy, known):
    async with pair(options, browser, policy, known) as (page, specter), \
            connected(specter, page) as (at_specter, at_page):
        await echo(specter, at_specter, page, at_page, SIZES)


async def tracks_come_later(options, browser, policy, known):
    """Sections that we rejected are used anew by browsers, and with them may come another BUNDLE tag."""
    async with pair(options, browser, policy, known) as (page, specter):
        for kind in ("audio", "video"):
            await page.call("add_transceiver", kind=kind)
        async with connected(page, specter) as (at_page, at_specter):
            await echo(page, at_page, specter, at_specter, SIZES)
            for kind in ("audio", "video"):
                await page.call("add_track", kind=kind)
                await renegotiate(page, specter)
                await echo(page, at_page, specter, at_specter, SIZES)
            await renegotiate(specter, page)
            await echo(specter, at_specter, page, at_page, SIZES)


async def tracks_beside_our_data(options, browser, policy, known):
    """The same where all began with data alone, of ours."""
    async with pair(options, browser, policy, known) as (page, specter), \
            connected(specter, page) as (at_specter, at_page):
        for kind in ("audio", "video"):
            await page.call("add_track", kind=kind)
            await renegotiate(page, specter)
            await echo(page, at_page, specter, at_specter, SIZES)


STORIES = {
    "the browser offers audio, video and data": browser_offers,
    "specter offers data": specter_offers,
    "the browser adds tracks after our answer": tracks_come_later,
    "the browser adds tracks beside data that we offered": tracks_beside_our_data,
}


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("browser", choices=["chromium", "firefox"])
    parser.add_argument("--only", default="", help="tell only the stories whose title has this")
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()
    need_browsers(options.browser)

    stories = Stories(options.only)
    async with Browser.open(options.browser) as browser:
        for title, policy in itertools.product(STORIES, POLICIES):
            await stories.tell(f"{options.browser}, {policy}: {title}", STORY_SECONDS,
                               functools.partial(STORIES[title], options, browser, policy))
    return stories.exit_code()


sys.exit(asyncio.run(main()))
