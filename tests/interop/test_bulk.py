#!/usr/bin/python3
"""A lot of data between a real browser and `specter peer --echo`: every word that the browser sends comes back
unchanged and in order.

    tests/interop/test_bulk.py chromium --megabytes 1000
"""

import argparse
import asyncio
import pathlib
import sys
import time

from browser import Browser, need_browsers
from peers import BrowserPeer, SpecterPeer
from scenario import connected, expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
MESSAGE_BYTES = 64_000


async def echo_much(options):
    messages = options.megabytes * 1_000_000 // MESSAGE_BYTES
    async with Browser.open(options.browser, True) as browser, \
            SpecterPeer.open(options.specter, "--echo") as specter, \
            BrowserPeer.open(browser) as page, \
            connected(page, specter) as (channel, _):
        begun = time.monotonic()
        await page.call("send_bulk", seconds=options.timeout, channel=channel, messages=messages,
                        bytes=MESSAGE_BYTES)
        seconds = time.monotonic() - begun
        stats = (await specter.call("get_stats"))["stats"]
        told = stats["data_channels"][0]
        expect(told["messages_sent"] == messages and told["messages_received"] == messages,
               f"specter counts {messages} messages each way: {told}")
        megabits = messages * MESSAGE_BYTES * 8e-6 / seconds
        print(f"ok      {options.browser}: {messages * MESSAGE_BYTES / 1e6:.0f} MB each way, each word compared, "
              f"{seconds:.1f} s, {megabits:.0f} Mbit/s each way; SCTP packets of {stats['sctp']['mtu']} bytes, "
              f"{stats['sctp']['retransmissions']} retransmissions by specter")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("browser", choices=["chromium", "firefox"])
    parser.add_argument("--megabytes", type=int, default=64)
    parser.add_argument("--timeout", type=float, default=240, help="seconds for all of it")
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()
    need_browsers(options.browser)
    asyncio.run(echo_much(options))


sys.exit(main())
