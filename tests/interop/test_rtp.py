#!/usr/bin/python3
"""`specter rtp` with GStreamer and FFmpeg, both ways, with and without SRTP; and with itself over a relay
that loses, duplicates and reorders.

    tests/interop/test_rtp.py [--specter build/release/specter] [--only WORD]

No scenario waits for a fixed time: the sender begins when the receiver listens, and each ends by itself.
"""

import argparse
import base64
import concurrent.futures
import functools
import hashlib
import json
import pathlib
import random
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import machine  # noqa: E402
from lossy_relay import LOOPBACK, Relay, bad_path  # noqa: E402

MEDIA = ROOT / "tests" / "data" / "media"
CODECS = {".h264": "h264", ".ivf": "vp8", ".ogg": "opus"}
SOURCES = sorted(path for path in MEDIA.iterdir() if path.suffix in CODECS)
FPS = 60  # of Annex B: the files say nothing
AT_ONCE = 4  # stories: they wait for one another's programs more than they compute
LONGEST = 30  # seconds, of anything: it takes one or two
SSRC = 1234
CAPS = {
    "h264": "media=video,clock-rate=90000,encoding-name=H264",
    "vp8": "media=video,clock-rate=90000,encoding-name=VP8",
    "opus": "media=audio,clock-rate=48000,encoding-name=OPUS",
}
DEPAYLOADERS = {
    "h264": "rtph264depay ! video/x-h264,stream-format=byte-stream,alignment=au",
    "vp8": "rtpvp8depay",
    "opus": "rtpopusdepay",
}
PAYLOADERS = {
    "h264": "h264parse ! video/x-h264,stream-format=byte-stream,alignment=au"
            " ! rtph264pay aggregate-mode=zero-latency",
    "vp8": "ivfparse ! rtpvp8pay picture-id-mode=15-bit",
    "opus": "oggdemux ! opusparse ! rtpopuspay",
}
RTPMAPS = {"h264": "video H264/90000", "vp8": "video VP8/90000", "opus": "audio opus/48000/2"}
# RFC 5764 has tags of 80 bits for the RTCP of the profile with 32; FFmpeg has that under this name alone.
FFMPEG_SUITES = {"AES_CM_128_HMAC_SHA1_32": "SRTP_AES128_CM_HMAC_SHA1_32"}
# Profiles: specter's name, the bytes of key and salt, GStreamer's cipher and authentication.
PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": (30, "aes-128-icm", "hmac-sha1-80"),
    "AES_CM_128_HMAC_SHA1_32": (30, "aes-128-icm", "hmac-sha1-32"),
    "AEAD_AES_128_GCM": (28, "aes-128-gcm", "null"),
    "AEAD_AES_256_GCM": (44, "aes-256-gcm", "null"),
}
ELEMENTS = ["udpsrc", "udpsink", "rtpjitterbuffer", "rtpbin", "rtph264depay", "rtpvp8depay", "rtpopusdepay",
            "rtph264pay", "rtpvp8pay", "rtpopuspay", "srtpdec", "srtpenc", "h264parse", "ivfparse", "opusparse",
            "oggdemux", "multifilesink"]


def expect(holds, sentence):
    if not holds:
        raise AssertionError(sentence)


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=LONGEST,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def need_programs():
    for program in ("gst-launch-1.0", "gst-inspect-1.0", "ffmpeg", "ffprobe"):
        machine.need(shutil.which(program), f"{program} is not there; `scripts/bootstrap interop` installs it")
    for element in ELEMENTS:
        done = subprocess.run(["gst-inspect-1.0", "--exists", element], check=False)
        machine.need(done.returncode == 0, f"GStreamer has no {element}; `scripts/bootstrap interop` installs it")


# ---- programs that run beside us


class Program:
    """Killed at the end of `with`, when it has not ended."""

    def __init__(self, *command, stdout=subprocess.PIPE):
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=stdout,
                                        stderr=subprocess.PIPE, text=True)
        self.said = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def wait_for_word(self, pattern):
        """Of stderr."""
        end = time.monotonic() + LONGEST
        while not (found := re.search(pattern, self.said)):
            ready, _, _ = select.select([self.process.stderr], [], [], max(0, end - time.monotonic()))
            line = self.process.stderr.readline() if ready else ""
            if not line:
                raise AssertionError(f"{' '.join(self.command)} does not say {pattern}: {self.said}")
            self.said += line
        return found

    def end(self):
        """What it wrote to stdout, once it has ended; its exit code is in process.returncode."""
        try:
            out, err = self.process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{' '.join(self.command)} does not end; {self.said}") from error
        self.said += err
        return out


def receiver(specter, codec, target, *arguments):
    """Ours, and the port where it listens."""
    program = Program(specter, "rtp", "receive", "--port", 0, "--codec", codec, "--to", target, "--json",
                      "--address", LOOPBACK, *arguments)
    return program, int(program.wait_for_word(r"Listening at [\d.]+:(\d+)")[1])


def summary(program):
    return json.loads(program.end())


def free_ports():
    """Even ones whose neighbours are free as well, each once, below those that the kernel gives to whoever asks."""
    first = random.randrange(20000, 30000, 2)
    while True:
        for port in range(first, 32000, 2):
            try:
                for one in (port, port + 1):
                    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
                        ours.bind((LOOPBACK, one))
            except OSError:
                continue
            yield port
        first = 20000


PORTS, PORTS_LOCK = free_ports(), threading.Lock()


def free_port():
    with PORTS_LOCK:
        return next(PORTS)


def wait_until_bound(port, program):
    """Another program's port: the kernel's table tells."""
    end = time.monotonic() + LONGEST
    while f":{port:04X} " not in pathlib.Path("/proc/net/udp").read_text():
        expect(program.process.poll() is None and time.monotonic() < end,
               f"{' '.join(program.command)} does not listen")
        time.sleep(0.01)


def key_of(profile):
    return hashlib.sha512(profile.encode()).digest()[:PROFILES[profile][0]]


def srtp(profile, key=None):
    """The options of specter."""
    if not profile:
        return []
    key = key or key_of(profile)
    return ["--srtp-profile", profile, "--srtp-key", "inline:" + base64.b64encode(key).decode()]


# ---- what is in a file, by other means than ours


@functools.cache
def packets(path):
    return int(run("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets",
                   "-of", "csv=p=0", path).strip().split(",")[0])


@functools.cache
def hashes(path):
    """Of all that FFmpeg decodes."""
    kind = ["-f", "framemd5"] if path.suffix != ".ogg" else ["-f", "md5"]
    said = run("ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", path, *kind, "-")
    return [line.split(",")[-1].strip() for line in said.splitlines() if not line.startswith("#")]


def expect_the_same(got, source):
    expect(packets(got) == packets(source), f"ffprobe counts {packets(got)} packets, of {packets(source)}")
    if source.suffix == ".ogg":
        hashes(got)  # decodes; the pre-skip is the receiver's guess, so the samples' number may differ
    else:
        expect(hashes(got) == hashes(source), "FFmpeg decodes other pictures")


# ---- specter sends


def send(specter, source, port, *arguments):
    out = run(specter, "rtp", "send", source, "--to", f"{LOOPBACK}:{port}", "--fps", FPS, "--json", "--mtu", 640,
              *arguments)
    return json.loads(out)


def gstreamer_receives(specter, source, folder, profile=None):
    """Frame by frame into files: their number is the sender's, and together FFmpeg decodes them to the same pictures."""
    codec = CODECS[source.suffix]
    port, frames = free_port(), folder / "frames"
    frames.mkdir()
    caps = f"application/x-{'s' if profile else ''}rtp,{CAPS[codec]},payload=96,ssrc=(uint){SSRC}"
    decrypt = ""
    if profile:
        _, cipher, authentication = PROFILES[profile]
        caps += (f",srtp-key=(buffer){key_of(profile).hex()},srtp-cipher=(string){cipher}"
                 f",srtp-auth=(string){authentication},srtcp-cipher=(string){cipher}"
                 f",srtcp-auth=(string){authentication.replace('-32', '-80')}")
        decrypt = "srtpdec ! "
    pipeline = (f"udpsrc address={LOOPBACK} port={port} caps={caps} ! {decrypt}rtpjitterbuffer latency=200"
                f" ! {DEPAYLOADERS[codec]} ! multifilesink sync=false location={frames}/%05d")
    with Program("gst-launch-1.0", "-q", *pipeline.split()) as theirs:
        wait_until_bound(port, theirs)
        # Its RTCP goes elsewhere: udpsrc's caps are RTP's alone.
        told = send(specter, source, port, "--ssrc", SSRC, "--rtcp-port", free_port(), *srtp(profile))
        end = time.monotonic() + LONGEST
        while len(list(frames.iterdir())) < told["frames"]:
            expect(theirs.process.poll() is None and time.monotonic() < end,
                   f"{len(list(frames.iterdir()))} frames of {told['frames']}: {theirs.said}")
            time.sleep(0.02)
        theirs.process.terminate()
        theirs.end()
    expect(told["frames"] == packets(source), f"{told['frames']} frames sent, of {packets(source)}")
    if codec == "h264":
        whole = folder / "got.h264"
        whole.write_bytes(b"".join(path.read_bytes() for path in sorted(frames.iterdir())))
        expect_the_same(whole, source)
    return f"{told['frames']} frames in {told['packets']} packets"


def gstreamer_reports(specter, source, folder):
    """An rtpbin's receiver report reaches the sender. It is sent some seconds after the first packet, so the file is
    repeated until then."""
    codec = CODECS[source.suffix]
    port, local = free_port(), free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as between:
        between.bind((LOOPBACK, 0))
        between.settimeout(LONGEST)
        pipeline = (f"rtpbin name=both udpsrc address={LOOPBACK} port={port}"
                    f" caps=application/x-rtp,{CAPS[codec]},payload=96 ! both.recv_rtp_sink_0"
                    f" both. ! {DEPAYLOADERS[codec]} ! fakesink sync=false"
                    f" udpsrc address={LOOPBACK} port={port + 1} ! both.recv_rtcp_sink_0 both.send_rtcp_src_0"
                    f" ! udpsink host={LOOPBACK} port={between.getsockname()[1]} sync=false async=false")
        with Program("gst-launch-1.0", "-q", *pipeline.split()) as theirs:
            wait_until_bound(port, theirs)
            wait_until_bound(port + 1, theirs)
            with Program(specter, "rtp", "send", source, "--to", f"{LOOPBACK}:{port}", "--rtcp-port", port + 1,
                         "--local-port", local, "--ssrc", SSRC, "--loop", 0, "--json") as ours:
                block = SSRC.to_bytes(4, "big")
                while True:
                    data = between.recv(1 << 16)
                    between.sendto(data, (LOOPBACK, local))
                    # RR with a block of ours that answers a sender report: the LSR is not 0.
                    at = data.find(block, 8)
                    if data[1] == 201 and at > 0 and data[at + 16:at + 20] != bytes(4):
                        break
                ours.process.send_signal(2)
                told = json.loads(ours.end())
    # GStreamer counts a first packet that it kept on probation twice: -1.
    expect(told["reports"] > 0 and told["cumulative_lost"] in (0, -1), f"{told}")
    expect(0 <= told["round_trip_seconds"] < 1, f"{told}")
    return f"round trip {told['round_trip_seconds'] * 1e3:.1f} ms, jitter {told['jitter_seconds'] * 1e3:.1f} ms"


def ffmpeg_receives(specter, source, folder, profile=None):
    """By a session description, as one has it from elsewhere. FFmpeg decodes."""
    codec = CODECS[source.suffix]
    kind, rtpmap = RTPMAPS[codec].split()
    port = free_port()
    crypto = f"a=crypto:1 {profile} inline:{base64.b64encode(key_of(profile)).decode()}\r\n" if profile else ""
    description = folder / "stream.sdp"
    description.write_text(
        f"v=0\r\no=- 0 0 IN IP4 {LOOPBACK}\r\ns=-\r\nc=IN IP4 {LOOPBACK}\r\nt=0 0\r\n"
        f"m={kind} {port} RTP/{'S' if profile else ''}AVP 96\r\na=rtpmap:96 {rtpmap}\r\n{crypto}"
        + ("a=fmtp:96 packetization-mode=1\r\n" if codec == "h264" else ""))
    got = folder / f"got{source.suffix}"
    count = packets(source)
    # FFmpeg finds out what a stream is before it writes any of it; so the file is sent until it has enough.
    with Program("ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file,udp,rtp,srtp,crypto", "-i",
                 description, "-c", "copy", "-frames", count, "-y", got) as theirs:
        wait_until_bound(port, theirs)
        with Program(specter, "rtp", "send", source, "--to", f"{LOOPBACK}:{port}", "--rtcp-port", port + 1, "--fps",
                     FPS, "--mtu", 640, "--loop", 0, "--json", *srtp(profile)) as ours:
            theirs.end()
            expect(theirs.process.returncode == 0, f"FFmpeg failed: {theirs.said}")
            ours.process.send_signal(2)
            told = json.loads(ours.end())
    expect(packets(got) == count, f"{packets(got)} frames in the file, of {count}")
    known = hashes(source)
    if codec != "opus":
        foreign = [one for one in hashes(got) if one not in known]
        expect(not foreign, f"{len(foreign)} pictures that were never sent")
    else:
        hashes(got)
    return f"{count} frames, {told['packets']} packets sent meanwhile"


# ---- specter receives


def from_gstreamer(specter, source, folder, profile=None):
    codec = CODECS[source.suffix]
    got = folder / f"got{source.suffix}"
    ours, port = receiver(specter, codec, got, "--frames", packets(source), *srtp(profile))
    encrypt = ""
    if profile:
        _, cipher, authentication = PROFILES[profile]
        encrypt = (f" ! srtpenc key={key_of(profile).hex()} rtp-cipher={cipher} rtp-auth={authentication}"
                   f" rtcp-cipher={cipher} rtcp-auth={authentication.replace('-32', '-80')}")
    pipeline = (f"filesrc location={source} ! {PAYLOADERS[codec]} pt=96 mtu=600{encrypt}"
                f" ! udpsink host={LOOPBACK} port={port} sync=false async=false")
    with ours:
        run("gst-launch-1.0", "-q", *pipeline.split())
        told = summary(ours)
    expect(told["end"] == "frames" and told["lost_packets"] == 0, f"{told}")
    expect_the_same(got, source)
    return f"{told['frames']} frames in {told['packets']} packets"


def from_ffmpeg(specter, source, folder, profile=None):
    """With RTCP on the same port, and BYE."""
    codec = CODECS[source.suffix]
    got = folder / f"got{source.suffix}"
    ours, port = receiver(specter, codec, got, *srtp(profile))
    out = []
    if profile:
        out = ["-srtp_out_suite", FFMPEG_SUITES.get(profile, profile),
               "-srtp_out_params", base64.b64encode(key_of(profile)).decode()]
    scheme = "srtp" if profile else "rtp"
    with ours:
        run("ffmpeg", "-nostdin", "-v", "error", "-re", "-fflags", "+genpts", "-r", FPS, "-i", source, "-c", "copy",
            "-payload_type", 96, "-f", "rtp", "-rtpflags", "send_bye", *out,
            f"{scheme}://{LOOPBACK}:{port}?rtcpport={port}&pkt_size=600")
        told = summary(ours)
    expect(told["lost_packets"] == 0 and told["refused_packets"] == 0, f"{told}")
    expect(told["end"] == "bye", f"it ended by {told['end']}")
    expect_the_same(got, source)
    return f"{told['frames']} frames in {told['packets']} packets"


# ---- specter to specter


def annex_b(path):
    return [unit.rstrip(b"\0") for unit in re.split(b"\0\0\1", path.read_bytes())[1:]]


def over_a_bad_path(specter, source, folder, loss, profile=None):
    """No frame comes that was not sent, and the losses are counted."""
    codec = CODECS[source.suffix]
    got = folder / f"got{source.suffix}"
    ours, port = receiver(specter, codec, got, *srtp(profile))
    with ours, Relay(port, bad_path(7, loss)) as relay:
        sent = send(specter, source, relay.port, "--loop", 3, *srtp(profile))
        told = summary(ours)
    expect(told["end"] == "bye", f"it ended by {told['end']}")
    # A packet lost at the very end, or at the very beginning, is one that no receiver knows of.
    known = told["expected_packets"]
    expect(sent["packets"] - len(relay.lost) <= known <= sent["packets"], f"{known} expected of {sent['packets']}")
    whole = told["frames"] + told["incomplete_frames"] + told["frames_before_key_frame"]
    expect(whole <= sent["frames"], f"{told['frames']} frames of {sent['frames']}")
    if loss == 0:
        expect(told["frames"] == sent["frames"], f"{told['frames']} frames of {sent['frames']}")
    written = packets(got)
    # What is missing of Opus is filled.
    is_written = written >= told["frames"] if codec == "opus" and loss > 0 else written == told["frames"]
    expect(is_written, f"ffprobe counts {written} frames of {told['frames']}")
    if codec == "h264":
        expect(set(annex_b(got)) <= set(annex_b(source)), "a NAL unit that was never sent")
    if loss > 0 and codec != "opus" and told["incomplete_frames"]:
        expect(told["key_frames_asked"] > 0 and sent["key_frames_asked"] > 0, "nobody asked for a key frame")
    expect(sent["reports"] > 0, "no report came back")
    return (f"{told['frames']} frames of {sent['frames']}, {len(relay.lost)} packets lost, "
            f"{told['reordered_packets']} put in order")


def with_another_key(specter, source, folder):
    """Nothing is written, and it is said why."""
    profile = "AEAD_AES_128_GCM"
    got = folder / "got.ivf"
    for json_too in ([], ["--json"]):
        with Program(specter, "rtp", "receive", "--port", 0, "--codec", "vp8", "--to", got, *json_too,
                     "--address", LOOPBACK, *srtp(profile, b"\1" * 28), "--wait", 5) as ours:
            # Without a free port of its own choice it could not be told apart.
            port = int(ours.wait_for_word(r"Listening at [\d.]+:(\d+)")[1])
            send(specter, source, port, *srtp(profile))
            out = ours.end()
        expect(ours.process.returncode == 1, f"exit code {ours.process.returncode}")
        why = json.loads(out)["why"] if json_too else out
        expect("SRTP refused all" in why and "bad tag" in why and "--srtp-key" in why, why)
    expect(not got.exists(), "a file was made")
    return why


def stories():
    short = {CODECS[path.suffix]: path for path in SOURCES}
    yield "GStreamer's reports", gstreamer_reports, short["vp8"]  # takes longest
    for source in SOURCES:
        yield f"GStreamer receives {source.name}", gstreamer_receives, source
        yield f"we receive {source.name} from GStreamer", from_gstreamer, source
    for source in short.values():
        yield f"FFmpeg receives {source.name}", ffmpeg_receives, source
        yield f"we receive {source.name} from FFmpeg", from_ffmpeg, source
    for profile in PROFILES:
        yield f"GStreamer receives {profile}", gstreamer_receives, short["h264"], profile
        yield f"we receive {profile} from GStreamer", from_gstreamer, short["h264"], profile
        if profile.startswith("AES_CM"):  # FFmpeg knows no GCM
            yield f"FFmpeg receives {profile}", ffmpeg_receives, short["vp8"], profile
            yield f"we receive {profile} from FFmpeg", from_ffmpeg, short["vp8"], profile
    for source in short.values():
        yield f"{source.name} over a path that reorders", over_a_bad_path, source, 0
        yield f"{source.name} over a path that loses", over_a_bad_path, source, 0.08
    yield "SRTP over a path that loses", over_a_bad_path, short["vp8"], 0.08, "AES_CM_128_HMAC_SHA1_80"
    yield "SRTP of another key", with_another_key, short["vp8"]


def tell(specter, folder, title, story, source, *arguments):
    folder.mkdir()
    begun = time.monotonic()
    try:
        said = story(specter, source, folder, *arguments)
    except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
        print(f"FAILED  {title}: {error}", flush=True)
        return False
    print(f"ok      {title}: {said} ({time.monotonic() - begun:.1f} s)", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    parser.add_argument("--only", default="", help="stories whose title has this in it")
    options = parser.parse_args()
    need_programs()
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as workers:
        told = [workers.submit(tell, options.specter, pathlib.Path(name) / str(number), *story)
                for number, story in enumerate(stories()) if options.only in story[0]]
        good = [one.result() for one in told]
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
