#!/usr/bin/env python3
"""specter peer: its answers to offers as other implementations write them; the offers are made here."""

import sys
import unittest

from peer_process import PeerProcess
from sdp_text import (CREDENTIALS, SHA_256, SHA_384, SHA_512, TRANSPORT, data,
                      formats_without_rtpmap, group_of, kind_and_protocol, media, mid_of, port_of, sections,
                      session, text_of)

SPECTER = sys.argv.pop(1)

OPUS, VP8 = {111: "opus/48000/2"}, {96: "VP8/90000"}
HOST = "a=candidate:1 1 udp 2130706431 198.51.100.20 40123 typ host"
REFLEXIVE = "a=candidate:2 1 udp 1694498815 203.0.113.77 40123 typ srflx raddr 198.51.100.20 rport 40123"


class Answering(unittest.TestCase):
    def answer_to(self, offer):
        """(the answer, what the answerer knows of candidates); the offer is checked against it."""
        with PeerProcess(SPECTER) as peer:
            peer.ask("set_remote_description", "remote_description_set", type="offer", sdp=offer)
            answer = peer.ask("create_answer", "answer")["sdp"]
            peer.ask("set_local_description", "local_description_set", type="answer", sdp=answer)
            known = [(c["address"], c["port"])
                     for c in peer.ask("get_stats", "stats")["stats"]["remote_candidates"]]
        self.assert_mirrors(answer, offer)
        return answer, known

    def assert_mirrors(self, answer, offer):
        """RFC 3264 §6: as many sections, in their order, of their kind. RFC 9143 §7.3.3: no rejected one is
        in the group."""
        self.assertEqual([kind_and_protocol(s) for s in sections(answer)],
                         [kind_and_protocol(s) for s in sections(offer)])
        self.assertEqual([mid_of(s) for s in sections(answer)], [mid_of(s) for s in sections(offer)])
        for section in sections(answer):
            if port_of(section) == 0:
                self.assertNotIn(mid_of(section), group_of(answer), section)

    def assert_takes_data(self, offer, index, candidates=None):
        answer, known = self.answer_to(offer)
        self.assertNotEqual(port_of(sections(answer)[index]), 0, answer)
        if candidates is not None:
            self.assertEqual(known, candidates)
        return answer


class BundledMedia(Answering):
    """Data in a group with media, of which we send none."""

    def audio_video_data(self, group, order):
        parts = {"audio": media("audio", "audio", OPUS | {0: None}), "video": media("video", "video", VP8),
                 "data": data("data")}
        return text_of(session(f"a=group:BUNDLE {group}"), *(parts[name] for name in order))

    def test_the_section_that_the_group_names_first_is_kept(self):
        # RFC 9143 §7.3.1: the tagged section's transport is the group's. RFC 9429 §5.3.1: once it is
        # rejected, so is the group.
        for group, order in (("audio video data", ("audio", "video", "data")),
                             ("video audio data", ("video", "audio", "data")),
                             ("video data", ("audio", "video", "data"))):
            with self.subTest(group=group, order=order):
                answer = self.assert_takes_data(self.audio_video_data(group, order), order.index("data"))
                tagged = sections(answer)[order.index(group.split()[0])]
                self.assertNotEqual(port_of(tagged), 0, tagged)
                self.assertIn("a=recvonly", tagged)
                self.assertIn("a=rtcp-mux", tagged)
                self.assertEqual(formats_without_rtpmap(tagged), [])
                self.assertLessEqual({group.split()[0], "data"}, set(group_of(answer)))

    def test_whatever_becomes_of_a_media_section_its_formats_are_explained(self):
        # pion and werift read no answer that names a dynamic format without a=rtpmap, rejected or not.
        for group, order in (("data audio video", ("data", "audio", "video")),
                             ("audio video data", ("audio", "video", "data")),
                             ("data", ("audio", "data", "video"))):
            with self.subTest(group=group, order=order):
                answer = self.assert_takes_data(self.audio_video_data(group, order), order.index("data"))
                for section in sections(answer):
                    if not section[0].startswith("m=application"):
                        self.assertEqual(formats_without_rtpmap(section), [], section)

    def test_data_that_is_bundle_only_comes_with_its_group(self):
        # As webrtcbin writes max-bundle. RFC 9143 §7.2.2: port 0 rejects nothing beside a=bundle-only.
        offer = text_of(session("a=group:BUNDLE video0 application1", "a=ice-options:trickle"),
                        media("video", "video0", {96: "H264/90000"}, direction="sendonly",
                              more="a=fmtp:96 packetization-mode=1;profile-level-id=42c015"),
                        data("application1", port=0, more="a=bundle-only"))
        answer = self.assert_takes_data(offer, 1)
        self.assertEqual(group_of(answer), ["video0", "application1"])

    def test_bundle_only_data_without_a_transport_of_its_own(self):
        # RFC 9143 §7.1.3: attributes of the transport stand in the tagged section alone.
        offer = text_of(session("a=group:BUNDLE a d"), media("audio", "a", OPUS),
                        data("d", transport="", port=0, more="a=bundle-only"))
        self.assert_takes_data(offer, 1)


class WithoutMid(Answering):
    """RFC 9429 §5.10: a section without a=mid is named locally, and the name is not told."""

    def test_data_alone(self):
        answer = self.assert_takes_data(text_of(session(), data(None)), 0)
        self.assertIsNone(mid_of(sections(answer)[0]))
        self.assertEqual(group_of(answer), [])

    def test_an_offer_of_a_telephone_switch(self):
        answer, _ = self.answer_to(text_of(
            session("a=msid-semantic: WMS uX3q", origin="FreeSWITCH 17320 17321 IN IP4 203.0.113.61",
                    name="FreeSWITCH"),
            media("audio", None, {102: "opus/48000/2", 9: None, 101: "telephone-event/8000"}, port=24680,
                  more="a=ssrc:33 cname:uX3q\na=candidate:45 1 udp 2130706431 203.0.113.61 24680 typ host "
                       "generation 0\na=end-of-candidates\na=silenceSupp:off - - - -\na=ptime:20")))
        self.assertEqual(len(sections(answer)), 1)
        self.assertIsNone(mid_of(sections(answer)[0]))


class Candidates(Answering):
    def test_those_of_unknown_kind_are_passed_over(self):
        # RFC 8839 §5.1: transports, types and extensions are open to what comes later.
        for unknown in ("a=candidate:9 1 ssltcp 2130706175 203.0.113.6 443 typ host generation 0",
                        "a=candidate:9 1 udp 2130706175 203.0.113.6 443 typ satellite",
                        "a=candidate:9 1 tcp 1010827775 203.0.113.6 0 typ host tcptype passive",
                        "a=candidate:9 2 udp 2130706430 203.0.113.6 40001 typ host"):
            for lines in ((unknown, HOST), (HOST, unknown)):
                with self.subTest(lines=lines):
                    offer = text_of(session("a=group:BUNDLE 0"), data(more="\n".join(lines)))
                    self.assert_takes_data(offer, 0, [("198.51.100.20", 40123)])

    def test_an_extension_with_an_empty_value_is_none_the_worse(self):
        offer = text_of(session("a=group:BUNDLE 0"), data(more=f"{HOST} network-cost "))
        self.assert_takes_data(offer, 0, [("198.51.100.20", 40123)])

    def test_of_the_whole_group_stand_in_its_first_section(self):
        # As pion writes them once all are gathered: RFC 9143 §7.4, RFC 9429 §4.1.1. Component 2 is RTCP's.
        lines = f"{HOST}\n{HOST.replace(' 1 udp', ' 2 udp')}\n{REFLEXIVE}\na=end-of-candidates"
        offer = text_of(session("a=fingerprint:" + SHA_256, "a=group:BUNDLE 0 1 2"),
                        media("audio", "0", OPUS | {9: None}, CREDENTIALS + "\na=setup:actpass", more=lines),
                        media("video", "1", VP8, CREDENTIALS + "\na=setup:actpass"),
                        data("2", CREDENTIALS + "\na=setup:actpass", limit=1073741823))
        self.assert_takes_data(offer, 2, [("198.51.100.20", 40123), ("203.0.113.77", 40123)])

    def test_in_two_sections_of_a_group_are_the_same_ones(self):
        # Janus tells each section the same.
        lines = f"{HOST}\na=candidate:3 1 tcp 1010827775 198.51.100.20 0 typ host tcptype passive\n" \
                "a=end-of-candidates"
        transport = f"{CREDENTIALS}\na=setup:actpass"
        offer = text_of(session("a=group:BUNDLE 0 1 2", "a=ice-options:trickle", "a=fingerprint:" + SHA_256,
                                "a=extmap-allow-mixed", "a=msid-semantic: WMS *", name="VideoRoom 77"),
                        media("audio", "0", OPUS, transport, direction="sendonly", more=lines),
                        media("video", "1", VP8 | {97: "rtx/90000"}, transport, direction="sendonly"),
                        data("2", transport, limit=None, more=lines))
        self.assert_takes_data(offer, 2, [("198.51.100.20", 40123)])


class OtherStacks(Answering):
    def test_several_fingerprints_and_long_foundations(self):
        # aiortc. RFC 8122 §5.1: of several, those of a known hash count.
        foundation = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
        transport = f"{CREDENTIALS}\na=fingerprint:{SHA_256}\na=fingerprint:{SHA_384}\n" \
                    f"a=fingerprint:{SHA_512}\na=setup:actpass"
        lines = HOST.replace("candidate:1", f"candidate:{foundation}") + "\n" + REFLEXIVE
        offer = text_of(session("a=group:BUNDLE 0", "a=msid-semantic:WMS *",
                                origin="- 3940000001 3940000001 IN IP4 0.0.0.0"),
                        data(port=40123, transport=transport, limit=65536, more=lines))
        self.assert_takes_data(offer, 0, [("198.51.100.20", 40123), ("203.0.113.77", 40123)])

    def test_a_lite_server_with_names_for_foundations(self):
        # mediasoup. RFC 8445 §6.1.1: we control.
        credentials = "a=ice-ufrag:q9w8e7r6t5y4u3i2\na=ice-pwd:zyxwvutsrqponmlkjihgfedcba543210"
        lines = "a=candidate:udpcandidate 1 udp 1076558079 203.0.113.88 44444 typ host\n" \
                "a=candidate:tcpcandidate 1 tcp 1076302079 203.0.113.88 44444 typ host tcptype passive\n" \
                "a=end-of-candidates\na=ice-options:renomination"
        offer = text_of(session("a=ice-lite", "a=fingerprint:" + SHA_512, "a=msid-semantic: WMS *",
                                "a=group:BUNDLE datachannel", origin="mediasoup-client 10000 1 IN IP4 0.0.0.0"),
                        data("datachannel", credentials + "\na=setup:actpass", port=7, more=lines))
        self.assert_takes_data(offer, 0, [("203.0.113.88", 44444)])

    def test_a_session_level_fingerprint_and_direction(self):
        # Firefox. RFC 8122 §5: it holds for every section.
        credentials = f"a=ice-pwd:{'0f1e2d3c' * 4}\na=ice-ufrag:5d6e7f80\na=setup:actpass"
        offer = text_of(session("a=sendrecv", "a=fingerprint:" + SHA_256, "a=group:BUNDLE 0 1",
                                "a=ice-options:trickle", "a=msid-semantic:WMS *"),
                        media("audio", "0", {109: "opus/48000/2", 9: None, 101: "telephone-event/8000/1"},
                              credentials),
                        data("1", credentials, limit=1073741823, more="a=sendrecv"))
        self.assert_takes_data(offer, 1)

    def test_a_bandwidth_line(self):
        # Safari. RFC 8866 §5.8.
        offer = text_of(session("a=group:BUNDLE 0", "a=extmap-allow-mixed", "a=msid-semantic: WMS"),
                        data(limit=65536).replace("0.0.0.0\n", "0.0.0.0\nb=AS:30\n", 1))
        self.assert_takes_data(offer, 0)

    def test_no_limit_of_messages(self):
        # Kinesis Video Streams in C; options of ICE twice, and an a=rtcp line.
        offer = text_of(session("a=group:BUNDLE 0 1 2", "a=msid-semantic: WMS camera", "a=ice-options:trickle"),
                        media("audio", "0", OPUS, more="a=rtcp:9 IN IP4 0.0.0.0\na=rtcp-rsize\na=ice-options:trickle"),
                        media("video", "1", {125: "H264/90000"}, direction="sendonly", more="a=ssrc:22 cname:c"),
                        data("2", limit=None))
        self.assert_takes_data(offer, 2)

    def test_data_as_before_RFC_8841_is_rejected_as_it_is_written(self):
        # RFC 3264 §6: a rejected section keeps its protocol and formats.
        offer = text_of(session("a=group:BUNDLE audio data"), media("audio", "audio", OPUS | {103: "ISAC/16000"}),
                        f"m=application 9 DTLS/SCTP 5000\nc=IN IP4 0.0.0.0\n{TRANSPORT}\na=mid:data\n"
                        "a=sctpmap:5000 webrtc-datachannel 1024")
        answer, _ = self.answer_to(offer)
        self.assertEqual(sections(answer)[1][0], "m=application 0 DTLS/SCTP 5000")

    def test_port_0_of_SCTP_is_no_association(self):
        # RFC 8841 §5.1 and §9.3.
        answer, _ = self.answer_to(text_of(session("a=group:BUNDLE 0"), data(sctp_port=0)))
        self.assertEqual(port_of(sections(answer)[0]), 0)


if __name__ == "__main__":
    unittest.main()
