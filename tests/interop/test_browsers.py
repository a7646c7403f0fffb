#!/usr/bin/python3
"""`specter peer` with a real browser, each offering and answering; or two browsers with each other,
which tests the harness.

    tests/interop/test_browsers.py firefox [--specter build/release/specter]
    tests/interop/test_browsers.py chromium-firefox
"""

import argparse
import asyncio
import contextlib
import pathlib
import sys
import time
import traceback

from browser import Browser, need_browsers
from peers import BrowserPeer, SpecterPeer
from scenario import whole_story

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORY_SECONDS = 120


async def against_specter(options, browsers):
    """Closing is each side's affair once; mDNS names are what most pages in life would show."""
    name = options.browsers
    for title, shows, browser_offers, browser_closes in (
        ("the browser offers and closes", True, True, True),
        ("specter offers and closes", True, False, False),
        ("the browser offers, hiding its addresses", False, True, False),
        ("specter offers, the browser hides its addresses", False, False, True),
    ):
        browser = await browsers(name, shows)

        @contextlib.asynccontextmanager
        async def peers():
            async with BrowserPeer.open(browser) as page, \
                    SpecterPeer.open(options.specter) as specter:
                yield (page, specter) if browser_offers else (specter, page), \
                    page if browser_closes else specter

        yield f"{name}: {title}", peers


async def against_each_other(options, browsers):
    for offers, answers in (("chromium", "firefox"), ("firefox", "chromium")):
        offering, answering = await browsers(offers, True), await browsers(answers, True)

        @contextlib.asynccontextmanager
        async def peers():
            async with BrowserPeer.open(offering) as offerer, \
                    BrowserPeer.open(answering) as answerer:
                yield (offerer, answerer), offerer

        yield f"{offers} offers to {answers}", peers


async def tell(title, peers):
    begun = time.monotonic()
    known = ()
    try:
        async with asyncio.timeout(STORY_SECONDS), peers() as ((offerer, answerer), closer):
            known = (offerer, answerer)
            await whole_story(offerer, answerer, closer)
    except Exception:
        print(f"FAILED  {title}", *(line for peer in known for line in peer.history()),
              traceback.format_exc(), sep="\n", flush=True)
        return False
    print(f"ok      {title} ({time.monotonic() - begun:.1f} s)", flush=True)
    return True


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("browsers", choices=["chromium", "firefox", "chromium-firefox"])
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()
    need_browsers(*options.browsers.split("-"))

    async with contextlib.AsyncExitStack() as stack:
        running = {}

        async def browsers(name, shows_addresses):
            key = name, shows_addresses
            if key not in running:
                running[key] = await stack.enter_async_context(Browser.open(*key))
            return running[key]

        stories = against_specter if "-" not in options.browsers else against_each_other
        results = [await tell(title, peers) async for title, peers in stories(options, browsers)]
    return 0 if results and all(results) else 1


sys.exit(asyncio.run(main()))
