"""Two kinds of peer with one interface: a page in a browser, and the program `specter peer`.

Both have the commands and events of docs/peer-protocol.md. `call` sends a command and returns
its answer; `wait` takes the first matching event and leaves the others, as Erlang's receive does.
"""

import asyncio
import contextlib
import json
import pathlib

from browser import COMMAND_SECONDS

WAIT_SECONDS = 20
PAGE_SCRIPT = pathlib.Path(__file__).with_name("peer.js").read_text()


class PeerError(Exception):
    pass


class Peer:
    def __init__(self, name):
        self.name = name
        self._events = []  # not yet taken
        self._changed = asyncio.Condition()
        self._gone = None  # why no event will come any more
        self._history = []

    async def wait(self, event, **fields):
        """The first event of that name with these fields."""
        def fitting():
            return next((e for e in self._events if e["event"] == event
                         and all(e.get(key) == value for key, value in fields.items())), None)

        async with self._changed:
            try:
                await asyncio.wait_for(
                    self._changed.wait_for(lambda: fitting() or self._gone), WAIT_SECONDS)
            except asyncio.TimeoutError:
                raise PeerError(f"{self.name}: no {event} {fields or ''} in {WAIT_SECONDS} s") from None
            found = fitting()
            if found is None:
                raise PeerError(f"{self.name}: no {event} {fields or ''} any more: {self._gone}")
            self._events.remove(found)
            return found

    async def taken_so_far(self, event):
        """All events of that name that came by now."""
        async with self._changed:
            found = [e for e in self._events if e["event"] == event]
            self._events = [e for e in self._events if e["event"] != event]
            return found

    def history(self):
        return [f"  {self.name} {line}" for line in self._history]

    async def _told(self, events):
        async with self._changed:
            for event in events:
                self._events.append(event)
                self._note("-->", event)
            self._changed.notify_all()

    async def _ended(self, reason):
        async with self._changed:
            self._gone = reason
            self._changed.notify_all()

    def _note(self, arrow, message):
        text = json.dumps(message)
        self._history.append(f"{arrow} {text if len(text) < 300 else text[:300] + '…'}")


class BrowserPeer(Peer):
    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, browser, certificate=None, configuration=None):
        """certificate: what RTCPeerConnection.generateCertificate takes. configuration: the rest of its
        RTCConfiguration."""
        page = await browser.page()
        await page.evaluate(f"{PAGE_SCRIPT.strip()}({json.dumps(certificate)}, {json.dumps(configuration)})"
                            ".then(p => (globalThis.peer = p, true))")
        peer = cls(browser.name, page)
        pump = asyncio.create_task(peer._pump())
        is_sound = False
        try:
            yield peer
            await page.evaluate("peer.command({op: 'close'})")
            is_sound = True
        finally:
            peer._is_wanted = False  # cancel() alone may get lost in wait_for: CPython issue 86296
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
            if is_sound:
                browser.give_back(page)
            else:
                await page.close()

    def __init__(self, name, page):
        super().__init__(name)
        self._page = page
        self._is_wanted = True

    async def call(self, op, seconds=COMMAND_SECONDS, **fields):
        self._note("<--", {"op": op} | fields)
        return await self._page.evaluate(f"peer.command({json.dumps({'op': op} | fields)})", seconds)

    async def _pump(self):
        try:
            while self._is_wanted:
                await self._told(await self._page.evaluate("peer.take(1000)"))
        except Exception as error:  # told to who waits
            await self._ended(str(error))


class ProgramPeer(Peer):
    """A program that reads commands and writes events, a line each."""

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, name, *command):
        process = await asyncio.create_subprocess_exec(
            *map(str, command), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, limit=16 << 20)
        peer = cls(name, process)
        pump = asyncio.create_task(peer._pump())
        try:
            await peer.wait("ready")
            yield peer
            # The end of stdin closes the connection, and then the program ends by itself.
            process.stdin.close()
            code = await asyncio.wait_for(process.wait(), WAIT_SECONDS)
            if code != 0:
                raise PeerError(f"{name} ended with {code}")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            await asyncio.gather(pump, return_exceptions=True)

    def __init__(self, name, process):
        super().__init__(name)
        self._process = process
        self._ref = 0
        self._answers = {}

    async def call(self, op, **fields):
        self._ref += 1
        self._answers[self._ref] = answer = asyncio.get_running_loop().create_future()
        command = {"op": op, "ref": self._ref} | fields
        self._note("<--", command)
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        await self._process.stdin.drain()
        try:
            found = await asyncio.wait_for(answer, WAIT_SECONDS)
        except asyncio.TimeoutError:
            raise PeerError(f"{self.name}: no answer to {op} in {WAIT_SECONDS} s") from None
        if found["event"] == "error":
            raise PeerError(f"{self.name}: {op}: {found['name']}: {found['message']}")
        return found

    async def _pump(self):
        async for line in self._process.stdout:
            event = json.loads(line)
            answer = self._answers.pop(event.get("ref"), None)
            if answer is None or event["event"] == "closed":
                await self._told([event])
            else:
                self._note("-->", event)
            if answer and not answer.done():
                answer.set_result(event)
        reason = "the program ended"
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(PeerError(f"{self.name}: {reason}"))
        await self._ended(reason)


class SpecterPeer(ProgramPeer):
    @classmethod
    def open(cls, program, *arguments, name="specter"):
        return super().open(name, program, "peer", *arguments)
