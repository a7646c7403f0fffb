"""Shared by tests of tracks: files to send, each side's counts of frames, and FFmpeg's check of recordings."""

import asyncio
import json
import pathlib
import shutil
import subprocess
import sys
import time

from scenario import Failed, expect

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import machine  # noqa: E402

LONGEST_FREEZE = 1.0  # s
PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=4")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=4")
X264 = ("-c:v", "libx264", "-profile:v", "baseline", "-level", "3.1", "-pix_fmt", "yuv420p", "-bf", "0", "-g", "50",
        "-b:v", "400k", "-bsf:v", "h264_mp4toannexb")
FILES = {
    "vp8.ivf": (*PICTURE, "-c:v", "libvpx", "-b:v", "400k", "-g", "50", "-deadline", "realtime", "-cpu-used", "8"),
    "h264.h264": (*PICTURE, *X264),
    # A page for each packet: pion's reader knows pages only.
    "opus.ogg": (*SOUND, "-ac", "2", "-c:a", "libopus", "-b:a", "48k", "-page_duration", "20000"),
}
FPS = 25


def need():
    for program in ("ffmpeg", "ffprobe"):
        machine.need(shutil.which(program), f"{program} is not there; `scripts/bootstrap interop` installs it")


def make_files(folder):
    """Each of FILES in `folder`, by name."""
    for name, arguments in FILES.items():
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *arguments, folder / name], check=True, timeout=120)
    return {name: folder / name for name in FILES}


# ---- files that were recorded


async def _run(*command):
    process = await asyncio.create_subprocess_exec(*map(str, command), stdin=asyncio.subprocess.DEVNULL,
                                                   stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, error = await process.communicate()
    expect(process.returncode == 0 and not error, f"{command[0]} reads the recording: {error.decode()[:1000]}")
    return out.decode()


async def check_recording(path, frames):
    """FFmpeg decodes each of them without a complaint."""
    kind = "v" if path.suffix != ".ogg" else "a"
    counted = "nb_read_frames" if kind == "v" else "nb_read_packets"
    told = await _run("ffprobe", "-v", "error", "-count_frames" if kind == "v" else "-count_packets", "-select_streams",
                      f"{kind}:0", "-show_entries", f"stream={counted}", "-of", "json", path)
    found = int(json.loads(told)["streams"][0][counted])
    expect(found == frames, f"{path.name} has the {frames} frames that were recorded: {found}")
    await _run("ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", path, "-f", "null", "-")


# ---- what each side says


async def reports(browser, kind):
    """The statistics of one type, such as "inbound-rtp"."""
    stats = (await browser.call("get_stats"))["stats"]
    return [report for report in stats.values() if report["type"] == kind]


async def decoded(peer, kind):
    """How much of our tracks the other side decoded: frames of video, samples or packets of sound."""
    return (await peer.call("frames"))["decoded"][kind]


async def received(specter, kind_or_number=None, rid=None):
    """What of the peer's tracks came, as `frames` tells it: of one transceiver, or all."""
    told = (await specter.call("frames"))["received"]
    return [one for one in told if kind_or_number in (None, one["transceiver"]) and rid in (None, one["rid"])]


async def received_frames(specter, number, rid=None):
    return sum(one["frames"] or one["packets"] for one in await received(specter, number, rid))


async def grows(count, what, seconds, start_seconds=15):
    """count() begins to grow, and goes on for so long without a pause of more than LONGEST_FREEZE. What it grew by,
    and the longest pause."""
    begun, first = time.monotonic(), await count()
    while (now := await count()) <= first:
        if time.monotonic() - begun > start_seconds:
            raise Failed(f"{what} come at all: {now} after {start_seconds} s")
        await asyncio.sleep(0.05)
    begun, last, longest, at = time.monotonic(), now, 0.0, time.monotonic()
    start = now
    while time.monotonic() - begun < seconds:
        await asyncio.sleep(0.1)
        asked = time.monotonic()
        if (now := await count()) > last:
            last, at = now, asked
        longest = max(longest, asked - at)
        expect(longest <= LONGEST_FREEZE, f"{what} go on: none for {longest:.1f} s at {now}")
    return last - start, longest


async def stops(count, what, seconds=1.5):
    """After a moment count() grows no more."""
    await asyncio.sleep(0.5)
    before = await count()
    await asyncio.sleep(seconds)
    after = await count()
    expect(after <= before + 1, f"{what} stop: {before}, and {after} after {seconds} s")
