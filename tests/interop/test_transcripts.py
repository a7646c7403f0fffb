#!/usr/bin/python3
"""Two `specter peer` exchange messages, a relay between them records the datagrams, and other programs decrypt them with the key log:
tshark all of DTLS 1.2, dtls_transcript.py the records of DTLS 1.3 (Debian 12's tshark does not support it), and
tshark again their content.

    tests/interop/test_transcripts.py [--specter build/release/specter]
"""

import argparse
import asyncio
import collections
import contextlib
import dataclasses
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import dtls_transcript as dtls
import relay as relays
from peers import SpecterPeer
from relay import Relay
from scenario import connected, expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORY_SECONDS = 60
MESSAGES = [f"message {number} that nobody else shall read" for number in range(5)]


@dataclasses.dataclass(frozen=True)
class Story:
    version: str
    options: tuple = ()  # of both sides
    logger: str = "client"  # the side whose key log it is

    def title(self):
        return f"DTLS {self.version}, {' '.join(self.options) or 'the defaults'}, key log of the {self.logger}"


STORIES = [
    Story("1.2", ("--no-sped", "--no-snap")),
    Story("1.2", logger="server"),
    Story("1.2", ("--certificate", "rsa"), logger="server"),
    Story("1.3", ("--no-sped", "--no-snap")),
    Story("1.3", logger="server"),
    Story("1.3", ("--certificate", "rsa")),
]


def tshark(file, *arguments):
    """The lines that it writes."""
    program = shutil.which("tshark")
    expect(program, "tshark is there; `scripts/bootstrap interop` installs it")
    done = subprocess.run([program, "-n", "-r", str(file), *arguments], capture_output=True, text=True,
                          timeout=STORY_SECONDS, check=False)
    expect(done.returncode == 0, f"tshark {' '.join(arguments)}: {done.stderr}")
    return done.stdout.splitlines()


def read_by_tshark(folder, log):
    """(sender's address, SCTP packet) of each record with application data, as tshark decrypts them."""
    port = relays.ADDRESSES[0][1]
    lines = tshark(folder / "dtls.pcap", "-o", f"tls.keylog_file:{log}", "-d", f"udp.port=={port},dtls",
                   "-d", f"dtls.port=={port},data", "-T", "fields", "-e", "data.data")
    # Several records in one datagram are several values.
    return [bytes.fromhex(value) for line in lines for value in line.split(",") if value]


def read_by_script(relay, log):
    """The same, as dtls_transcript.py decrypts them; and how many it could not."""
    transcript = dtls.Transcript(dtls.key_log(log.read_text()))
    records = [record for one in relay.captured for datagram in dtls.dtls_of(one.data)
               for record in transcript.read(one.sender, datagram)]
    return [r.payload for r in records if r.epoch == 3 and r.type == dtls.APPLICATION_DATA], transcript


def count_application_data(relay):
    """Of DTLS 1.2, by the plain headers of records."""
    transcript = dtls.Transcript({})
    return sum(record.type == dtls.APPLICATION_DATA for one in relay.captured
               for datagram in dtls.dtls_of(one.data) for record in transcript.read(one.sender, datagram))


def check_conversation(folder, packets, story):
    """What tshark finds in the SCTP packets: the handshake or none, the channel, each message."""
    file = folder / "sctp.pcap"
    relays.write_pcap(file, relays.LINKTYPE_SCTP, [(index, packet) for index, packet in enumerate(packets)])
    lines = tshark(file, "-o", "sctp.checksum:CRC 32c", "-T", "fields", "-E", "separator=|",
                   "-e", "sctp.checksum.status", "-e", "sctp.chunk_type", "-e", "rtcdc.label",
                   "-e", "data.data")
    expect(len(lines) == len(packets), f"tshark reads {len(packets)} packets: {lines}")
    chunks, labels, texts = collections.Counter(), [], []
    for line, packet in zip(lines, packets):
        status, kinds, label, data = line.split("|")
        kinds = [int(kind) for kind in kinds.split(",")]
        # RFC 9653: both take packets without one, but never in a handshake.
        is_left_out = packet[8:12] == bytes(4) and not {dtls.INIT, dtls.INIT_ACK, dtls.COOKIE_ECHO} & set(kinds)
        expect(status == "1" or is_left_out, f"the packet's checksum is right: {line}")
        chunks.update(kinds)
        labels += [label] if label else []
        texts += [bytes.fromhex(value).decode() for value in data.split(",") if value]
    shakes_hands = [chunks[kind] > 0 for kind in (dtls.INIT, dtls.INIT_ACK, dtls.COOKIE_ECHO, dtls.COOKIE_ACK)]
    expect(shakes_hands == ["--no-snap" in story.options] * 4, f"SCTP shakes hands without SNAP alone: {chunks}")
    expect("data" in labels, f"the channel is announced: {labels}")
    missing = collections.Counter(MESSAGES * 2) - collections.Counter(texts)
    expect(not missing, f"each message is there in both directions: {texts}")


async def converse(story, options, folder, relay):
    async with contextlib.AsyncExitStack() as stack:
        sides = []
        for name in ("server", "client"):  # of DTLS: who answers is the client
            sides.append(await stack.enter_async_context(SpecterPeer.open(
                options.specter, "--loopback", "only", "--dtls", story.version,
                "--key-log", str(folder / f"{name}.keys"), *story.options, name=name)))
        async with connected(*sides, relay=relay) as channels:
            for text in MESSAGES:
                for source, sink in ((0, 1), (1, 0)):
                    await sides[source].call("send", channel=channels[source], text=text)
                    await sides[sink].wait("message", channel=channels[sink], text=text)
            return (await sides[0].call("get_stats"))["stats"]["transport"]


async def tell(story, options, folder):
    folder.mkdir()
    async with asyncio.timeout(STORY_SECONDS), Relay.open() as relay:
        transport = await converse(story, options, folder, relay)
    expect(transport["tls_version"] == f"DTLS {story.version}", f"{transport}")
    relay.write_pcap(folder / "dtls.pcap", unwrap=dtls.dtls_of)
    log = folder / f"{story.logger}.keys"
    if story.version == "1.2":
        packets = read_by_tshark(folder, log)
        expect(len(packets) == count_application_data(relay) > len(MESSAGES),
               f"tshark opens each of {count_application_data(relay)} records: {len(packets)}")
        # Without the secrets it opens nothing.
        (folder / "no.keys").write_text("")
        expect(not any(packet in read_by_tshark(folder, folder / "no.keys") for packet in packets),
               "tshark needs the key log")
    else:
        packets, transcript = read_by_script(relay, log)
        expect(len(packets) > len(MESSAGES) and transcript.unreadable == 0,
               f"each record opens: {len(packets)}, {transcript.unreadable} not")
    check_conversation(folder, packets, story)
    return f"{transport['dtls_cipher']}, {len(packets)} packets read"


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory(prefix="specter-transcripts-") as folder:
        for number, story in enumerate(STORIES):
            begun = time.monotonic()
            try:
                told = await tell(story, options, pathlib.Path(folder) / str(number))
                print(f"ok      {story.title()}: {told} ({time.monotonic() - begun:.1f} s)", flush=True)
            except Exception:
                good = False
                print(f"FAILED  {story.title()}", traceback.format_exc(), sep="\n", flush=True)
    return 0 if good else 1


sys.exit(asyncio.run(main()))
