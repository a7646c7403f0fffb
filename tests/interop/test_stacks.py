#!/usr/bin/python3
"""`specter peer` with other stacks, from npm, PyPI, Go modules and crates: `make interop`. Each stack that can offers
audio, video and data in each of its bundle policies; each answers our offer; messages go both ways. Those of WITH_MEDIA
send and receive tracks, too: media_stories.py.

    tests/interop/test_stacks.py [--specter build/release/specter] [pion werift]
"""

import argparse
import asyncio
import contextlib
import dataclasses
import functools
import itertools
import json
import pathlib
import re
import sys
import tempfile
import time
import traceback
import types
import typing

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "bench" / "peers"))

import media_stories  # noqa: E402
from bench_peer import BenchPeer  # noqa: E402
from driver import stacks  # noqa: E402
from driver.main import bootstrap  # noqa: E402
from peers import ProgramPeer, SpecterPeer  # noqa: E402
from scenario import connected, echo, expect  # noqa: E402

HERE = pathlib.Path(__file__).parent
STORY_SECONDS = 60
POLICIES = ("balanced", "max-compat", "max-bundle")
SIZES = [1, 100, 16 << 10, 60_000]


@dataclasses.dataclass(frozen=True)
class Stack:
    """build(log) makes it, of what bench/peers names with its versions, in build/peers. command(built,
    configuration) starts it; None: it is the program of bench/peers, with a life of its own."""
    build: typing.Callable
    command: typing.Optional[typing.Callable] = None


def built(name):
    def build(log):
        stack = next(stack for stack in stacks.STACKS if stack.name == name)
        return stack.build(types.SimpleNamespace(specter_build=None), log)

    return build


def build_pion(log):
    go = stacks.need("go", "pion needs Go 1.24")
    program = stacks.BUILD / "pion" / "pion_interop"
    stacks.run(log, [go, "build", "-mod=readonly", "-buildvcs=false", "-o", program, "./interop"],
               cwd=stacks.PEERS / "pion")
    return [str(program)]


def node(name):
    return Stack(built(name), lambda made, configuration: [
        made[0], HERE / "node_peer.mjs", name, pathlib.Path(made[1]).parent, configuration])


STACKS = {
    "wrtc": node("wrtc"),
    "werift": node("werift"),
    "aiortc": Stack(built("aiortc"), lambda made, configuration: [
        made[0], HERE / "aiortc_peer.py", configuration]),
    "pion": Stack(build_pion, lambda made, configuration: [*made, configuration]),
    "webrtc-rs": Stack(built("webrtc-rs")),
    "str0m": Stack(built("str0m")),
    "rustrtc": Stack(built("rustrtc")),
    "libdatachannel": Stack(built("libdatachannel")),
}


@contextlib.asynccontextmanager
async def pair(specter, command, policy, known, dtls="any", **configuration):
    configuration = json.dumps({"bundlePolicy": policy, **configuration})
    async with ProgramPeer.open("theirs", *command(configuration)) as theirs, \
            SpecterPeer.open(specter, "--dtls", dtls) as ours:
        known += [theirs, ours]
        yield theirs, ours


async def negotiated(specter):
    transport = (await specter.call("get_stats"))["stats"]["transport"]
    return f"{transport['tls_version']}, {transport['dtls_role']}"


async def they_offer(specter, command, known, policy, media_first):
    async with pair(specter, command, policy, known) as (theirs, ours):
        async def add_media():
            for kind in ("audio", "video"):
                await theirs.call("add_transceiver", kind=kind)

        if media_first:
            await add_media()
        async with connected(theirs, ours, before_offer=None if media_first else add_media) as channels:
            await echo(theirs, channels[0], ours, channels[1], SIZES)
            return await negotiated(ours)


async def we_offer(specter, command, known, policy, dtls_client):
    async with pair(specter, command, policy, known) as (theirs, ours), \
            connected(ours, theirs, dtls_client) as (at_ours, at_theirs):
        await echo(ours, at_ours, theirs, at_theirs, SIZES)
        told = await negotiated(ours)
    role = {"offerer": "client", "answerer": "server"}.get(dtls_client)
    expect(role is None or told.endswith(role), f"specter is the {role} of DTLS: {told}")
    return told


def stories_of(specter, command):
    for policy in POLICIES:
        for media_first in (True, False):
            order = "audio, video and data" if media_first else "data, audio and video"
            yield f"offers {order}, {policy}", \
                lambda known, p=policy, m=media_first: they_offer(specter, command, known, p, m)
        yield f"answers, {policy}", lambda known, p=policy: we_offer(specter, command, known, p, None)
    for client in ("offerer", "answerer"):
        yield f"answers, {'specter' if client == 'offerer' else 'it'} is DTLS's client", \
            lambda known, c=client: we_offer(specter, command, known, "balanced", c)


# Who sends media and decodes it, or at least puts it together, and in which codecs of video.
WITH_MEDIA = {"wrtc": ("VP8",), "werift": ("VP8", "H264"), "aiortc": ("VP8", "H264"), "pion": ("VP8", "H264")}
BARE = {"feedback": False, "rtx": False}
TWO_BYTES = {"extension_ids": {"sdes:mid": 20, "ssrc-audio-level": 100, "abs-send-time": 255}}


@functools.cache
def files_in(folder):
    return media_stories.Files(folder)


def stories_of_media(name, specter, command, folder):
    codecs = WITH_MEDIA.get(name, ())
    if not codecs:
        return
    files = files_in(folder)
    both, first = media_stories.both_ways, codecs[0]
    ways = [(True, "offers"), (False, "answers")]
    stories = [(f"{verb} {codec} and Opus both ways", both, (["OPUS", codec], offers), {})
               for codec in codecs for offers, verb in ways]
    stories += [(f"{verb} {first} and Opus both ways, {policy}", both, (["OPUS", first], offers), {"policy": policy})
                for policy in POLICIES[1:] for offers, verb in ways]
    stories += [(f"{verb} {codec} alone", both, ([codec], offers), {}) for codec in ("OPUS", first) for offers, verb in ways]
    stories += [(f"{verb} and only {'sends' if sends else 'receives'}", media_stories.one_way,
                 (["OPUS", first], offers, sends), {}) for sends in (True, False) for offers, verb in ways]
    stories += [(f"{verb} what is added to a connection, which the other side adds to", media_stories.added_later,
                 (first, offers), {}) for offers, verb in ways]
    if name == "aiortc":  # says anything, and needs no more than what it is told
        stories += [(f"{verb} {title}", both, (["OPUS", first], offers), how) for title, how in (
            ("VP8 as 120", {"payload_types": {"VP8": 120}}), ("no feedback, no RTX", BARE),
            ("extensions above 14", TWO_BYTES)) for offers, verb in ways]
        stories += [(f"offers {title} without MIDs", both, ([codec], True),
                     {"change": media_stories.unnamed, "data": False}) for codec, title in (("OPUS", "sound"), (first, "pictures"))]
    if name == "pion":  # sends files, so that many are cheap
        stories += [(f"{verb} ten pictures", both, ([first] * 10, offers), {}) for offers, verb in ways]
        stories.append(("offers pictures behind a rejected section", media_stories.behind_a_rejected_section, (first,), {}))
    for title, story, arguments, how in stories:
        async def tell(known, story=story, arguments=arguments, how=how):
            change = {key: value for key, value in how.items() if key in ("change", "data")}
            how = {"policy": "balanced"} | {key: value for key, value in how.items() if key not in change}
            opened = functools.partial(pair, specter, command, known=known, **how)
            return await story(opened, files, *arguments, **change)

        yield title, tell


def stories_of_bench(specter, program):
    """What the programs of bench/peers can: one channel, offered by either side, and its messages."""
    for they_offer_it in (True, False):
        for client in ("offerer", "answerer"):
            for dtls in ("1.2", "any"):
                ours_is_client = they_offer_it == (client == "answerer")
                title = f"{'offers' if they_offer_it else 'answers'} data, specter ({dtls}) is DTLS's " \
                        f"{'client' if ours_is_client else 'server'}"

                async def tell(known, offers=they_offer_it, c=client, d=dtls, client_is_ours=ours_is_client):
                    async with SpecterPeer.open(specter, "--dtls", d) as ours, \
                            BenchPeer.open(program, offers) as theirs:
                        known.append(ours)
                        await theirs.meet(ours, c)
                        told = await negotiated(ours)
                    expect(told.endswith("client" if client_is_ours else "server"), told)
                    return told

                yield title, tell


# What a stack can't, by a fault of its own, and which.
ACTIVE_TWICE = "it answers a=setup:active to active, against RFC 8842 §5.3"
NO_CERTIFICATE = "as DTLS's client it answers a CertificateRequest with no Certificate, against RFC 5246 §7.4.6"
STOPS_ITS_TRANSPORT = "it stops the transport that its sections share, as one that is left over; with another of its own, too"
CANNOT = {
    ("aiortc", "offers data, audio and video, max-bundle"): STOPS_ITS_TRANSPORT,
    ("aiortc", "offers VP8 and Opus both ways, max-bundle"): STOPS_ITS_TRANSPORT,
    ("aiortc", "answers what is added to a connection, which the other side adds to"):
        "its offer has other payload types than its answer before, and its packets those of before: against RFC 3264 §8.3.2",
    ("werift", "answers, specter is DTLS's client"): ACTIVE_TWICE,
    **{("werift", f"{verb} and only sends"): "it has no codec, and sends back what comes" for verb in ("offers", "answers")},
    ("webrtc-rs", "answers data, specter (1.2) is DTLS's client"): ACTIVE_TWICE,
    ("webrtc-rs", "answers data, specter (any) is DTLS's client"): ACTIVE_TWICE,
    **{("rustrtc", f"{verb} data, specter ({dtls}) is DTLS's server"): NO_CERTIFICATE
       for verb in ("offers", "answers") for dtls in ("1.2", "any")},
}


def version(name):
    """By the lock files of bench/peers."""
    def locked(path, pattern):
        return re.search(pattern, (stacks.PEERS / path).read_text())[1]

    crate = {"webrtc-rs": "webrtc", "libdatachannel": "datachannel-sys"}.get(name, name)
    package = rf'name = "{re.escape(crate)}"\nversion = "([^"]+)"'
    return {
        "wrtc": lambda: "@roamhq/wrtc " + locked("node/package.json", r'"@roamhq/wrtc": "([^"]+)"'),
        "werift": lambda: locked("node/package.json", r'"werift": "([^"]+)"'),
        "aiortc": lambda: locked("python/requirements.txt", r"aiortc==(\S+)"),
        "pion": lambda: locked("pion/go.mod", r"pion/webrtc/v4 (v\S+)"),
        "libdatachannel": lambda: f"crate {crate} " + locked("libdatachannel/Cargo.lock", package),
    }.get(name, lambda: locked("rust/Cargo.lock", package))()


@dataclasses.dataclass
class Result:
    """What came of one stack's stories."""
    name: str
    told: list = dataclasses.field(default_factory=list)  # (title, what was negotiated, or None)
    of_media: list = dataclasses.field(default_factory=list)  # the same of tracks
    left_out: str = ""

    def row(self):
        if self.left_out:
            return f"| {self.name} | {version(self.name)} | left out: {self.left_out} | | | |"
        offers, answers = ([saw for title, saw in self.told if title.startswith(word)] for word in ("offers", "answers"))
        dtls = ", ".join(sorted({saw.split(",")[0] for _, saw in self.told if saw}))
        counts = [f"{sum(map(bool, told))} of {len(told)}" for told in (offers, answers, [saw for _, saw in self.of_media])]
        return f"| {self.name} | {version(self.name)} | {counts[0]} | {counts[1]} | {dtls} | {counts[2]} |"


async def tell(options, name, folder):
    result = Result(name)
    log = stacks.BUILD / f"{name}-interop.log"
    log.unlink(missing_ok=True)
    try:
        made = STACKS[name].build(log)
    except stacks.Skipped as missing:
        print(f"left out: {name}: {missing}", flush=True)
        result.left_out = str(missing)
        return result
    if STACKS[name].command:
        def command(configuration):
            return STACKS[name].command(made, configuration)

        stories = itertools.chain(
            ((*story, result.told) for story in stories_of(options.specter, command)),
            ((*story, result.of_media) for story in stories_of_media(name, options.specter, command, folder)))
    else:
        stories = ((*story, result.told) for story in stories_of_bench(options.specter, made))
    for title, run, told in stories:
        if options.only not in title:
            continue
        if (name, title) in CANNOT:
            print(f"left out: {name} {title}: {CANNOT[name, title]}", flush=True)
            continue
        begun, known, saw = time.monotonic(), [], None
        try:
            async with asyncio.timeout(STORY_SECONDS):
                saw = await run(known)
            print(f"ok      {name} {title}: {saw} ({time.monotonic() - begun:.1f} s)", flush=True)
        except Exception:
            print(f"FAILED  {name} {title}", *(line for peer in known for line in peer.history()),
                  traceback.format_exc(), sep="\n", flush=True)
        told.append((title, saw))
    return result


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stacks", nargs="*", help=f"of {', '.join(STACKS)}; all, when none is named")
    parser.add_argument("--only", default="", help="tell only the stories whose title has this")
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()

    stacks.BUILD.mkdir(parents=True, exist_ok=True)
    names = options.stacks or list(STACKS)
    bootstrap(types.SimpleNamespace(peers=names))
    with tempfile.TemporaryDirectory(prefix="specter-stacks-") as folder:
        results = [await tell(options, name, pathlib.Path(folder)) for name in names]
    print("\n| stack | version | offers | answers | DTLS | tracks |", "| --- | --- | --- | --- | --- | --- |",
          *(result.row() for result in results), sep="\n")
    # A stack that can't be built is no fault of ours, unless it was asked for by name.
    good = all(saw for result in results for _, saw in result.told + result.of_media)
    return 0 if good and not (options.stacks and any(result.left_out for result in results)) else 1


sys.exit(asyncio.run(main()))
