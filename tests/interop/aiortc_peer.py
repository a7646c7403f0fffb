"""aiortc as a program with the commands and events of docs/peer-protocol.md: aiortc_peer.py [CONFIGURATION],
an RTCConfiguration in JSON. It gathers before its local description is set, and reports its candidates then.
The configuration can make its media sections unusual: "payload_types": {"VP8": 120}, "extension_ids": {"sdes:mid": 20},
"feedback": false and "rtx": false."""

import asyncio
import base64
import json
import sys

import aiortc.codecs
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack
from aiortc.sdp import candidate_from_sdp

LINE_LIMIT = 1 << 24


def make_unusual(configuration):
    for kind, codecs in aiortc.codecs.CODECS.items():
        if not configuration.get("rtx", True):
            codecs[:] = [codec for codec in codecs if codec.name != "rtx"]
        for codec in codecs:
            number = configuration.get("payload_types", {}).get(codec.name)
            for repair in (each for each in codecs if number and each.parameters.get("apt") == codec.payloadType):
                repair.parameters["apt"] = number
            codec.payloadType = number or codec.payloadType
            if not configuration.get("feedback", True):
                codec.rtcpFeedback = []
        for extension in aiortc.codecs.HEADER_EXTENSIONS[kind]:
            for name, number in configuration.get("extension_ids", {}).items():
                extension.id = number if extension.uri.endswith(name) else extension.id


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class AiortcPeer:
    def __init__(self, configuration):
        policy = RTCBundlePolicy(configuration.get("bundlePolicy", "balanced"))
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=policy))
        self.channels = {}
        self.tracks = []  # the kind and the decoded frames of each that came
        self.tasks = set()  # kept, for asyncio keeps none
        self.connection.on("datachannel", self.announce)
        self.connection.on("track", self.take)
        self.connection.on("connectionstatechange",
                           lambda: tell("connection_state", state=self.connection.connectionState))

    # ---- channels

    def announce(self, channel):
        about = self.watch(channel)
        tell("data_channel", **about)
        if channel.readyState == "open":
            tell("data_channel_open", **about)

    def watch(self, channel):
        number = len(self.channels) + 1
        self.channels[number] = channel
        about = {"channel": number, "label": channel.label}
        channel.on("open", lambda: tell("data_channel_open", **about))
        channel.on("close", lambda: tell("data_channel_closed", **about))
        channel.on("message", lambda message: tell("message", channel=number, **(
            {"text": message} if isinstance(message, str)
            else {"base64": base64.b64encode(message).decode()})))
        return about

    # ---- media

    def take(self, track):
        tell("track", kind=track.kind)
        task = asyncio.ensure_future(self.count(track))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def count(self, track):
        counted = {"kind": track.kind, "decoded": 0}
        self.tracks.append(counted)
        try:
            while True:
                await track.recv()
                counted["decoded"] += 1
        except MediaStreamError:
            tell("track_ended", kind=track.kind)

    async def add_media(self, kind, codec, direction="sendrecv", **_):
        """Green pictures, or silence."""
        sender = self.connection.addTrack(VideoStreamTrack() if kind == "video" else AudioStreamTrack())
        transceiver = next(t for t in self.connection.getTransceivers() if t.sender is sender)
        transceiver.direction = direction
        known = RTCRtpSender.getCapabilities(kind).codecs
        chosen = [c for c in known if c.mimeType.upper() == f"{kind}/{codec}".upper()]
        transceiver.setCodecPreferences(chosen + [c for c in known if c.mimeType.endswith("/rtx")])
        return "track_added", {"kind": kind}

    async def frames(self):
        return "frames", {"decoded": {kind: sum(track["decoded"] for track in self.tracks if track["kind"] == kind)
                                      for kind in ("audio", "video")}, "tracks": self.tracks}

    # ---- commands

    async def create_data_channel(self, label):
        return "data_channel_created", self.watch(self.connection.createDataChannel(label))

    async def add_transceiver(self, kind, direction="sendrecv"):
        self.connection.addTransceiver(kind, direction)
        return "done", {}

    async def create_offer(self):
        made = await self.connection.createOffer()
        return "offer", {"type": made.type, "sdp": made.sdp}

    async def create_answer(self):
        made = await self.connection.createAnswer()
        return "answer", {"type": made.type, "sdp": made.sdp}

    async def set_local_description(self, type, sdp):
        await self.connection.setLocalDescription(RTCSessionDescription(sdp, type))
        sections = self.connection.localDescription.sdp.split("m=")[1:]
        for index, section in enumerate(sections):
            lines = section.splitlines()
            mid = next(line[6:] for line in lines if line.startswith("a=mid:"))
            for line in lines:
                if line.startswith("a=candidate:"):
                    tell("ice_candidate", candidate=line[2:], sdpMid=mid, sdpMLineIndex=index)
        return "local_description_set", {}

    async def set_remote_description(self, type, sdp):
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp, type))
        return "remote_description_set", {}

    async def add_ice_candidate(self, candidate, sdpMid=None, sdpMLineIndex=None, **_):
        made = candidate_from_sdp(candidate.removeprefix("candidate:")) if candidate else None
        if made:
            made.sdpMid, made.sdpMLineIndex = sdpMid, sdpMLineIndex
        await self.connection.addIceCandidate(made)
        return "ice_candidate_added", {}

    async def send(self, channel, text=None, **binary):
        self.channels[channel].send(text if text is not None else base64.b64decode(binary["base64"]))
        return "done", {}

    async def close_data_channel(self, channel):
        self.channels[channel].close()
        return "done", {}

    async def close(self):
        await self.connection.close()
        return "closed", {}


async def main():
    configuration = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    make_unusual(configuration)
    peer = AiortcPeer(configuration)
    reader = asyncio.StreamReader(limit=LINE_LIMIT)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tell("ready")
    while line := await reader.readline():
        command = json.loads(line)
        op, ref = command.pop("op"), command.pop("ref", None)
        try:
            event, fields = await getattr(peer, op)(**command)
            tell(event, ref=ref, **fields)
        except Exception as error:
            tell("error", op=op, name=type(error).__name__, message=str(error), ref=ref)
    await peer.connection.close()


asyncio.run(main())
