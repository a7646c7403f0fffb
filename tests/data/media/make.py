#!/usr/bin/python3
"""Makes the files of this folder with FFmpeg and GStreamer; README.md describes them.

    tests/data/media/make.py [FOLDER]

Encoders differ between versions: run it only to change these files, and look at the changes.
RTP packets are framed as in RFC 4571: two bytes of length, then the packet.
"""

import pathlib
import socket
import struct
import subprocess
import sys

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
PICTURES = "testsrc2=size=160x120:rate=15"
SOUND = "sine=frequency=440:duration=0.4"
PACKET_BYTES = 600  # small, so that small pictures need several


def run(*command):
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


def ffmpeg(*arguments):
    run("ffmpeg", "-nostdin", "-y", "-v", "error", "-fflags", "+bitexact", *arguments)


def gstreamer(pipeline):
    run("gst-launch-1.0", "-q", *pipeline.split())


def path(name):
    return FOLDER / name


# ---- what encoders make


def encode():
    x264 = "keyint=4:min-keyint=4:scenecut=0:bframes=0:repeat-headers=1"
    ffmpeg("-f", "lavfi", "-i", PICTURES, "-frames:v", 8, "-pix_fmt", "yuv420p", "-c:v", "libx264",
           "-profile:v", "baseline", "-crf", 26, "-x264-params", x264 + ":slices=1", path("x264.h264"))
    # Several slices of at most 500 bytes, and access unit delimiters.
    ffmpeg("-f", "lavfi", "-i", PICTURES, "-frames:v", 6, "-pix_fmt", "yuv420p", "-c:v", "libx264",
           "-profile:v", "main", "-crf", 28, "-x264-params",
           x264 + ":slice-max-size=500:aud=1", path("x264-slices.h264"))
    gstreamer("videotestsrc num-buffers=6 pattern=ball ! video/x-raw,width=160,height=120,framerate=15/1"
              " ! openh264enc gop-size=3 multi-thread=1 num-slices=2 slice-mode=n-slices"
              " ! video/x-h264,stream-format=byte-stream,alignment=au"
              f" ! filesink location={path('openh264.h264')}")
    # No IDR but the first: a picture is refreshed bit by bit, recovery points say when it is whole.
    ffmpeg("-f", "lavfi", "-i", PICTURES, "-frames:v", 12, "-pix_fmt", "yuv420p", "-c:v", "libx264",
           "-profile:v", "baseline", "-crf", 34, "-x264-params",
           "keyint=8:intra-refresh=1:bframes=0:repeat-headers=1:slices=1", path("x264-refresh.h264"))
    ffmpeg("-f", "lavfi", "-i", PICTURES, "-frames:v", 8, "-c:v", "libvpx", "-g", 4, "-b:v", "300k",
           "-deadline", "realtime", path("libvpx.ivf"))
    ffmpeg("-f", "lavfi", "-i", SOUND, "-c:a", "libopus", "-b:a", "24k", "-serial_offset", 7,
           path("libopus.ogg"))
    # Stereo, 60 ms a packet.
    ffmpeg("-f", "lavfi", "-i", SOUND, "-ac", 2, "-c:a", "libopus", "-frame_duration", 60, "-b:a", "32k",
           "-serial_offset", 7, path("libopus-60ms.ogg"))
    gstreamer("audiotestsrc wave=ticks num-buffers=50 samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=1"
              f" ! opusenc frame-size=10 ! oggmux ! filesink location={path('gstreamer.ogg')}")


# ---- what payloaders make of it


def frame(packets):
    return b"".join(struct.pack(">H", len(packet)) + packet for packet in packets)


def by_ffmpeg(source, name, *arguments):
    """FFmpeg's muxer has no framing of its own: what it sends is taken from a socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        ours.bind(("127.0.0.1", 0))
        url = f"rtp://127.0.0.1:{ours.getsockname()[1]}?pkt_size={PACKET_BYTES}&rtcpport=9"
        ffmpeg("-i", path(source), "-c", "copy", "-payload_type", 96, "-ssrc", 1, "-seq", 65530, "-f", "rtp",
               *arguments, url)
        packets = []
        ours.settimeout(0.2)
        try:
            while True:
                packets.append(ours.recv(1 << 16))
        except TimeoutError:
            pass
    path(name).write_bytes(frame(packets))


def by_gstreamer(source, name, pipeline):
    gstreamer(f"filesrc location={path(source)} ! {pipeline} pt=96 ssrc=1 seqnum-offset=65530"
              f" timestamp-offset=4294960000 mtu={PACKET_BYTES} ! rtpstreampay ! filesink location={path(name)}")


def packetize():
    for stem in ("x264", "x264-slices", "openh264"):
        by_ffmpeg(f"{stem}.h264", f"{stem}.ffmpeg.rtp")
    by_ffmpeg("x264-slices.h264", "x264-slices.ffmpeg-mode0.rtp", "-rtpflags", "h264_mode0")
    parsed = "h264parse ! video/x-h264,stream-format=byte-stream,alignment=au ! rtph264pay"
    for stem in ("x264", "x264-slices", "openh264"):
        by_gstreamer(f"{stem}.h264", f"{stem}.gstreamer.rtp", parsed + " aggregate-mode=zero-latency")
    by_gstreamer("openh264.h264", "openh264.gstreamer-single.rtp", parsed + " aggregate-mode=none")
    by_ffmpeg("libvpx.ivf", "libvpx.ffmpeg.rtp")
    for mode, bits in (("none", 0), ("7-bit", 7), ("15-bit", 15)):
        by_gstreamer("libvpx.ivf", f"libvpx.gstreamer-{bits}.rtp", f"ivfparse ! rtpvp8pay picture-id-mode={mode}")
    by_ffmpeg("libopus.ogg", "libopus.ffmpeg.rtp")
    by_gstreamer("libopus.ogg", "libopus.gstreamer.rtp", "oggdemux ! opusparse ! rtpopuspay")
    # Speech that falls silent: discontinuous transmission.
    gstreamer("audiotestsrc wave=silence num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1"
              " ! opusenc dtx=true frame-size=20 audio-type=voice bitrate=16000"
              " ! rtpopuspay pt=96 ssrc=1 seqnum-offset=65530 timestamp-offset=4294960000"
              f" ! rtpstreampay ! filesink location={path('silence.gstreamer.rtp')}")


# Three temporal layers, of which each frame names its own: 0 2 1 2. A layer is made so that nothing of
# a lower one depends on it.
LAYERS = {
    "temporal-scalability-layer-id": (0, 2, 1, 2),
    "temporal-scalability-rate-decimator": (4, 2, 1),
    "temporal-scalability-target-bitrate": (80_000, 120_000, 200_000),
}
LAYER_FLAGS = (
    "no-ref-golden+no-upd-golden+no-upd-alt",
    "no-ref-golden+no-ref-alt+no-upd-last+no-upd-golden+no-upd-alt+no-upd-entropy",
    "no-ref-golden+no-ref-alt+no-upd-last+no-upd-alt",
    "no-ref-alt+no-upd-last+no-upd-golden+no-upd-alt+no-upd-entropy",
)


def layers():
    """The payloader hears of a frame's layer from the encoder alone; gst-launch can't tell that one lists."""
    import gi  # Debian's; the rest of this script does without
    gi.require_version("Gst", "1.0")
    from gi.repository import GObject, Gst
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=13 pattern=ball ! video/x-raw,width=160,height=120,framerate=15/1"
        " ! vp8enc name=encoder deadline=1 keyframe-max-dist=8 error-resilient=1 target-bitrate=200000"
        " temporal-scalability-number-layers=3 temporal-scalability-periodicity=4"
        " temporal-scalability-layer-sync-flags=<false,true,true,false>"
        f" temporal-scalability-layer-flags=<{','.join(LAYER_FLAGS)}> ! tee name=frames"
        " ! queue ! rtpvp8pay picture-id-mode=15-bit picture-id-offset=32760 pt=96 ssrc=1 seqnum-offset=65530"
        f" timestamp-offset=4294960000 mtu={PACKET_BYTES} ! rtpstreampay"
        f" ! filesink location={path('libvpx-layers.gstreamer.rtp')}"
        f" frames. ! queue ! filesink location={path('libvpx-layers.vp8')}")
    for name, values in LAYERS.items():
        array = GObject.ValueArray.new(len(values))
        for value in values:
            array.append(value)
        pipeline.get_by_name("encoder").set_property(name, array)
    pipeline.set_state(Gst.State.PLAYING)
    pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)


encode()
packetize()
layers()
