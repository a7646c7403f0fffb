#!/usr/bin/env python3
"""Two `specter peer` in unusual situations: data rejected and offered again, candidates in other sections,
a suspended peer, the last messages before a close, limits and spellings of other stacks.

    two_peers_life.py build/release/specter [-k rejected]
"""

import base64
import pathlib
import re
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from peer_process import PeerError, PeerProcess  # noqa: E402
from sdp_text import media, port_of, sections, text_of  # noqa: E402

SPECTER = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build/release/specter"
CANDIDATE_FIELDS = ("candidate", "sdpMid", "sdpMLineIndex", "usernameFragment")


class Side(PeerProcess):
    """Its candidates wait until they may be carried."""

    def __init__(self, name):
        self.lock = threading.Lock()
        self.candidates, self.target = [], None
        super().__init__(SPECTER, name=name, handlers={"ice_candidate": self._candidate})

    def _candidate(self, event):
        with self.lock:
            self.candidates.append({field: event.get(field) for field in CANDIDATE_FIELDS})
            if self.target:
                self.target.send("add_ice_candidate", **self.candidates[-1])

    def carry_to(self, target):
        with self.lock:
            self.target = target
            for candidate in self.candidates:
                target.send("add_ice_candidate", **candidate)

    def offer(self):
        sdp = self.ask("create_offer", "offer")["sdp"]
        self.ask("set_local_description", "local_description_set", type="offer", sdp=sdp)
        return sdp

    def answer(self, offer):
        self.ask("set_remote_description", "remote_description_set", type="offer", sdp=offer)
        sdp = self.ask("create_answer", "answer")["sdp"]
        self.ask("set_local_description", "local_description_set", type="answer", sdp=sdp)
        return sdp

    def take_answer(self, answer):
        self.ask("set_remote_description", "remote_description_set", type="answer", sdp=answer)

    def create(self, label):
        return self.ask("create_data_channel", "data_channel_created", label=label)["channel"]

    def ask_for_error(self, op, **fields):
        ref = f"{op} {time.monotonic_ns()}"
        self.send(op, ref=ref, **fields)
        return self.take_if(lambda e: e.get("ref") == ref, 20, f"answer to {op}")


class Life(unittest.TestCase):
    def side(self, name):
        side = Side(name)
        self.addCleanup(side.__exit__)
        return side

    def negotiate(self, a, b, change_offer=lambda sdp: sdp, change_answer=lambda sdp: sdp):
        offer = a.offer()
        answer = b.answer(change_offer(offer))
        a.take_answer(change_answer(answer))
        a.carry_to(b)
        b.carry_to(a)

    def couple(self, **changes):
        """Two with a channel that is open: (a, b), and 1 is the channel's number at both."""
        a, b = self.side("a"), self.side("b")
        a.create("chat")
        self.negotiate(a, b, **changes)
        for side in (a, b):
            side.take("data_channel_open", channel=1)
            side.take("connection_state", state="connected")
        return a, b


class Rejected(Life):
    def test_data_that_was_rejected_once_may_be_wanted_again(self):
        # W3C webrtc-pc §6.1.1.1: without an accepted section there is no transport; a later offer makes one.
        a = self.side("a")
        first = a.create("first")
        self.negotiate(a, self.side("b"),
                       change_answer=lambda sdp: sdp.replace("m=application 9", "m=application 0"))
        a.take("data_channel_closed", channel=first)
        again = a.create("again")
        self.negotiate(a, self.side("c"))
        a.take("data_channel_open", channel=again)

    def test_an_offer_that_rejects_running_data_ends_its_channels(self):
        # W3C webrtc-pc §6.1.2: "closed" by a remote description that rejects data or changes its port.
        # `a` is not told of the answer, and so ends nothing by itself.
        a, b = self.couple()
        answer = b.answer(a.offer().replace("m=application 9", "m=application 0"))
        b.take("data_channel_closed", timeout=5, channel=1)
        self.assertEqual(port_of(sections(answer)[0]), 0, answer)

    def test_another_port_of_SCTP_ends_the_channels_of_the_first(self):
        # The same place: it is another association.
        a, b = self.couple()
        b.answer(a.offer().replace("a=sctp-port:5000", "a=sctp-port:5001"))
        b.take("data_channel_closed", timeout=5, channel=1)


class Candidates(Life):
    def test_those_in_the_first_section_of_the_group_are_used(self):
        # RFC 9143 §7.4. The offerer hears of none of the answerer's, so only these lead anywhere.
        a, b = self.side("a"), self.side("b")
        a.create("chat")
        a.offer()
        a.take("ice_gathering_state", state="complete")
        full = a.ask("local_description", "local_description")["description"]["sdp"]
        data = sections(full)[0]
        theirs = [line for line in data if line.startswith(("a=candidate", "a=end-of-candidates"))]
        transport = [line for line in data if line.startswith(("a=ice-ufrag", "a=ice-pwd", "a=fingerprint",
                                                               "a=setup"))]
        self.assertTrue(theirs)
        start = full.split("m=", 1)[0].replace("BUNDLE 0", "BUNDLE audio 0")
        audio = media("audio", "audio", {111: "opus/48000/2"}, "\n".join(transport), more="\n".join(theirs))
        answer = b.answer(start + text_of(audio) + text_of(*(line for line in data if line not in theirs)))

        # What `a` offered was data alone; the transport may stand in the other section.
        of_audio, of_data = sections(answer)
        for prefix in ("a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup", "a=tls-id"):
            if not any(line.startswith(prefix) for line in of_data):
                of_data += [line for line in of_audio if line.startswith(prefix)]
        head = answer.split("m=", 1)[0].replace("BUNDLE audio 0", "BUNDLE 0")
        a.take_answer(head + text_of(*of_data))
        for side in (a, b):
            side.take("data_channel_open", timeout=10)


class Sleeping(Life):
    def test_failed_is_final(self):
        # RFC 7675 §5.1: after consent is lost the same credentials are not used on that path again. W3C
        # webrtc-pc §5.6.4: failed ends by a restart alone.
        a, b = self.couple()
        b.process.send_signal(signal.SIGSTOP)
        a.take("connection_state", timeout=60, state="failed")
        time.sleep(3)
        b.process.send_signal(signal.SIGCONT)
        with self.assertRaises(PeerError, msg="connected again"):
            a.take("connection_state", timeout=5, state="connected")
        self.assertEqual(a.ask("state", "state")["connection_state"], "failed")
        b.take("connection_state", timeout=60, state="failed")


class Messages(Life):
    def test_what_waits_when_a_channel_closes_is_sent_first(self):
        # RFC 8831 §6.7, W3C webrtc-pc §6.2.4.
        a, b = self.couple()
        for number in range(2000):
            a.send("send", channel=1, text=f"{number} " + "y" * 1000)
        a.send("close_data_channel", channel=1)
        b.take("data_channel_closed", timeout=60, channel=1)
        with b.changed:
            got = [int(event["text"].split()[0]) for event in b.events if event["event"] == "message"]
        self.assertEqual(got, list(range(2000)))
        a.take("data_channel_closed", channel=1)

    def check_limit(self, line, taken, refused):
        def change(sdp):
            return re.sub(r"a=max-message-size:\d+\r\n", line, sdp)

        a, b = self.couple(change_answer=change)
        if refused:
            error = a.ask_for_error("send", channel=1, base64=base64.b64encode(bytes(refused)).decode())
            self.assertEqual((error["event"], error.get("name")), ("error", "TypeError"), error)
        a.ask("send", "done", channel=1, base64=base64.b64encode(bytes(taken)).decode())
        self.assertEqual(len(base64.b64decode(b.take("message")["base64"])), taken)

    def test_the_peers_limit_is_kept(self):
        # RFC 8841 §6.1: 0 is no limit, and 64 KiB is what a peer takes that says nothing.
        for line, taken, refused in (("", 65536, 65537), ("a=max-message-size:0\r\n", 200_000, None),
                                     ("a=max-message-size:1\r\n", 1, 2),
                                     (f"a=max-message-size:{'9' * 30}\r\n", 200_000, None)):
            with self.subTest(line=line.strip()):
                self.check_limit(line, taken, refused)


class Fingerprints(Life):
    def test_spellings_and_other_hashes(self):
        # RFC 8122 §5: names of hashes know no case; §5.1: of several lines those of a known hash count.
        others = ":".join(["0A"] * 20)
        for to in (lambda found: f"a=fingerprint:SHA-256 {found[1].lower()}",
                   lambda found: f"a=fingerprint:sha-1 {others}\r\n{found[0]}",
                   lambda found: f"{found[0]}\r\na=fingerprint:sha3-256 {found[1]}"):
            def change(sdp, to=to):
                return re.sub(r"a=fingerprint:sha-256 (\S+)", to, sdp)

            with self.subTest(line=change("a=fingerprint:sha-256 AB:CD")):
                self.couple(change_offer=change)
                self.couple(change_answer=change)


if __name__ == "__main__":
    unittest.main()
