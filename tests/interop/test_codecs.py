#!/usr/bin/python3
"""Payloads and files of Specter and of others: GStreamer's depayloaders read our packets, FFmpeg reads our files, and Specter
reads the output of this machine's payloaders and encoders.

    tests/interop/test_codecs.py [--files build/release/tests/interop/codec_files]
"""

import argparse
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import machine  # noqa: E402

MEDIA = ROOT / "tests" / "data" / "media"
CODECS = {".h264": "H264", ".ivf": "VP8", ".ogg": "opus"}
DEPAYLOADERS = {
    "H264": "media=video,clock-rate=90000,encoding-name=H264 ! rtpstreamdepay"
            " ! rtph264depay ! video/x-h264,stream-format=byte-stream,alignment=au",
    "VP8": "media=video,clock-rate=90000,encoding-name=VP8 ! rtpstreamdepay ! rtpvp8depay",
    "opus": "media=audio,clock-rate=48000,encoding-name=OPUS ! rtpstreamdepay ! rtpopusdepay",
}
ELEMENTS = ["rtpstreamdepay", "rtpstreampay", "rtph264depay", "rtpvp8depay", "rtpopusdepay", "rtph264pay", "rtpvp8pay",
            "rtpopuspay", "h264parse", "ivfparse", "opusparse", "openh264enc", "opusenc", "multifilesink"]


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def expect(holds, sentence):
    if not holds:
        raise AssertionError(sentence)


def need_programs():
    for program in ("gst-launch-1.0", "gst-inspect-1.0", "ffmpeg", "ffprobe"):
        machine.need(shutil.which(program), f"{program} is not there; `scripts/bootstrap interop` installs it")
    for element in ELEMENTS:
        done = subprocess.run(["gst-inspect-1.0", "--exists", element], check=False)
        machine.need(done.returncode == 0, f"GStreamer has no {element}; `scripts/bootstrap interop` installs it")


# ---- what is in a file, by other means than ours


def nals(stream):
    return [unit.rstrip(b"\0") for unit in re.split(b"\0\0\1", stream)[1:]]


def access_units(stream):
    """A delimiter, an SPS or SEI after a picture begins one, and so does a picture's first slice."""
    units, has_picture = [[]], False
    for nal in nals(stream):
        kind = nal[0] & 31
        is_first_slice = kind in (1, 5) and nal[1] & 0x80
        if has_picture and (is_first_slice or kind in (6, 7, 8, 9)):
            units.append([])
            has_picture = False
        units[-1].append(nal)
        has_picture |= kind in (1, 5)
    return units


def samples(path):
    data = path.read_bytes()
    if path.suffix == ".h264":
        return access_units(data)
    out = []
    if path.suffix == ".ivf":
        at = struct.unpack_from("<H", data, 6)[0]
        while at < len(data):
            size = struct.unpack_from("<I", data, at)[0]
            out.append(data[at + 12:at + 12 + size])
            at += 12 + size
        return out
    at, packet = 0, b""
    while at < len(data):  # Ogg's pages
        segments = data[at + 27:at + 27 + data[at + 26]]
        at += 27 + len(segments)
        for size in segments:
            packet += data[at:at + size]
            at += size
            if size < 255:
                out.append(packet)
                packet = b""
    return out[2:]


def decoded(path):
    """What FFmpeg decodes, as a checksum of each picture or of the sound."""
    kind = ["-f", "framemd5"] if path.suffix != ".ogg" else ["-f", "md5"]
    said = run("ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", path, *kind, "-")
    return [line.split(",")[-1].strip() for line in said.splitlines() if not line.startswith("#")]


def packets(path):
    return int(run("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets",
                   "-of", "csv=p=0", path).strip().split(",")[0])


# ---- the tests


def our_packets(files, source, room, folder):
    """GStreamer's depayloader gives buffer by buffer what we packetized."""
    codec = CODECS[source.suffix]
    ours = folder / f"{source.name}.{room}.rtp"
    run(files, "payloads", codec, source, ours, room)
    frames = folder / f"{source.name}.{room}"
    frames.mkdir()
    run("gst-launch-1.0", "-q", *(f"filesrc location={ours} ! application/x-rtp-stream,payload=96,{DEPAYLOADERS[codec]}"
                                  f" ! multifilesink location={frames}/%05d").split())
    got = [path.read_bytes() for path in sorted(frames.iterdir())]
    if codec == "H264":
        got = [nals(frame) for frame in got]
    expect(got == samples(source), f"{len(got)} frames, of {len(samples(source))}")
    return f"{len(got)} frames"


def their_packets(files, source, theirs, folder):
    """What we made of their packets decodes to the same, picture by picture."""
    ours = folder / f"{theirs.name}{source.suffix}"
    run(files, "frames", CODECS[source.suffix], theirs, ours)
    expect(packets(ours) == packets(source), f"ffprobe counts {packets(ours)} packets, of {packets(source)}")
    if source.suffix != ".ogg":
        expect(decoded(ours) == decoded(source), f"FFmpeg decodes other pictures of {ours}")
    else:
        expect(samples(ours) == samples(source), f"other packets in {ours}")
        decoded(ours)
    return f"{packets(ours)} packets"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", default=ROOT / "build" / "release" / "tests" / "interop" / "codec_files")
    options = parser.parse_args()
    need_programs()
    good = True
    with tempfile.TemporaryDirectory() as name:
        fresh = pathlib.Path(name) / "fresh"
        fresh.mkdir()
        run(sys.executable, MEDIA / "make.py", fresh)  # by this machine's versions
        stories = []
        for media, folder in ((MEDIA, pathlib.Path(name) / "kept"), (fresh, pathlib.Path(name) / "new")):
            folder.mkdir()
            for source in sorted(path for path in media.iterdir() if path.suffix in CODECS):
                for room in (120, 600, 1188) if source.suffix != ".ogg" else (1188,):
                    stories.append((f"{folder.name}: GStreamer reads {source.name} in payloads of {room} bytes",
                                    our_packets, source, room, folder))
                for theirs in sorted(media.glob(f"{source.stem}.*.rtp")):
                    stories.append((f"{folder.name}: we read {theirs.name}", their_packets, source, theirs, folder))
        for title, story, *arguments in stories:
            try:
                print(f"ok      {title}: {story(options.files, *arguments)}", flush=True)
            except AssertionError as error:
                good = False
                print(f"FAILED  {title}: {error}", flush=True)
    return 0 if good else 1


sys.exit(main())
