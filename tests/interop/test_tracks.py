#!/usr/bin/python3
"""Tracks between `specter peer` and a real browser with a fake camera and microphone. The browser decodes our files
without a freeze; its tracks are recorded, and FFmpeg decodes each frame. Either offers, addresses shown and hidden,
each bundle policy; codecs that Specter doesn't depacketize are sent back; tracks are added, removed and added again; ICE restarts, loss,
simulcast, glare. There is always a data channel too.

    tests/interop/test_tracks.py chromium [--seconds 2] [--count 1] [--specter build/release/specter] [--only simulcast]
"""

import argparse
import asyncio
import contextlib
import functools
import itertools
import pathlib
import random
import sys
import tempfile

import media
from browser import Browser, need_browsers
from media import decoded, grows, received, received_frames, stops
from peers import BrowserPeer, SpecterPeer
from perfect_negotiation import PerfectNegotiation
from relay import Relay
from scenario import Failed, Stories, Wire, connected, echo, expect, renegotiate
from test_restart import in_use, restart, until_moved

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORY_SECONDS = 90
POLICIES = ("balanced", "max-compat", "max-bundle")
SIZES = [1, 16 << 10]
KINDS = ("audio", "video")
VIDEO_FILES = {"VP8": "vp8.ivf", "H264": "h264.h264"}
LOSS = 0.05


class Telling:
    """What a story needs: a page, ours, files, a folder to record to, and how long."""

    def __init__(self, options, page, specter, files, folder):
        self.options, self.page, self.specter, self.files, self.folder = options, page, specter, files, folder
        self.transceivers = {}  # ours, by kind

    async def we_send(self, kind, video="VP8"):
        file = self.files["opus.ogg" if kind == "audio" else VIDEO_FILES[video]]
        added = await self.specter.call("add_track", file=str(file), loop=True, streams=["ours"])
        self.transceivers[kind] = added["transceiver"]
        return added["transceiver"]

    async def browser_sends(self, kind, **how):
        return (await self.page.call("add_media", kind=kind, **how))["transceiver"]

    async def number_of(self, kind):
        """Our transceiver that receives the browser's track."""
        if kind not in self.transceivers:
            self.transceivers[kind] = (await self.specter.wait("track", kind=kind))["transceiver"]
        return self.transceivers[kind]

    async def both_send(self, offerer, kinds=KINDS, video="VP8"):
        """before_offer and before_answer of scenario.connected."""
        async def ours():
            for kind in kinds:
                number = await self.we_send(kind, video)
                if video == "H264" and kind == "video" and offerer is self.specter:
                    await self.specter.call("set_codec_preferences", transceiver=number,
                                            codecs=["video/H264", "video/rtx"])

        async def theirs():
            for kind in kinds:
                how = {"codec": "video/H264"} if video == "H264" and kind == "video" and offerer is self.page else {}
                await self.browser_sends(kind, **how)

        return (ours, theirs) if offerer is self.specter else (theirs, ours)

    async def browser_decodes(self, kind, seconds=None):
        return await grows(functools.partial(decoded, self.page, kind), f"{kind} frames of ours in the browser",
                           seconds or self.options.seconds)

    async def we_receive(self, kind, seconds=None, rid=None):
        number = await self.number_of(kind)
        return await grows(functools.partial(received_frames, self.specter, number, rid),
                           f"{kind} frames of the browser at ours", seconds or self.options.seconds)

    async def we_record(self, kind, suffix, seconds=None):
        """FFmpeg decodes what we record."""
        number, path = await self.number_of(kind), self.folder / f"{kind}{suffix}"
        path.unlink(missing_ok=True)
        await self.specter.call("record", transceiver=number, file=str(path))
        await self.specter.call("request_key_frame", transceiver=number)

        async def recorded():
            return sum(one.get("recorded", 0) for one in await received(self.specter, number))

        await grows(recorded, f"{kind} frames recorded", seconds or self.options.seconds)
        told = await self.specter.call("stop_recording", transceiver=number)
        await media.check_recording(path, told["frames"])
        return told["frames"]

    async def all_flows(self, kinds=KINDS, seconds=None):
        flows = [self.browser_decodes(kind, seconds) for kind in kinds] + [self.we_receive(kind, seconds) for kind in kinds]
        return max(longest for _, longest in await asyncio.gather(*flows))


# ---- stories. Each returns the longest freeze, in seconds, or None


async def both_ways(telling, offers, video="VP8"):
    offerer, answerer = (telling.page, telling.specter) if offers == "browser" else (telling.specter, telling.page)
    before_offer, before_answer = await telling.both_send(offerer, video=video)
    async with connected(offerer, answerer, before_offer=before_offer, before_answer=before_answer) as channels:
        longest = await telling.all_flows()
        await asyncio.gather(telling.we_record("video", ".h264" if video == "H264" else ".ivf"),
                             telling.we_record("audio", ".ogg"))
        await echo(offerer, channels[0], answerer, channels[1], SIZES)
        if video == "H264":
            codecs = {r["id"]: r["mimeType"] for r in await media.reports(telling.page, "codec")}
            used = {codecs[r["codecId"]] for kind in ("inbound-rtp", "outbound-rtp")
                    for r in await media.reports(telling.page, kind) if r["kind"] == "video"}
            expect(used == {"video/H264"}, f"H.264 goes both ways: {used}")
        return longest


async def cryptex(telling, offers):
    """RFC 9335: header extensions are encrypted, too. The page requires it, so without it nothing would flow."""
    longest = await both_ways(telling, offers)
    for kind in ("local_description", "remote_description"):
        sdp = (await telling.page.call(kind))["description"]["sdp"]
        expect("a=cryptex" in sdp, f"its {kind} says a=cryptex")
    return longest


async def sent_back(telling, codec):
    """A codec that we don't depacketize: packets come and go back."""
    async def ours():
        number = await telling.number_of("video")
        await telling.specter.call("echo_media", transceiver=number, codec=codec)

    async def theirs():
        await telling.browser_sends("video", codec=codec)

    async with connected(telling.page, telling.specter, before_offer=theirs, before_answer=ours):
        _, longest = await telling.browser_decodes("video")
        codecs = {r["id"]: r["mimeType"] for r in await media.reports(telling.page, "codec")}
        used = [codecs[r["codecId"]] for r in await media.reports(telling.page, "inbound-rtp") if r["kind"] == "video"]
        expect(used == [codec], f"what comes back is {codec}: {used}")
        return longest


async def come_and_go(telling, offers):
    page, specter = telling.page, telling.specter
    offerer, answerer = (page, specter) if offers == "browser" else (specter, page)
    async with connected(offerer, answerer) as channels:
        async def again(before_answer=None):
            await renegotiate(offerer, answerer, before_answer)
            await echo(offerer, channels[0], answerer, channels[1], SIZES)

        # Added by both, one kind after the other.
        for kind in KINDS:
            first, second = ((telling.browser_sends, telling.we_send) if offerer is page
                             else (telling.we_send, telling.browser_sends))
            await first(kind)
            await again(functools.partial(second, kind))
        await telling.all_flows()

        # Removed: it stops, the sound goes on.
        ours, theirs = telling.transceivers["video"], (await page.wait("track", kind="video"))["transceiver"]
        await specter.call("remove_track", transceiver=ours)
        await again()
        await stops(functools.partial(decoded, page, "video"), "our pictures")
        await telling.all_flows(["audio"])
        await page.call("remove_track", transceiver=theirs)
        await again()
        await stops(functools.partial(received_frames, specter, ours), "the browser's pictures")

        # Replaced and sent again, by the same transceivers.
        await specter.call("replace_track", transceiver=ours, file=str(telling.files["vp8.ivf"]), loop=True)
        await specter.call("set_direction", transceiver=ours, direction="sendrecv")
        await page.call("replace_track", transceiver=theirs)
        await page.call("set_direction", transceiver=theirs, direction="sendrecv")
        await again()
        await telling.all_flows()

        # Another camera, without a negotiation.
        await page.call("replace_track", transceiver=theirs, source={"canvas": True, "width": 160, "height": 120})
        await telling.we_receive("video")
        await specter.call("replace_track", transceiver=ours, file=str(telling.files["vp8.ivf"]), loop=True)
        await telling.browser_decodes("video")

        # Stopped by the one that offers: ended at the other, and its section is there for the next track.
        stopped = {page: theirs, specter: ours}[offerer]
        await offerer.call("stop_transceiver", transceiver=stopped)
        await again()
        await answerer.wait("track_ended", transceiver={page: theirs, specter: ours}[answerer])
        await telling.all_flows(["audio"])
        del telling.transceivers["video"]
        for peer in (page, specter):
            await peer.taken_so_far("track")
        first, second = ((telling.browser_sends, telling.we_send) if offerer is page
                         else (telling.we_send, telling.browser_sends))
        await first("video")
        await again(functools.partial(second, "video"))
        return await telling.all_flows()


async def ice_restarts(telling, restarts):
    """Under media: no freeze."""
    page, specter = telling.page, telling.specter
    before_offer, before_answer = await telling.both_send(specter)
    async with connected(specter, page, before_offer=before_offer, before_answer=before_answer):
        wires = {page: Wire(page, specter), specter: Wire(specter, page)}
        await asyncio.gather(*(peer.taken_so_far("ice_candidate") for peer in (page, specter)))
        tasks = [asyncio.create_task(wire.run()) for wire in wires.values()]
        try:
            await telling.all_flows(seconds=0.5)
            flows = asyncio.create_task(telling.all_flows(seconds=2 + 3 * telling.options.count))
            tasks.append(flows)
            pair = await in_use(specter)
            for peer in (page, specter):
                await peer.taken_so_far("negotiation_needed")
            for _ in range(telling.options.count):
                offerer, answerer = (page, specter) if restarts == "browser" else (specter, page)
                await restart(offerer, answerer, wires)
                pair = await asyncio.wait_for(until_moved(specter, pair), 10)
            return await flows
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def loss(telling):
    """A twentieth of the datagrams is lost in each direction, STUN and DTLS aside: NACK and RTX repair them."""
    page, specter = telling.page, telling.specter
    dice = random.Random(7)

    def is_lost(data):
        return 128 <= data[0] < 192 and dice.random() < LOSS  # RFC 7983 §7

    before_offer, before_answer = await telling.both_send(specter)
    async with Relay.open(is_lost) as relay, \
            connected(specter, page, relay=relay, before_offer=before_offer, before_answer=before_answer):
        await telling.all_flows(seconds=1)

        async def counts():
            inbound = next(r for r in await media.reports(page, "inbound-rtp") if r["kind"] == "video")
            outbound = next(r for r in await media.reports(page, "outbound-rtp") if r["kind"] == "video")
            ours = next(one for one in await received(specter, telling.transceivers["video"]))
            sent = sum(one["frames"] for one in (await specter.call("frames"))["sent"] if one["file"].endswith(".ivf"))
            return {"sent": sent, "decoded": inbound["framesDecoded"], "nacks": inbound["nackCount"],
                    "reassembled": inbound.get("framesReceived"), "plis": inbound.get("pliCount"),
                    "their nacks": outbound["nackCount"], "their frames": outbound["framesSent"],
                    "repaired": outbound.get("retransmittedPacketsSent", 0), "received": ours["frames"],
                    "after loss": ours["after_loss"]}

        before = await counts()
        longest = await telling.all_flows(["video"], seconds=max(10, telling.options.seconds))
        after = await counts()
        grew = {key: after[key] - before[key] for key in before if after[key] is not None}
        expect(grew["decoded"] > 0.99 * grew["sent"] - 3, f"the browser decodes more than 99 %: {grew}")
        expect(grew["received"] > 0.99 * grew["their frames"] - 3, f"we receive more than 99 % whole: {grew}")
        expect(grew["after loss"] <= 0.01 * grew["received"] + 1, f"few frames are missing: {grew}")
        expect(relay.lost > 0 and grew["nacks"] > 0 and grew["their nacks"] > 0, f"and that by repair: {grew}")
        return longest


async def simulcast(telling):
    """Three encodings, each a stream of its own."""
    page, specter = telling.page, telling.specter

    async def theirs():
        # No camera: while another page has it with 320 pixels, this one gets these, and Chromium makes one layer of them.
        await telling.browser_sends("video", rids=["q", "h", "f"],
                                    source={"canvas": True, "width": 1280, "height": 720, "fps": 10})

    async with connected(page, specter, before_offer=theirs):
        try:
            longest = [(await telling.we_receive("video", rid=rid))[1] for rid in ("q", "h", "f")]
        except Failed as failed:
            sent = [{key: one.get(key) for key in ("rid", "ssrc", "framesSent", "active", "targetBitrate",
                                                   "qualityLimitationReason", "frameWidth", "encoderImplementation")}
                    for one in await media.reports(page, "outbound-rtp")]
            got = await received(specter, await telling.number_of("video"))
            raise Failed(f"{failed}; the browser sends {sent}; ours got {got}") from failed
        number = await telling.number_of("video")
        paths = {rid: telling.folder / f"simulcast-{rid}.ivf" for rid in ("q", "h", "f")}
        for rid, path in paths.items():
            path.unlink(missing_ok=True)
            await specter.call("record", transceiver=number, file=str(path), rid=rid)
            await specter.call("request_key_frame", transceiver=number, rid=rid)
        await asyncio.sleep(max(2, telling.options.seconds))
        for rid, path in paths.items():
            told = await specter.call("stop_recording", transceiver=number, rid=rid)
            expect(told["frames"] > 3, f"{rid} is recorded: {told}")
            await media.check_recording(path, told["frames"])
        widths = {one["rid"]: one["width"] for one in await received(specter, number)}
        expect(widths["f"] > widths["h"] > widths["q"] > 0, f"each has its size: {widths}")
        return max(longest)


async def glare(telling, polite):
    """Both add tracks at the same time, while signalling takes 200 ms; the W3C's perfect negotiation sorts it out."""
    page, specter = telling.page, telling.specter
    sides = (page, specter) if polite == "browser" else (specter, page)
    async with PerfectNegotiation.between(*sides, delay=0.2) as negotiation:
        for kind in KINDS:
            await asyncio.gather(telling.we_send(kind), telling.browser_sends(kind))
            await negotiation.settled()
        expect(negotiation.collisions > 0, "offers collide")
        numbers = {}
        for event in await specter.taken_so_far("track"):
            numbers[event["kind"]] = event["transceiver"]
        telling.transceivers = numbers
        return await telling.all_flows()


def stories_of(browser):
    """(title, whether addresses are shown, the page's configuration, the story); with what the browser is started with,
    if that is anything"""
    for shows, offers, policy in itertools.product((True, False), ("specter", "browser"), POLICIES):
        if not shows and policy != "balanced":
            continue  # mDNS names and bundles know nothing of each other
        yield (f"VP8 and Opus both ways, {offers} offers, {policy}, addresses {'shown' if shows else 'hidden'}", shows,
               {"bundlePolicy": policy}, functools.partial(both_ways, offers=offers))
    if browser == "chromium":
        for offers in ("specter", "browser"):
            yield f"H.264 both ways, {offers} offers", True, {}, functools.partial(both_ways, offers=offers, video="H264")
        for offers in ("specter", "browser"):
            yield (f"Cryptex, {offers} offers", True, {"rtpHeaderEncryptionPolicy": "require"},
                   functools.partial(cryptex, offers=offers), ("--enable-experimental-web-platform-features",))
    for codec in ("video/AV1", "video/VP9") if browser == "chromium" else ("video/VP9",):
        yield f"{codec} is sent back", True, {}, functools.partial(sent_back, codec=codec)
    for offers in ("specter", "browser"):
        yield f"tracks come and go, {offers} offers", True, {}, functools.partial(come_and_go, offers=offers)
    for restarts in ("specter", "browser"):
        yield f"ICE restarts under media, by {restarts}", True, {}, functools.partial(ice_restarts, restarts=restarts)
    yield f"{LOSS:.0%} loss", True, {}, loss
    yield "simulcast", True, {}, simulcast
    for polite in ("specter", "browser"):
        yield f"glare, {polite} is polite", True, {}, functools.partial(glare, polite=polite)


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("browser", choices=["chromium", "firefox"])
    parser.add_argument("--count", type=int, default=1, help="how often each story is told, and ICE restarts in it")
    parser.add_argument("--seconds", type=float, default=2, help="how long each flow is watched")
    parser.add_argument("--only", default="", help="tell only the stories whose title has this")
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()
    need_browsers(options.browser)
    media.need()

    told = Stories(options.only, hides=('"get_stats"', '"stats"', '"op": "frames"', '"event": "frames"'))
    with tempfile.TemporaryDirectory(prefix="specter-tracks-") as folder:
        folder = pathlib.Path(folder)
        files = media.make_files(folder)
        async with contextlib.AsyncExitStack() as stack:
            browsers = {}
            for title, shows, configuration, story, *settings in stories_of(options.browser):
                if options.only not in title:
                    continue
                started = (shows, *settings)
                if started not in browsers:
                    browsers[started] = await stack.enter_async_context(
                        Browser.open(options.browser, shows, *settings, with_devices=True))

                async def tell(known, browser=browsers[started], configuration=configuration, story=story):
                    async with BrowserPeer.open(browser, configuration=configuration) as page, \
                            SpecterPeer.open(options.specter, "--codec", "video/AV1", "--codec", "video/VP9") as specter:
                        known += [page, specter]
                        return await story(Telling(options, page, specter, files, folder))

                await told.tell(title, STORY_SECONDS + 3 * options.count + 10 * options.seconds, tell, options.count,
                                figure="longest pause")
    return told.exit_code()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
