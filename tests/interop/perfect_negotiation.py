"""The W3C's "perfect negotiation" (webrtc-pc §10.7) between two peers, over signalling with a delay."""

import asyncio
import contextlib

from browser import BrowserError
from peers import PeerError
from scenario import candidate_of


class Side:
    """The example of §10.7, line by line; `send` carries what the other is told."""

    def __init__(self, peer, is_polite, send):
        self.peer, self.is_polite, self.send = peer, is_polite, send
        self.inbox = asyncio.Queue()
        self.is_making_offer = self.ignores = self.is_setting_answer = False
        self.collisions = 0
        self.is_busy = False
        # A page sends its description before the first candidate of it can be an event. Here the two are
        # two calls, and a slow machine lets candidates in between.
        self.is_telling = asyncio.Lock()

    async def run(self):
        await asyncio.gather(self.offer(), self.tell_candidates(), self.listen())

    async def offer(self):
        while True:
            if await self.peer.taken_so_far("negotiation_needed"):
                self.is_making_offer = True
                try:
                    await self.tell_description()
                finally:
                    self.is_making_offer = False
            await asyncio.sleep(0.02)

    async def tell_description(self):
        async with self.is_telling:
            await self.peer.call("set_local_description")
            self.send(description=(await self.peer.call("local_description"))["description"])

    async def tell_candidates(self):
        while True:
            async with self.is_telling:
                for event in await self.peer.taken_so_far("ice_candidate"):
                    self.send(candidate=candidate_of(event))
            await asyncio.sleep(0.02)

    async def listen(self):
        while True:
            message = await self.inbox.get()
            self.is_busy = True
            await self.handle(**message)
            self.is_busy = False

    async def handle(self, description=None, candidate=None):
        if candidate:
            try:
                await self.peer.call("add_ice_candidate", **candidate)
            except (PeerError, BrowserError):
                if not self.ignores:
                    raise
            return
        state = (await self.peer.call("state"))["signaling_state"]
        is_ready = not self.is_making_offer and (state == "stable" or self.is_setting_answer)
        collides = description["type"] == "offer" and not is_ready
        self.collisions += collides
        self.ignores = collides and not self.is_polite
        if self.ignores:
            return
        self.is_setting_answer = description["type"] == "answer"
        await self.peer.call("set_remote_description", type=description["type"], sdp=description["sdp"])
        self.is_setting_answer = False
        if description["type"] == "offer":
            await self.tell_description()


class PerfectNegotiation:
    @classmethod
    @contextlib.asynccontextmanager
    async def between(cls, polite, impolite, delay):
        negotiation = cls(polite, impolite, delay)
        tasks = [asyncio.create_task(side.run()) for side in negotiation.sides]
        negotiation.tasks = tasks
        try:
            yield negotiation
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def __init__(self, polite, impolite, delay):
        self.under_way = 0
        self.sides = [Side(polite, True, lambda **m: self.carry(1, delay, m)),
                      Side(impolite, False, lambda **m: self.carry(0, delay, m))]

    def carry(self, to, delay, message):
        self.under_way += 1

        def arrive():
            self.under_way -= 1
            self.sides[to].inbox.put_nowait(message)

        asyncio.get_running_loop().call_later(delay, arrive)

    @property
    def collisions(self):
        return sum(side.collisions for side in self.sides)

    async def settled(self, seconds=0.6):
        """Nothing is said for so long, and both are stable."""
        quiet_since = None
        loop = asyncio.get_running_loop()
        while quiet_since is None or loop.time() - quiet_since < seconds:
            for task in self.tasks:
                if task.done():
                    task.result()
            is_quiet = not self.under_way and not any(
                side.is_busy or side.is_making_offer or side.inbox.qsize() for side in self.sides)
            states = {(await side.peer.call("state"))["signaling_state"] for side in self.sides}
            if not is_quiet or states != {"stable"}:
                quiet_since = None
            elif quiet_since is None:
                quiet_since = loop.time()
            await asyncio.sleep(0.05)
