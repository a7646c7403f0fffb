"""One scenario for any two peers: negotiate, trickle, exchange messages, check the statistics, close."""

import asyncio
import base64
import contextlib
import re
import time
import traceback

from browser import BrowserError
from peers import PeerError

# 256 KiB is what Chromium announces as its max-message-size; 16 KiB and 64 KiB are the sizes around
# which implementations have begun to fragment or refuse.
SIZES = [1, 0, 100, 1 << 10, 16 << 10, 64 << 10, 256 << 10]
BURST = 200


class Failed(Exception):
    pass


def expect(holds, sentence):
    if not holds:
        raise Failed(sentence)


class Stories:
    """Tells stories one after the other: those whose title has `only`. When one fails, what its peers said is printed,
    but for lines that have one of `hides`."""

    def __init__(self, only="", hides=()):
        self.only, self.hides, self.results = only, hides, []

    async def tell(self, title, seconds, story, times=1, figure=""):
        """story(known) is told within `seconds`, each of so many times; it puts its peers into `known`. What it returns
        is in seconds, and the greatest is printed as `figure`."""
        if self.only not in title:
            return
        begun, greatest, failed = time.monotonic(), 0.0, 0
        for _ in range(times):
            known = []
            try:
                async with asyncio.timeout(seconds):
                    greatest = max(greatest, await story(known) or 0.0)
            except Exception:
                failed += 1
                lines = (line for peer in known for line in peer.history())
                print(f"FAILED  {title}", *(line for line in lines if not any(word in line for word in self.hides)),
                      traceback.format_exc(), sep="\n", flush=True)
        self.results += [False] * failed + [True] * (times - failed)
        if not failed:
            told = [f"{times} times"] * (times > 1) + [f"{time.monotonic() - begun:.1f} s"]
            told += [f"{figure} {greatest * 1000:.0f} ms"] * bool(figure)
            print(f"ok      {title} ({', '.join(told)})", flush=True)

    def exit_code(self):
        print(f"{sum(self.results)} of {len(self.results)} stories")
        return 0 if self.results and all(self.results) else 1


def text_of(size):
    """Text of so many bytes as UTF-8, with letters of one to four bytes."""
    letters = "aä€𐍈"
    whole, rest = divmod(size, len(letters.encode()))
    return letters * whole + "z" * rest


def binary_of(size):
    return base64.b64encode(bytes(i * 7 % 256 for i in range(size))).decode()


def candidate_of(event):
    keys = ("candidate", "sdpMid", "sdpMLineIndex", "usernameFragment")
    return {key: event[key] for key in keys if event.get(key) is not None}


async def trickle(source, sink, relay):
    while True:
        candidate = candidate_of(await source.wait("ice_candidate"))
        if relay:
            candidate = await relay.stand_in(source, candidate)
        if candidate:
            await sink.call("add_ice_candidate", **candidate)


class Wire:
    """Carries one side's candidates in the order in which signalling would: what it told before the
    description that the other took last is lost with that description."""

    def __init__(self, source, sink):
        self.source, self.sink = source, sink
        self.ufrag = None  # of the description that the sink knows
        self.ignores = False  # the sink ignores an offer, and so what comes of it
        self.held = asyncio.Lock()  # while a description is on its way before candidates

    async def run(self):
        while True:
            async with self.held:
                await self.carry()
            await asyncio.sleep(0.02)

    async def carry(self):
        for candidate in map(candidate_of, await self.source.taken_so_far("ice_candidate")):
            if self.ignores:
                # The W3C's example, in ignoreOffer: given to the connection, and its error passed over.
                with contextlib.suppress(PeerError, BrowserError):
                    await self.sink.call("add_ice_candidate", **candidate)
            elif candidate.get("usernameFragment") in (None, self.ufrag):  # else of an offer that was taken back
                await self.sink.call("add_ice_candidate", **candidate)

    def described(self, sdp):
        self.ufrag = re.search(r"a=ice-ufrag:(\S+)", sdp)[1]
        self.ignores = False


def heard(offer, dtls_client):
    """The offer as the answerer is told, so that `dtls_client`, "offerer" or "answerer", becomes the client
    of DTLS. RFC 8842 §5.3: an answer is passive to active, and active to passive."""
    if dtls_client is None:
        return offer
    setup = {"offerer": "active", "answerer": "passive"}[dtls_client]
    expect("a=setup:actpass" in offer["sdp"], "the offer leaves the roles of DTLS to the answer")
    return offer | {"sdp": offer["sdp"].replace("a=setup:actpass", f"a=setup:{setup}")}


@contextlib.asynccontextmanager
async def connected(offerer, answerer, dtls_client=None, relay=None, before_offer=None, before_answer=None, data=True):
    """Yields the number of the channel "data" at either side, open. relay: relay.Relay between them.
    before_offer: what else is to be in the offer, after the channel. before_answer: what the answerer does with it first.
    data: whether there is a channel; without one nothing is yielded."""
    tasks = []
    try:
        created = await offerer.call("create_data_channel", label="data") if data else None
        if before_offer:
            await before_offer()
        offer = description_of(await offerer.call("create_offer"))
        await offerer.call("set_local_description", **offer)
        await answerer.call("set_remote_description", **heard(offer, dtls_client))
        tasks.append(asyncio.create_task(trickle(offerer, answerer, relay)))
        if before_answer:
            await before_answer()
        answer = description_of(await answerer.call("create_answer"))
        await answerer.call("set_local_description", **answer)
        await offerer.call("set_remote_description", **answer)
        tasks.append(asyncio.create_task(trickle(answerer, offerer, relay)))

        if data:
            announced = await answerer.wait("data_channel", label="data")
            await offerer.wait("data_channel_open", channel=created["channel"])
            await answerer.wait("data_channel_open", channel=announced["channel"])
        for peer in (offerer, answerer):
            await peer.wait("connection_state", state="connected")
        for task in tasks:
            if task.done():
                task.result()  # a candidate was refused: say so
        yield (created["channel"], announced["channel"]) if data else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def description_of(answer):
    return {"type": answer["type"], "sdp": answer["sdp"]}


async def renegotiate(offerer, answerer, before_answer=None, answer_first=False):
    """The candidates are those of the connection that is there. answer_first: the offerer has the answer before the
    answerer is in force, and so before any of its media."""
    offer = description_of(await offerer.call("create_offer"))
    await offerer.call("set_local_description", **offer)
    await answerer.call("set_remote_description", **offer)
    if before_answer:
        await before_answer()
    answer = description_of(await answerer.call("create_answer"))
    takers = [(answerer, "set_local_description"), (offerer, "set_remote_description")]
    for peer, op in reversed(takers) if answer_first else takers:
        await peer.call(op, **answer)


async def echo(sender, from_channel, echoer, to_channel, sizes=SIZES):
    """Each size as text and as binary, there and back."""
    for size in sizes:
        for kind, content in (("text", text_of(size)), ("base64", binary_of(size))):
            message = {kind: content}
            for source, channel, sink, other in ((sender, from_channel, echoer, to_channel),
                                                 (echoer, to_channel, sender, from_channel)):
                await source.call("send", channel=channel, **message)
                received = await sink.wait("message", channel=other)
                expect(received.get(kind) == content,
                       f"{size} bytes of {kind} from {source.name} arrive at {sink.name} whole")


async def burst(source, channel, sink, other):
    """Many at once arrive all, and in order."""
    await asyncio.gather(*(source.call("send", channel=channel, text=f"{i}") for i in range(BURST)))
    got = [(await sink.wait("message", channel=other))["text"] for _ in range(BURST)]
    expect(got == [f"{i}" for i in range(BURST)], f"{BURST} messages from {source.name} in order")


async def open_channel(opener, other, label):
    created = await opener.call("create_data_channel", label=label)
    announced = await other.wait("data_channel", label=label)
    await opener.wait("data_channel_open", channel=created["channel"])
    return created["channel"], announced["channel"]


async def close_channel(closer, channel, other, its_channel):
    """RFC 8831 §6.7: the other side closes, too, and the connection stays."""
    await closer.call("close_data_channel", channel=channel)
    await other.wait("data_channel_closed", channel=its_channel)
    await closer.wait("data_channel_closed", channel=channel)


async def check_browser_stats(browser):
    """What the browser says of the connection. https://www.w3.org/TR/webrtc-stats/"""
    stats = (await browser.call("get_stats"))["stats"]
    by_type = {}
    for report in stats.values():
        by_type.setdefault(report["type"], []).append(report)

    used = [t["selectedCandidatePairId"] for t in by_type.get("transport", [])
            if t.get("selectedCandidatePairId")]
    pairs = [p for p in by_type.get("candidate-pair", [])
             if p["id"] in used or p.get("selected") or (not used and p.get("nominated"))]
    expect(pairs and all(p["state"] == "succeeded" for p in pairs),
           f"{browser.name} has a selected candidate pair that succeeded: {pairs}")
    expect((await browser.call("state"))["dtls_state"] == "connected",
           f"{browser.name}'s DTLS transport is connected")
    for transport in by_type.get("transport", []):
        expect(transport["dtlsState"] == "connected", f"{browser.name}: {transport}")

    channel = next(c for c in by_type["data-channel"] if c["label"] == "data")
    messages = 2 * len(SIZES) + BURST
    told = {key: channel[key] for key in ("state", "messagesSent", "messagesReceived")}
    expect(told == {"state": "open", "messagesSent": messages, "messagesReceived": messages},
           f"{browser.name} counts {messages} messages each way: {told}")


async def check_specter_stats(specter):
    stats = (await specter.call("get_stats"))["stats"]
    selected = [p for p in stats["candidate_pairs"] if p["selected"]]
    expect(len(selected) == 1 and selected[0]["state"] == "succeeded",
           f"specter has one selected pair, and it succeeded: {stats['candidate_pairs']}")
    expect(stats["transport"]["dtls_state"] == "connected", f"{stats['transport']}")
    channel = next(c for c in stats["data_channels"] if c["label"] == "data")
    messages = 2 * len(SIZES) + BURST
    told = {key: channel[key] for key in ("state", "messages_sent", "messages_received")}
    expect(told == {"state": "open", "messages_sent": messages, "messages_received": messages},
           f"specter counts {messages} messages each way: {told}")


async def whole_story(offerer, answerer, closer):
    """`closer` is the one of them that ends the connection."""
    async with connected(offerer, answerer) as (at_offerer, at_answerer):
        await echo(offerer, at_offerer, answerer, at_answerer)
        await burst(offerer, at_offerer, answerer, at_answerer)
        await burst(answerer, at_answerer, offerer, at_offerer)
        for peer in (offerer, answerer):
            await (check_specter_stats if peer.name == "specter" else check_browser_stats)(peer)

        # The answerer may open channels too, and either side may close any of them.
        second_at_answerer, second_at_offerer = await open_channel(answerer, offerer, "second")
        third_at_offerer, third_at_answerer = await open_channel(offerer, answerer, "third")
        await close_channel(offerer, second_at_offerer, answerer, second_at_answerer)
        await close_channel(answerer, third_at_answerer, offerer, third_at_offerer)
        await close_channel(offerer, at_offerer, answerer, at_answerer)

        # When a connection ends, its channels end at the other side.
        last_at_offerer, last_at_answerer = await open_channel(offerer, answerer, "last")
        await closer.call("close")
        await closer.wait("closed")
        if closer is offerer:
            await answerer.wait("data_channel_closed", channel=last_at_answerer)
        else:
            await offerer.wait("data_channel_closed", channel=last_at_offerer)
