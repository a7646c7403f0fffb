#!/usr/bin/python3
"""`specter peer` with GStreamer's webrtcbin: DTLS 1.2 of OpenSSL with an RSA certificate, in each role, offering
and answering; and usrsctp. With --media, tracks instead, VP8 and H.264 with Opus: `interop.gstreamer.media`.

    tests/interop/test_gstreamer.py [--media] [--specter build/release/specter]
"""

import argparse
import asyncio
import contextlib
import functools
import itertools
import pathlib
import sys
import tempfile
import time
import traceback

import media
import media_stories
from peers import ProgramPeer, SpecterPeer
from scenario import connected, echo, expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(__file__).with_name("gstreamer_peer.py")
STORY_SECONDS = 60
SIZES = [1, 100, 16 << 10]


async def tell(specter_offers, specter_is_client, certificate, known, program):
    async with asyncio.timeout(STORY_SECONDS), \
            ProgramPeer.open("gstreamer", sys.executable, PROGRAM) as gstreamer, \
            SpecterPeer.open(program, "--certificate", certificate) as specter:
        known += [specter, gstreamer]
        offerer, answerer = (specter, gstreamer) if specter_offers else (gstreamer, specter)
        client = "offerer" if specter_offers == specter_is_client else "answerer"
        async with connected(offerer, answerer, client) as (at_offerer, at_answerer):
            await echo(offerer, at_offerer, answerer, at_answerer, SIZES)
            transport = (await specter.call("get_stats"))["stats"]["transport"]
    expect(transport["tls_version"] == "DTLS 1.2", f"{transport}")
    expect(transport["dtls_role"] == ("client" if specter_is_client else "server"), f"{transport}")
    # RFC 5246 §7.4.2: the suite says what the server signs with.
    signs = "RSA" if specter_is_client else certificate.upper()
    expect(transport["dtls_cipher"].startswith(f"TLS_ECDHE_{signs}_WITH_"), f"{transport}")
    expect(transport["tls_group"] == "x25519", f"{transport}")
    return f"{transport['dtls_cipher']}, {transport['tls_group']}"


@contextlib.asynccontextmanager
async def pair(known, program):
    async with asyncio.timeout(STORY_SECONDS), \
            ProgramPeer.open("gstreamer", sys.executable, PROGRAM) as gstreamer, \
            SpecterPeer.open(program) as specter:
        known += [specter, gstreamer]
        yield gstreamer, specter


def stories(options, folder):
    for offers, client, certificate in itertools.product((True, False), (True, False), ("ecdsa", "rsa")):
        title = (f"specter ({certificate}) {'offers' if offers else 'answers'}, "
                 f"{'client' if client else 'server'}; gstreamer (rsa)")
        yield title, lambda known, o=offers, c=client, k=certificate: tell(o, c, k, known, options.specter)


def stories_of_media(options, folder):
    files = media_stories.Files(folder)
    for they_offer, verb in ((False, "offers"), (True, "answers")):
        told = [(f"{codec} and Opus both ways, specter {verb}", media_stories.both_ways, (["OPUS", codec], they_offer))
                for codec in ("VP8", "H264")]
        told += [(f"{codec} alone both ways, specter {verb}", media_stories.both_ways, ([codec], they_offer))
                 for codec in ("OPUS", "VP8")]
        told += [(f"VP8 and Opus from {'gstreamer' if they_send else 'specter'} alone, specter {verb}",
                  media_stories.one_way, (["OPUS", "VP8"], they_offer, they_send)) for they_send in (True, False)]
        # Media that come before the answer end webrtcbin 1.22 ("code should not be reached" in on_rtpbin_pad_added).
        told.append((f"VP8 and Opus are added to a connection, specter {verb}", media_stories.added_later,
                     ("VP8", they_offer, False)))
        for title, story, arguments in told:
            yield title, lambda known, s=story, a=arguments: s(functools.partial(pair, known, options.specter), files, *a)


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    parser.add_argument("--only", default="", help="tell only the stories whose title has this")
    parser.add_argument("--media", action="store_true", help="tracks, in place of data channels")
    options = parser.parse_args()
    if options.media:
        media.need()
    good = True
    with tempfile.TemporaryDirectory(prefix="specter-gstreamer-") as folder:
        for title, story in (stories_of_media if options.media else stories)(options, pathlib.Path(folder)):
            if options.only not in title:
                continue
            begun = time.monotonic()
            known = []
            try:
                told = await story(known)
                print(f"ok      {title}: {told} ({time.monotonic() - begun:.1f} s)", flush=True)
            except Exception:
                good = False
                print(f"FAILED  {title}", *(line for peer in known for line in peer.history()),
                      traceback.format_exc(), sep="\n", flush=True)
    return 0 if good else 1


sys.exit(asyncio.run(main()))
