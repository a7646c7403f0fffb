"""A program of bench/peers (bench/peers/README.md has its protocol) connected with `specter peer`: its
signalling is translated to commands and from events of docs/peer-protocol.md."""

import asyncio
import contextlib
import json
import socket

from peers import WAIT_SECONDS, PeerError
from scenario import binary_of, candidate_of, description_of, expect, heard

LINE_LIMIT = 1 << 24
PINGS, PING_SIZES = 20, (64, 1000, 16 << 10)


class BenchPeer:
    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, command, offers):
        """offers: whether it is the one that makes the channel and the offer."""
        mine, its = socket.socketpair()
        with its:
            process = await asyncio.create_subprocess_exec(
                *command, "offer" if offers else "answer", str(its.fileno()), pass_fds=[its.fileno()],
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_LIMIT)
        reader, writer = await asyncio.open_connection(sock=mine, limit=LINE_LIMIT)
        peer = cls(process, reader, writer, offers)
        try:
            expect((await peer._answer())["done"] == "ready", "the program is ready")
            yield peer
        finally:
            writer.close()
            process.stdin.close()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(process.wait(), 5)
            if process.returncode is None:
                process.kill()
                await process.wait()

    def __init__(self, process, reader, writer, offers):
        self._process, self._reader, self._writer = process, reader, writer
        self._offers = offers

    async def meet(self, ours, dtls_client):
        """From nothing to messages both ways."""
        tasks = []
        try:
            await (self._take_offer if self._offers else self._make_offer)(ours, dtls_client, tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _take_offer(self, ours, dtls_client, tasks):
        await self._command("open", count=1, at_once=1, seconds=WAIT_SECONDS, timeout_ms=1000 * WAIT_SECONDS)
        await self._told("create")
        self._tell(created=True)
        offer, early = await self._told("description")
        await ours.call("set_remote_description", **heard(offer, dtls_client))
        tasks += [asyncio.create_task(self._carry(ours, early))]
        answer = description_of(await ours.call("create_answer"))
        await ours.call("set_local_description", **answer)
        self._tell(description=answer)
        tasks += [asyncio.create_task(self._carry_back(ours))]
        channel = (await ours.wait("data_channel_open"))["channel"]
        self._tell(open=True)
        opened = await self._answer()
        expect(opened["done"] == "open" and not opened["failures"], f"the channel opens: {opened}")
        tasks += [asyncio.create_task(self._echo(ours, channel))]
        for size in PING_SIZES:
            await self._command("ping", c=0, size=size, count=PINGS, seconds=WAIT_SECONDS)
            ponged = await self._answer()
            expect(len(ponged["us"]) == PINGS and ponged["bad"] == 0,
                   f"{PINGS} messages of {size} bytes come back: {ponged}")

    async def _make_offer(self, ours, dtls_client, tasks):
        self._tell(create=True)
        await self._told("created")
        channel = (await ours.call("create_data_channel", label="bench"))["channel"]
        offer = description_of(await ours.call("create_offer"))
        await ours.call("set_local_description", **offer)
        self._tell(description=heard(offer, dtls_client))
        tasks += [asyncio.create_task(self._carry_back(ours))]
        answer, early = await self._told("description")
        await ours.call("set_remote_description", **answer)
        opened = asyncio.Event()
        tasks += [asyncio.create_task(self._carry(ours, early, opened))]
        await ours.wait("data_channel_open", channel=channel)
        await asyncio.wait_for(opened.wait(), WAIT_SECONDS)
        await self._command("echo", c=0)
        expect((await self._answer())["done"] == "echo", "it echoes")
        for size in PING_SIZES:
            for _ in range(PINGS):
                await ours.call("send", channel=channel, base64=binary_of(size))
                came = await ours.wait("message", channel=channel)
                expect(came.get("base64") == binary_of(size), f"{size} bytes come back whole")

    # ---- its signalling

    def _tell(self, **line):
        self._writer.write(json.dumps({"c": 0, **line}).encode() + b"\n")

    async def _told(self, what):
        """The next line that has `what`, and the candidates before it."""
        candidates = []
        while True:
            text = await asyncio.wait_for(self._reader.readline(), WAIT_SECONDS)
            if not text:
                raise PeerError("the other program ended")
            line = json.loads(text)
            if line.get(what):
                return (line[what], candidates) if what == "description" else line[what]
            if line.get("candidate"):
                candidates.append(line["candidate"])

    async def _carry(self, ours, early, opened=None):
        for candidate in early:
            await ours.call("add_ice_candidate", **candidate_of(candidate))
        while text := await self._reader.readline():
            line = json.loads(text)
            if line.get("candidate"):
                await ours.call("add_ice_candidate", **candidate_of(line["candidate"]))
            if line.get("open") and opened:
                opened.set()

    async def _carry_back(self, ours):
        while True:
            for event in await ours.taken_so_far("ice_candidate"):
                if event["candidate"]:
                    self._tell(candidate=candidate_of(event))
            await asyncio.sleep(0.02)

    async def _echo(self, ours, channel):
        while True:
            for event in await ours.taken_so_far("message"):
                content = {key: event[key] for key in ("text", "base64") if key in event}
                await ours.call("send", channel=channel, **content)
            await asyncio.sleep(0.001)

    # ---- its commands

    async def _command(self, op, **fields):
        self._process.stdin.write(json.dumps({"op": op, **fields}).encode() + b"\n")
        await self._process.stdin.drain()

    async def _answer(self):
        text = await asyncio.wait_for(self._process.stdout.readline(), 2 * WAIT_SECONDS)
        if not text:
            raise PeerError("the other program ended")
        answer = json.loads(text)
        if "error" in answer:
            raise PeerError(f"the other program: {answer['error']}")
        return answer
