#!/usr/bin/python3
"""An Elixir program with a real browser: it sends back what the page sends, and the page compares it. Each side
offers once. The package must be compiled: `MIX_ENV=test mix compile` in elixir/, as `mix test` does.

    tests/interop/test_elixir.py chromium
"""

import argparse
import asyncio
import pathlib
import sys

from browser import Browser, need_browsers
from peers import BrowserPeer, ProgramPeer
from scenario import BURST, SIZES, binary_of, connected, expect, text_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(__file__).with_name("elixir_peer.exs")


async def echoed(page, channel):
    """Each size as text and as binary, and many at once in their order."""
    for size in SIZES:
        for kind, content in (("text", text_of(size)), ("base64", binary_of(size))):
            await page.call("send", channel=channel, **{kind: content})
            came = await page.wait("message", channel=channel)
            expect(came.get(kind) == content, f"{size} bytes of {kind} come back whole")
    await asyncio.gather(*(page.call("send", channel=channel, text=f"{i}") for i in range(BURST)))
    came = [(await page.wait("message", channel=channel))["text"] for _ in range(BURST)]
    expect(came == [f"{i}" for i in range(BURST)], f"{BURST} messages come back in order")


async def counted(elixir):
    """What Elixir counted of it."""
    reports = (await elixir.call("get_stats"))["stats"].values()
    [channel] = [report for report in reports if report["type"] == "data-channel"]
    messages = 2 * len(SIZES) + BURST
    told = {key: channel[key] for key in ("messagesSent", "messagesReceived")}
    expect(told == {"messagesSent": messages, "messagesReceived": messages},
           f"Elixir counts {messages} messages each way: {told}")


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("browser", choices=["chromium", "firefox"])
    parser.add_argument("--ebin", default=ROOT / "elixir" / "_build" / "test" / "lib" / "specter" / "ebin",
                        help="where the package is compiled to")
    options = parser.parse_args()
    need_browsers(options.browser)
    async with Browser.open(options.browser, True) as browser:
        for browser_offers in (True, False):
            async with ProgramPeer.open("elixir", "elixir", "-pa", options.ebin, PROGRAM) as elixir, \
                    BrowserPeer.open(browser) as page:
                sides = (page, elixir) if browser_offers else (elixir, page)
                async with connected(*sides) as (at_offerer, at_answerer):
                    await echoed(page, at_offerer if browser_offers else at_answerer)
                    await counted(elixir)
            offerer = options.browser if browser_offers else "Elixir"
            print(f"ok      {options.browser}: Elixir echoes, {offerer} offers", flush=True)


sys.exit(asyncio.run(main()))
