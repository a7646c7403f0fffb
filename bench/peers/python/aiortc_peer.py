"""aiortc's program of the comparison, with the protocol of ../README.md."""

import asyncio
import json
import os
import platform
import socket
import sys
import time
import types

import aiortc
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp

COUNTER_BYTES = 8
WHOLE_EVERY = 16
LINE_LIMIT = 1 << 24
SENDS_IN_A_ROW = 16  # before the loop serves the others


def now():
    return time.monotonic_ns() / 1000  # µs


@types.coroutine
def turn_of_others():
    """Lets the loop go on with what else is ready."""
    yield


class Content:
    """What a message holds, and the look at it where it arrives; ../README.md, "Content"."""

    def __init__(self, size):
        self.bytes = bytes((i * 131 + (i >> 8) * 29 + 7) & 0xFF for i in range(size))

    def message(self, number):
        return number.to_bytes(COUNTER_BYTES, "little") + self.bytes[COUNTER_BYTES:]

    def is_message(self, message, number):
        if len(message) != len(self.bytes):
            return False
        if int.from_bytes(message[:COUNTER_BYTES], "little") != number:
            return False
        start, end = COUNTER_BYTES, len(message)
        if number % WHOLE_EVERY:
            start += number * 131 % (len(message) - 2 * COUNTER_BYTES + 1)
            end = start + COUNTER_BYTES
        return message[start:end] == self.bytes[start:end]


class Link:
    """One connection: its place in the signalling, and its share of the work."""

    def __init__(self, program, index, offers):
        self.program, self.index, self.offers = program, index, offers
        self.begun, self.both_created = now(), None
        self.own_open = self.peer_open = False
        self.opened = asyncio.get_running_loop().create_future()
        self.connection = self.channel = None
        self.work, self.content, self.size = "nothing", None, 0
        self.received = self.bad = self.first_bad = self.sent = 0
        self.room, self.sender = asyncio.Event(), None
        self.times, self.wanted, self.ping_sent, self.ping_end, self.pinged = [], 0, 0, 0, None
        self.lines = asyncio.Queue()
        self.reader = asyncio.ensure_future(self.read())

    def tell(self, **line):
        self.program.tell({"c": self.index, **line})

    def fail(self, why):
        if not self.opened.done():
            self.opened.set_exception(RuntimeError(why))
            self.opened.exception()  # nobody may be waiting

    # ---- connecting

    def start(self):
        if self.offers:
            self.tell(create=True)
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.on("datachannel", self.set_channel)
        if not self.offers:
            self.tell(created=True)

    def set_channel(self, channel):
        self.channel = channel
        channel.on("message", self.message)
        channel.on("bufferedamountlow", self.room.set)
        if channel.readyState == "open":
            self.channel_opened()
        else:
            channel.on("open", self.channel_opened)

    def channel_opened(self):
        if self.own_open:
            return
        self.own_open = True
        if not self.offers:
            self.tell(open=True)
        self.look_whether_open()

    def look_whether_open(self):
        if self.own_open and (self.peer_open or not self.offers) and not self.opened.done():
            end = now()
            self.opened.set_result((int(end - (self.both_created or end)), int(end - self.begun)))

    async def read(self):
        while True:
            line = await self.lines.get()
            try:
                await self.take(line)
            except Exception as error:
                self.fail(f"{type(error).__name__}: {error}")

    async def take(self, line):
        connection = self.connection
        if line.get("created"):
            self.both_created = now()
            self.set_channel(connection.createDataChannel("bench"))
            await self.describe(await connection.createOffer())
        elif description := line.get("description"):
            await connection.setRemoteDescription(
                RTCSessionDescription(description["sdp"], description["type"]))
            if description["type"] == "offer":
                await self.describe(await connection.createAnswer())
        elif told := line.get("candidate"):
            candidate = candidate_from_sdp(told["candidate"].removeprefix("candidate:"))
            candidate.sdpMid, candidate.sdpMLineIndex = told.get("sdpMid"), told.get("sdpMLineIndex")
            await connection.addIceCandidate(candidate)
        elif line.get("open"):
            self.peer_open = True
            self.look_whether_open()

    async def describe(self, description):
        """It gathers before it tells: its candidates are in the description."""
        await self.connection.setLocalDescription(description)
        local = self.connection.localDescription
        self.tell(description={"type": local.type, "sdp": local.sdp})

    def close(self):
        self.work = "nothing"
        self.reader.cancel()
        if self.connection:
            asyncio.ensure_future(self.connection.close())

    # ---- the work

    def expect(self, size):
        self.content, self.size, self.work = Content(size), size, "receive"
        self.received = self.bad = 0

    def counted(self):
        return {"us": now(), "messages": self.received, "bytes": self.received * self.size,
                "bad": self.bad, "first_bad": self.first_bad}

    def message(self, message):
        if self.work == "receive":
            if not self.content.is_message(message, self.received):
                self.first_bad = self.first_bad if self.bad else self.received
                self.bad += 1
            self.received += 1
        elif self.work == "echo":
            self.channel.send(message)
        elif self.work == "ping":
            self.take_pong(message)
        else:
            self.bad += 1

    def start_sending(self, command):
        self.content, self.sent, self.work = Content(command["size"]), 0, "send"
        self.channel.bufferedAmountLowThreshold = command["low"]
        self.sender = asyncio.ensure_future(self.send(command["size"], command["buffer"]))

    async def send(self, size, buffer):
        while self.work == "send":
            for _ in range(SENDS_IN_A_ROW):
                if self.channel.bufferedAmount + size > buffer:
                    break
                self.channel.send(self.content.message(self.sent))
                self.sent += 1
            else:
                await turn_of_others()
                continue
            self.room.clear()
            await self.room.wait()

    async def ping(self, command):
        self.content, self.times, self.wanted = Content(command["size"]), [], command["count"]
        self.bad, self.work = 0, "ping"
        self.ping_end = now() + command["seconds"] * 1e6
        self.pinged = asyncio.get_running_loop().create_future()
        self.send_ping()
        await asyncio.wait_for(self.pinged, command["seconds"] + 10)
        return {"us": self.times, "bad": self.bad}

    def send_ping(self):
        message = self.content.message(len(self.times))
        self.ping_sent = now()
        self.channel.send(message)

    def take_pong(self, message):
        end = now()
        if not self.content.is_message(message, len(self.times)):
            self.bad += 1
        self.times.append(round(end - self.ping_sent, 1))
        if len(self.times) < self.wanted and end < self.ping_end:
            return self.send_ping()
        self.work = "nothing"
        self.pinged.set_result(None)


class Program:
    def __init__(self, signalling):
        self.signalling, self.links, self.next = signalling, {}, 0

    def tell(self, line):
        self.signalling.write(json.dumps(line).encode() + b"\n")

    async def listen(self, reader):
        while text := await reader.readline():
            line = json.loads(text)
            if line.get("create"):
                self.add(line["c"], False).start()
            elif line.get("close"):
                self.remove(line["c"])
            elif link := self.links.get(line["c"]):
                link.lines.put_nowait(line)

    def add(self, index, offers):
        link = self.links[index] = Link(self, index, offers)
        return link

    def remove(self, index):
        if link := self.links.pop(index, None):
            link.close()

    async def execute(self, command):
        op = command["op"]
        if op == "open":
            return await self.open(command)
        if op == "close":
            for index in list(self.links):
                self.remove(index)
            return {}
        link = self.links[command.get("c", 0)]
        if op == "receive":
            link.expect(command["size"])
        elif op == "count":
            return link.counted()
        elif op == "send":
            link.start_sending(command)
        elif op == "stop":
            link.work = "nothing"
            return {"messages": link.sent}
        elif op == "echo":
            link.work = "echo"
        elif op == "ping":
            return await link.ping(command)
        else:
            raise RuntimeError(f"there is no command {op}")
        return {}

    async def open(self, command):
        first, start = self.next, now()
        us, totals, failures = [], [], []

        async def some():
            while self.next - first < command["count"] and now() - start < command["seconds"] * 1e6:
                index, self.next = self.next, self.next + 1
                link = self.add(index, True)
                link.start()
                failed = False
                try:
                    times = await asyncio.wait_for(link.opened, command["timeout_ms"] / 1000)
                    us.append(times[0])
                    totals.append(times[1])
                except asyncio.TimeoutError:
                    failed = True
                    failures.append("not open in time")
                except RuntimeError as error:
                    failed = True
                    failures.append(str(error))
                if failed or command.get("close"):
                    self.tell({"c": index, "close": True})
                    self.remove(index)

        await asyncio.gather(*(some() for _ in range(command["at_once"])))
        return {"us": us, "total_us": totals, "failures": failures,
                "seconds": (now() - start) / 1e6, "first": first}


def reply(line):
    print(json.dumps(line), flush=True)


async def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("offer", "answer"):
        sys.exit("usage: aiortc_peer.py offer|answer DESCRIPTOR")
    reader, writer = await asyncio.open_connection(
        sock=socket.socket(fileno=int(sys.argv[2])), limit=LINE_LIMIT)
    program = Program(writer)
    listening = asyncio.ensure_future(program.listen(reader))
    commands = asyncio.StreamReader(limit=LINE_LIMIT)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    reply({"done": "ready", "stack": "aiortc", "settings": "", "max_message": 65536,
           "version": f"{aiortc.__version__} (Python {platform.python_version()})"})
    while text := await commands.readline():
        command = json.loads(text)
        if command["op"] == "quit":
            break
        try:
            reply({"done": command["op"], **await program.execute(command)})
        except Exception as error:
            reply({"error": f"{type(error).__name__}: {error}"})
    listening.cancel()
    sys.stdout.flush()
    os._exit(0)  # whatever tasks are left


asyncio.run(main())
