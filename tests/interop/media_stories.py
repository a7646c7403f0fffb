"""Scenarios of tracks with another stack, for test_stacks.py and test_gstreamer.py: who offers, what is added later, and what is
unusual. `pair(**configuration)` opens both sides: another stack's, with the commands of docs/peer-protocol.md and `add_media`, and ours."""

import asyncio
import functools
import re

import media
from scenario import connected, echo, expect, renegotiate

ECHOED = [1, 1000, 16 << 10]
KINDS = ("audio", "video")


class Files:
    """Those of media.make_files, by codec: (codec, path)."""

    def __init__(self, folder):
        made = media.make_files(folder)
        self.of = {codec: (codec, made[name])
                   for codec, name in (("OPUS", "opus.ogg"), ("VP8", "vp8.ivf"), ("H264", "h264.h264"))}


class Meeting:
    """Theirs and ours, and what each has added."""

    stands_early_media = True  # before the answer to its offer

    def __init__(self, theirs, ours, files):
        self.theirs, self.ours, self.files = theirs, ours, files
        self.sent_by_us = []  # kinds
        self.received_by_us = []  # numbers of our transceivers

    async def they_send(self, *codecs):
        for codec, path in map(self.files.of.get, codecs):  # those that can't encode send the file
            await self.theirs.call("add_media", kind=kind_of(codec), codec=codec, file=str(path))

    async def we_send(self, *codecs):
        for codec, path in map(self.files.of.get, codecs):
            added = await self.ours.call("add_track", file=str(path), loop=True, streams=["ours"])
            if codec == "H264":  # or an answer may take VP8, which we offer first
                await self.ours.call("set_codec_preferences", transceiver=added["transceiver"], codecs=["video/H264"])
            self.sent_by_us.append(kind_of(codec))

    def sides(self, they_offer, they, we):
        """The arguments of scenario.connected: offerer, answerer, and what each does first."""
        if they_offer:
            return {"offerer": self.theirs, "answerer": self.ours, "before_offer": they, "before_answer": we}
        return {"offerer": self.ours, "answerer": self.theirs, "before_offer": we, "before_answer": they}

    async def renegotiate(self, they_offer, they=None, we=None):
        sides = self.sides(they_offer, they, we)
        if sides["before_offer"]:
            await sides["before_offer"]()
        await renegotiate(sides["offerer"], sides["answerer"], before_answer=sides["before_answer"],
                          answer_first=they_offer and not self.stands_early_media)

    async def flow(self, they_sent, seconds=2):
        """All that was sent arrives at the other side and goes on, where so many tracks of theirs came to ours.
        The longest pause."""
        for event in await self.ours.taken_so_far("track"):
            if event["transceiver"] not in self.received_by_us:  # else it entered a stream, of which it is told so, too
                self.received_by_us.append(event["transceiver"])
        expect(len(self.received_by_us) == they_sent, f"ours is told of {they_sent} tracks: {self.received_by_us}")
        at_theirs = [media.grows(functools.partial(self._decoded, kind, place),
                                 f"frames of our track {place + 1} of {kind} at {self.theirs.name}", seconds)
                     for kind in KINDS for place in range(self.sent_by_us.count(kind))]
        at_ours = [media.grows(functools.partial(media.received_frames, self.ours, number),
                               f"frames of {self.theirs.name} on our transceiver {number}", seconds)
                   for number in self.received_by_us]
        return max(pause for _, pause in await asyncio.gather(*at_theirs, *at_ours))

    async def _decoded(self, kind, place):
        tracks = [each["decoded"] for each in (await self.theirs.call("frames"))["tracks"] if each["kind"] == kind]
        return tracks[place] if place < len(tracks) else 0

    async def expect_codecs(self, *codecs):
        came = {one["codec"].upper() for one in await media.received(self.ours) if one["frames"]}
        expect(came == set(codecs), f"{self.theirs.name} sends {codecs}: {came}")


def kind_of(codec):
    return "audio" if codec == "OPUS" else "video"


def told(pause):
    return f"longest pause {pause * 1000:.0f} ms"


async def both_ways(pair, files, codecs, they_offer, change=None, data=True, **configuration):
    """Each sends these, beside messages. change: what is done to descriptions on their way."""
    async with pair(**configuration) as (theirs, ours):
        meeting = Meeting(change(theirs) if change else theirs, ours, files)
        they, we = (functools.partial(send, *codecs) for send in (meeting.they_send, meeting.we_send))
        sides = meeting.sides(they_offer, they, we)
        async with connected(**sides, data=data) as channels:
            tasks = [meeting.flow(len(codecs))]
            if data:
                tasks.append(echo(sides["offerer"], channels[0], sides["answerer"], channels[1], ECHOED))
            pause = (await asyncio.gather(*tasks))[0]
        await meeting.expect_codecs(*codecs)
    return told(pause)


async def one_way(pair, files, codecs, they_offer, they_send):
    """One side sends, the other has said that it only receives."""
    async with pair() as (theirs, ours):
        meeting = Meeting(theirs, ours, files)

        async def receive(peer):
            for codec in codecs:
                await peer.call("add_transceiver", kind=kind_of(codec), direction="recvonly")

        send = functools.partial(meeting.they_send if they_send else meeting.we_send, *codecs)
        they = send if they_send else functools.partial(receive, theirs)
        we = functools.partial(receive, ours) if they_send else send
        # Who answers takes what is offered: only an offer has to ask.
        if they_offer and they_send:
            we = None
        if not they_offer and not they_send:
            they = None
        async with connected(**meeting.sides(they_offer, they, we)):
            pause = await meeting.flow(len(codecs) if they_send else 0)
    return told(pause)


async def added_later(pair, files, codec, they_offer, stands_early_media=True):
    """A connection with data alone gets sound and pictures both ways, and then the other side adds and offers more."""
    async with pair() as (theirs, ours):
        meeting = Meeting(theirs, ours, files)
        meeting.stands_early_media = stands_early_media
        both = ("OPUS", codec)
        they, we = (functools.partial(send, *both) for send in (meeting.they_send, meeting.we_send))
        sides = meeting.sides(they_offer, None, None)
        async with connected(**sides) as channels:
            await meeting.renegotiate(they_offer, they, we)
            first = await meeting.flow(2)
            they, we = (functools.partial(send, codec) for send in (meeting.they_send, meeting.we_send))
            await meeting.renegotiate(not they_offer, they, we)
            second = await meeting.flow(3)
            await echo(sides["offerer"], channels[0], sides["answerer"], channels[1], ECHOED)
    return told(max(first, second))


async def behind_a_rejected_section(pair, files, codec):
    """Their offer begins with a section of port 0, which is in no group."""
    async with pair() as (theirs, ours):
        meeting = Meeting(Changed(theirs, reject_first, lambda sdp: sdp), ours, files)
        they, we = functools.partial(meeting.they_send, "OPUS", codec), functools.partial(meeting.we_send, codec)
        async with connected(**meeting.sides(True, they, we), data=False):
            pause = await meeting.flow(1)
        await meeting.expect_codecs(codec)
    return told(pause)


# ---- descriptions that are changed on their way


class Changed:
    """A peer that tells its offer and hears its answer otherwise."""

    def __init__(self, peer, offer, answer):
        self._peer, self._offer, self._answer = peer, offer, answer

    def __getattr__(self, name):
        return getattr(self._peer, name)

    async def call(self, op, **fields):
        if op == "set_local_description":
            return await self._peer.call(op, type=fields["type"], sdp=self._own)
        if op == "set_remote_description":
            fields["sdp"] = self._answer(fields["sdp"])
        came = await self._peer.call(op, **fields)
        if op == "create_offer":
            self._own = came["sdp"]
            came = came | {"sdp": self._offer(came["sdp"])}
        return came


def without(pattern):
    return lambda sdp: re.sub(rf"(?m)^(?:{pattern}).*\r?\n", "", sdp)


def unnamed(theirs):
    """An offer without MIDs, as before RFC 5888. Its answer has none, which they want to hear again."""
    def named(sdp):
        return re.sub(r"(?m)^(m=.*\r?\n)", r"\g<1>a=mid:0\r\n", sdp)

    return Changed(theirs, without(r"a=mid:|a=group:|a=extmap:\d+ urn:ietf:params:rtp-hdrext:sdes:mid"), named)


def reject_first(sdp):
    mid = re.search(r"a=mid:(\S+)", sdp)[1]
    sdp = re.sub(r"(?m)^m=(\w+) \d+", r"m=\1 0", sdp, count=1)
    return re.sub(rf"(?m)^(a=group:BUNDLE.*?) {re.escape(mid)}\b", r"\1", sdp, count=1)
