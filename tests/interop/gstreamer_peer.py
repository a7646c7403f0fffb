#!/usr/bin/python3
"""GStreamer's webrtcbin as a program with the commands and events of docs/peer-protocol.md. Its DTLS is
OpenSSL's 1.2, its certificate RSA, its ICE libnice."""

import base64
import json
import re
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402


# What is sent of each codec, how it is named, and how it is decoded; {payload} is the number that both have agreed on.
SENDS = {
    "VP8": "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=25/1"
           " ! vp8enc deadline=1 keyframe-max-dist=50 target-bitrate=400000 ! rtpvp8pay picture-id-mode=15-bit pt={payload}",
    "H264": "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=25/1"
            " ! openh264enc gop-size=50 bitrate=400000"
            " ! video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 aggregate-mode=zero-latency pt={payload}",
    "OPUS": "audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay pt={payload}",
}
CAPS = {
    "VP8": "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload={payload}",
    "H264": "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload={payload},"
            "packetization-mode=(string)1,profile-level-id=(string)42e01f",
    "OPUS": "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload={payload}",
}
PAYLOADS = {"VP8": 96, "H264": 108, "OPUS": 111}  # in its own offers
DECODES = {
    "VP8": "queue ! rtpvp8depay request-keyframe=true ! vp8dec",
    "H264": "queue ! rtph264depay request-keyframe=true ! h264parse ! openh264dec",
    "OPUS": "queue ! rtpopusdepay ! opusdec",
}


class GStreamerPeer:
    def __init__(self):
        self.loop = GLib.MainLoop()
        self.channels = {}
        self.lock = threading.Lock()  # signals come on threads of GStreamer's
        self.pipeline = Gst.Pipeline.new()
        self.bin = Gst.ElementFactory.make("webrtcbin")
        if self.bin is None:
            raise SystemExit("webrtcbin is not there; `scripts/bootstrap interop` installs it")
        self.bin.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.bin)
        self.bin.connect("on-ice-candidate", self.on_candidate)
        self.bin.connect("on-data-channel", lambda _, channel: self.announce(channel))
        self.bin.connect("notify::connection-state", self.on_state)
        self.bin.connect("on-new-transceiver", self.on_transceiver)
        self.bin.connect("pad-added", self.on_pad)
        self.tracks = []  # the kind and the decoded frames of each that came
        self.offered = ""
        self.pipeline.set_state(Gst.State.PLAYING)

    def tell(self, event, **fields):
        with self.lock:
            print(json.dumps({"event": event, **fields}), flush=True)

    # ---- what it tells by itself

    def on_candidate(self, _, index, candidate):
        if candidate:
            self.tell("ice_candidate", candidate=candidate, sdpMLineIndex=index)

    def on_state(self, *_):
        self.tell("connection_state", state=self.bin.get_property("connection-state").value_nick)

    def announce(self, channel):
        about = self.watch(channel)
        self.tell("data_channel", **about)
        if channel.get_property("ready-state") == GstWebRTC.WebRTCDataChannelState.OPEN:
            self.tell("data_channel_open", **about)

    def watch(self, channel):
        number = len(self.channels) + 1
        self.channels[number] = channel
        about = {"channel": number, "label": channel.get_property("label")}
        channel.connect("on-open", lambda _: self.tell("data_channel_open", **about))
        channel.connect("on-close", lambda _: self.tell("data_channel_closed", **about))
        channel.connect("on-error", lambda _, error: self.tell(
            "data_channel_error", message=str(error), **about))
        channel.connect("on-message-string", lambda _, text: self.tell(
            "message", channel=number, text=text or ""))
        channel.connect("on-message-data", lambda _, data: self.tell(
            "message", channel=number, base64=base64.b64encode(data.get_data() if data else b"").decode()))
        return about

    # ---- media

    def payload_of(self, codec):
        """The number that the offer has for it."""
        found = re.search(rf"a=rtpmap:(\d+) {codec}/", self.offered, re.IGNORECASE)
        return int(found[1]) if found else PAYLOADS[codec]

    def add_media(self, kind, codec, **_):
        payload = self.payload_of(codec)
        source = Gst.parse_bin_from_description(SENDS[codec].format(payload=payload), True)
        self.pipeline.add(source)
        caps = Gst.Caps.from_string(CAPS[codec].format(payload=payload))
        sink = self.bin.request_pad(self.bin.get_pad_template("sink_%u"), None, caps)
        transceiver = sink.get_property("transceiver")
        # Without it webrtcbin gives the number to a retransmission in another section, before the source has said its own.
        transceiver.set_property("codec-preferences", caps)
        if source.get_static_pad("src").link(sink) != Gst.PadLinkReturn.OK:
            raise ValueError(f"webrtcbin takes no {codec}")
        source.sync_state_with_parent()
        # A description has the SSRC of what has said it by then, and no MID stands in packets: of two sections with one
        # codec only the SSRC tells which one a packet is of.
        given_up = time.monotonic() + 5
        while not (sink.get_current_caps() and sink.get_current_caps().get_structure(0).has_field("ssrc")):
            if time.monotonic() > given_up:
                raise ValueError(f"the source of {codec} says no SSRC")
            time.sleep(0.01)
        return "track_added", {"kind": kind}

    def add_transceiver(self, kind, direction):
        codec = "OPUS" if kind == "audio" else "VP8"
        caps = Gst.Caps.from_string(CAPS[codec].format(payload=self.payload_of(codec)))
        way = getattr(GstWebRTC.WebRTCRTPTransceiverDirection, direction.upper())
        self.bin.emit("add-transceiver", way, caps)
        return "done", {}

    def on_transceiver(self, _, transceiver):
        if transceiver.get_property("kind") == GstWebRTC.WebRTCKind.VIDEO:
            transceiver.set_property("do-nack", True)

    def on_pad(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        caps = pad.get_current_caps().get_structure(0)
        kind, codec = caps.get_string("media"), caps.get_string("encoding-name").upper()
        sink = Gst.parse_bin_from_description(f"{DECODES[codec]} ! fakesink name=end signal-handoffs=true sync=false", True)

        counted = {"kind": kind, "decoded": 0}
        self.tracks.append(counted)

        def count(*_):
            counted["decoded"] += 1

        sink.get_by_name("end").connect("handoff", count)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))
        self.tell("track", kind=kind, codec=codec)

    def frames(self):
        return "frames", {"decoded": {kind: sum(track["decoded"] for track in self.tracks if track["kind"] == kind)
                                      for kind in ("audio", "video")}, "tracks": self.tracks}

    # ---- commands; the value is the answer

    def create_data_channel(self, label):
        channel = self.bin.emit("create-data-channel", label, None)
        return "data_channel_created", self.watch(channel)

    def create_offer(self):
        return self.create("offer")

    def create_answer(self):
        return self.create("answer")

    def create(self, kind):
        reply = self.ask(f"create-{kind}", None)
        return kind, {"type": kind, "sdp": reply.get_value(kind).sdp.as_text()}

    def set_local_description(self, type, sdp):
        self.ask("set-local-description", described(type, sdp))
        return "local_description_set", {}

    def set_remote_description(self, type, sdp):
        self.offered = sdp if type == "offer" else self.offered
        self.ask("set-remote-description", described(type, sdp))
        return "remote_description_set", {}

    def ask(self, signal, argument):
        promise = Gst.Promise.new()
        self.bin.emit(signal, argument, promise)
        if promise.wait() != Gst.PromiseResult.REPLIED:
            raise ValueError(f"{signal} got no answer")
        reply = promise.get_reply()
        if reply is not None and reply.has_field("error"):
            raise ValueError(f"{signal}: {reply.get_value('error').message}")
        return reply

    def add_ice_candidate(self, candidate, sdpMLineIndex=0, **_):
        self.bin.emit("add-ice-candidate", sdpMLineIndex, candidate)
        return "ice_candidate_added", {}

    def send(self, channel, text=None, base64=None):
        if text is not None:
            self.channels[channel].emit("send-string", text)
        else:
            self.channels[channel].emit("send-data", GLib.Bytes.new(decoded(base64)))
        return "done", {}

    def close(self):
        self.loop.quit()
        return None, {}

    # ---- lines

    def run(self):
        threading.Thread(target=self.read, daemon=True).start()
        self.tell("ready")
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        self.tell("closed")

    def read(self):
        for line in sys.stdin:
            GLib.idle_add(self.handle, json.loads(line))
        GLib.idle_add(self.loop.quit)

    def handle(self, command):
        fields = {key: value for key, value in command.items() if key not in ("op", "ref")}
        try:
            event, answer = getattr(self, command["op"])(**fields)
            if event:
                self.tell(event, ref=command.get("ref"), **answer)
        except Exception as error:
            self.tell("error", op=command.get("op"), ref=command.get("ref"), name=type(error).__name__,
                      message=str(error))
        return GLib.SOURCE_REMOVE


def described(type, sdp):
    result, message = GstSdp.SDPMessage.new_from_text(sdp)
    if result != GstSdp.SDPResult.OK:
        raise ValueError("GStreamer does not read this description")
    kind = GstWebRTC.WebRTCSDPType.OFFER if type == "offer" else GstWebRTC.WebRTCSDPType.ANSWER
    return GstWebRTC.WebRTCSessionDescription.new(kind, message)


def decoded(text):
    return base64.b64decode(text)


if __name__ == "__main__":
    Gst.init(None)
    GStreamerPeer().run()
