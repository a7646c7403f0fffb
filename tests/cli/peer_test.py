#!/usr/bin/env python3
"""specter peer: each kind of invalid line gets one error and changes nothing."""

import json
import signal
import subprocess
import sys
import unittest

from peer_process import PeerProcess, connect

SPECTER = sys.argv.pop(1)
MIB = 1024 * 1024


def talk(text, *arguments):
    """Runs it with this input, to the end; (exit code, events, stderr)."""
    data = text if isinstance(text, bytes) else text.encode()
    result = subprocess.run([SPECTER, "peer", *arguments], input=data, capture_output=True,
                            timeout=60)
    return (result.returncode, [json.loads(line) for line in result.stdout.splitlines()],
            result.stderr.decode())


def names(events):
    return [event["event"] for event in events]


class Nonsense(unittest.TestCase):
    def setUp(self):
        self.peer = PeerProcess(SPECTER)
        self.addCleanup(self.peer.__exit__)
        self.peer.take("ready")
        self.line = 0

    def send_line(self, line):
        self.line += 1
        self.peer.send_line(line if isinstance(line, bytes) else line.encode())

    def refused(self, line, name, op=None):
        """One error, of that name, that tells the line; and the connection is as it was."""
        self.send_line(line)
        error = self.peer.take("error")
        self.assertEqual((error["name"], error["op"], error["line"]), (name, op, self.line), error)
        self.assertTrue(error["message"])
        self.send_line('{"op":"state","ref":"after"}')
        state = self.peer.take("state", ref="after")
        self.assertEqual(state["signaling_state"], "stable")
        self.assertEqual(state["connection_state"], "new")
        self.assertEqual(self.peer.events, [])
        return error

    def test_lines_that_are_no_JSON_object(self):
        for line in ("nonsense", "{", "[]", "17", "null", '"op"', '{"op":"state"', '{"op":"state"} x',
                     "{'op':'state'}", '{"op":"state",}', b'{"op":"\xff"}', b"\xff\xfe", b"\x00",
                     '{"op":"\\ud800"}', '{"op":"send","channel":1e999}'):
            self.refused(line, "InvalidJson")

    def test_tracks_of_nothing(self):
        for line, name, op in (
                ('{"op":"add_track"}', "TypeError", "add_track"),
                ('{"op":"add_track","kind":"smell"}', "TypeError", "add_track"),
                ('{"op":"add_track","file":"/nowhere"}', "NotFound", "add_track"),
                ('{"op":"add_track","file":"/"}', "NotFound", "add_track"),
                ('{"op":"add_track","codec":"video/nothing"}', "NotFound", "add_track"),
                ('{"op":"remove_track","transceiver":1}', "NotFound", "remove_track"),
                ('{"op":"record","transceiver":0,"file":"/tmp/x"}', "NotFound", "record"),
                ('{"op":"stop_recording","transceiver":3}', "NotFound", "stop_recording"),
                ('{"op":"rtp_forward","transceiver":1,"to":"example.org:1"}', "TypeError", "rtp_forward"),
                ('{"op":"echo_media","transceiver":99}', "NotFound", "echo_media"),
                ('{"op":"set_local_description","type":"offer"}', "TypeError", "set_local_description")):
            self.refused(line, name, op)

    def test_nesting_without_end(self):
        self.refused("[" * MIB, "InvalidJson")
        self.refused('{"a":' * 500_000, "InvalidJson")

    def test_a_line_past_the_limit(self):
        self.refused('{"op":"send","channel":1,"text":"' + "x" * (4 * MIB) + '"}', "InvalidJson")
        self.refused("x" * (20 * MIB), "InvalidJson")

    def test_unknown_commands(self):
        for line in ("{}", '{"op":null}', '{"op":17}', '{"op":["state"]}'):
            self.refused(line, "NotFound")
        self.refused('{"op":"dance"}', "NotFound", "dance")
        self.refused('{"op":""}', "NotFound")
        self.refused('{"Op":"state"}', "NotFound")

    def test_fields_of_a_wrong_type_or_missing(self):
        for op, fields in (
                ("create_data_channel", [
                    {}, {"label": 1}, {"label": None}, {"label": "x", "ordered": 1},
                    {"label": "x", "max_retransmits": -1}, {"label": "x", "max_retransmits": 65536},
                    {"label": "x", "max_retransmits": "3"}, {"label": "x", "id": 1.5},
                    {"label": "x", "max_packet_life_time": True}, {"label": "x", "protocol": []},
                    {"label": "x", "negotiated": "yes"}, {"label": "x", "max_retransmit": 1}]),
                ("create_offer", [{"ice_restart": 1}, {"iceRestart": True}]),
                ("create_answer", [{"x": 1}]),
                ("set_local_description", [{"type": "offer"}, {"type": "order", "sdp": ""},
                                           {"type": 1, "sdp": ""}, {"type": "offer", "sdp": 1}]),
                ("set_remote_description", [{}, {"sdp": "v=0"}, {"type": "answer", "sdp": None}]),
                ("add_ice_candidate", [{}, {"candidate": 1}, {"candidate": "x", "sdpMid": 0},
                                       {"candidate": "x", "sdpMLineIndex": "0"},
                                       {"candidate": "x", "sdpMLineIndex": 65536}]),
                ("send", [{}, {"channel": 1}, {"text": "x"}, {"channel": "1", "text": "x"},
                          {"channel": 1, "text": "x", "base64": "eA=="}, {"channel": 1, "text": 5},
                          {"channel": 1, "base64": "eA"}, {"channel": 1, "base64": "e A=="},
                          {"channel": -1, "text": "x"}, {"channel": 1, "text": "x", "kind": "text"}]),
                ("close_data_channel", [{}, {"channel": None}]),
                ("set_buffered_amount_low_threshold", [{"channel": 1}, {"channel": 1, "bytes": -1}]),
                ("get_stats", [{"of": "all"}]),
                ("state", [{"x": 1}]), ("local_description", [{"x": 1}]), ("close", [{"now": True}])):
            for each in fields:
                self.refused(json.dumps({"op": op, **each}), "TypeError", op)

    def test_a_ref_that_is_no_ref(self):
        for ref in ([], {}, True, [1]):
            self.refused(json.dumps({"op": "state", "ref": ref}), "TypeError", "state")

    def test_values_that_the_connection_refuses(self):
        for fields in ({"label": "x" * 65536}, {"label": "x", "protocol": "x" * 65536},
                       {"label": "x", "max_retransmits": 1, "max_packet_life_time": 1},
                       {"label": "x", "negotiated": True},
                       {"label": "x", "negotiated": True, "id": 65535}):
            self.refused(json.dumps({"op": "create_data_channel", **fields}), "TypeError",
                         "create_data_channel")
        self.refused('{"op":"set_remote_description","type":"offer","sdp":"derp"}', "SyntaxError",
                     "set_remote_description")

    def test_calls_in_the_wrong_state(self):
        self.refused('{"op":"create_answer"}', "InvalidStateError", "create_answer")
        self.refused('{"op":"add_ice_candidate","sdpMid":"0",'
                     '"candidate":"candidate:1 1 udp 1 127.0.0.1 9 typ host"}',
                     "InvalidStateError", "add_ice_candidate")
        for op in ("set_local_description", "set_remote_description"):
            self.refused('{"op":"%s","type":"rollback"}' % op, "InvalidStateError", op)

    def test_channels_that_are_not_there(self):
        for op, rest in (("send", {"text": "x"}), ("close_data_channel", {}), ("data_channel_state", {}),
                         ("set_buffered_amount_low_threshold", {"bytes": 1})):
            for channel in (0, 1, 2**63, 2**64 - 1):
                self.refused(json.dumps({"op": op, "channel": channel, **rest}), "NotFound", op)

    def test_a_channel_that_is_not_open_takes_no_message(self):
        created = self.peer.ask("create_data_channel", "data_channel_created", label="early")
        self.assertEqual(created["label"], "early")
        self.peer.send("send", channel=created["channel"], text="too early")
        self.peer.take("error", op="send", name="InvalidStateError")
        state = self.peer.ask("data_channel_state", "data_channel_state", channel=created["channel"])
        self.assertEqual((state["state"], state["buffered_amount"]), ("connecting", 0))

    def test_blank_lines_and_carriage_returns_do_no_harm(self):
        for line in ("", "   ", "\r", '{"op":"state","ref":1}\r'):
            self.send_line(line)
        self.peer.take("state", ref=1)
        self.assertEqual(self.peer.events, [])


class Answers(unittest.TestCase):
    def test_a_ref_comes_back_as_it_was_given(self):
        refs = ["", "a", 0, -1, 1.5, 2**63, "ü"]
        code, events, _ = talk("".join(json.dumps({"op": "state", "ref": ref}) + "\n" for ref in refs))
        self.assertEqual(code, 0)
        self.assertEqual([e["ref"] for e in events if e["event"] == "state"], refs)
        code, events, _ = talk('{"op":"state"}\n{"op":"state","ref":null}\n')
        self.assertEqual([e for e in events if "ref" in e], [])

    def test_each_command_gets_its_own_answer(self):
        commands = [{"op": "create_data_channel", "label": "a", "ref": 1}, {"op": "create_offer", "ref": 2},
                    {"op": "get_stats", "ref": 3}, {"op": "create_answer", "ref": 4},
                    {"op": "create_data_channel", "label": "b", "ref": 5}, {"op": "get_stats", "ref": 6},
                    {"op": "nonsense", "ref": 7}, {"op": "close", "ref": 8}]
        code, events, _ = talk("\n".join(map(json.dumps, commands)))
        self.assertEqual(code, 0)
        answers = {e["ref"]: e["event"] for e in events if "ref" in e}
        self.assertEqual(answers, {1: "data_channel_created", 2: "offer", 3: "stats", 4: "error",
                                   5: "data_channel_created", 6: "stats", 7: "error", 8: "closed"})

    def test_more_commands_than_may_wait_are_all_answered_in_order(self):
        count = 5000
        code, events, _ = talk("".join('{"op":"get_stats","ref":%d}\n' % n for n in range(count)))
        self.assertEqual(code, 0)
        self.assertEqual([e["ref"] for e in events if e["event"] == "stats"], list(range(count)))

    def test_a_description_can_be_asked_for(self):
        with PeerProcess(SPECTER) as peer:
            self.assertIsNone(peer.ask("local_description", "local_description")["description"])
            peer.ask("create_data_channel", "data_channel_created", label="x")
            offer = peer.ask("create_offer", "offer")
            peer.ask("set_local_description", "local_description_set", type="offer", sdp=offer["sdp"])
            pending = peer.ask("pending_local_description", "pending_local_description")
            self.assertEqual(pending["description"]["type"], "offer")
            self.assertIn("m=application", pending["description"]["sdp"])
            for op in ("current_local_description", "remote_description",
                       "current_remote_description", "pending_remote_description"):
                self.assertIsNone(peer.ask(op, op)["description"])
            self.assertEqual(peer.ask("state", "state")["signaling_state"], "have-local-offer")


class Ends(unittest.TestCase):
    def test_the_end_of_input_closes_the_connection(self):
        for text in ("", "\n", '{"op":"state"}', '{"op":"state"}\n'):
            code, events, stderr = talk(text)
            self.assertEqual((code, stderr), (0, ""))
            self.assertEqual((names(events)[0], names(events)[-1]), ("ready", "closed"))

    def test_a_stdin_that_is_closed_is_at_its_end(self):
        for closed in ("<&-", "<&- >&-", "<&- 2>&-", "<&- >&- 2>&-"):
            result = subprocess.run(f'"{SPECTER}" peer {closed}', shell=True, timeout=60,
                                    stdout=subprocess.PIPE)
            self.assertEqual(result.returncode, 0, closed)
            if ">&-" not in closed:
                self.assertEqual(names(json.loads(line) for line in result.stdout.splitlines()),
                                 ["ready", "closed"])

    def test_a_signal_says_goodbye_and_ends_it(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with PeerProcess(SPECTER, "--loopback", "include") as one, \
                    PeerProcess(SPECTER, "--loopback", "include") as other:
                one.take("ready")
                other.take("ready")
                one.ask("create_data_channel", "data_channel_created", label="data")
                connect(one, other)
                other.take("data_channel_open")
                one.process.send_signal(number)
                one.take("closed")
                self.assertEqual(one.process.wait(20), -number)  # a shell's 128 + number
                other.take("data_channel_closed")

    def test_a_signal_ends_it_also_while_nobody_reads_its_output(self):
        peer = subprocess.Popen([SPECTER, "peer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with peer:
            try:
                # As many as a pipe holds, with more answers than one does.
                peer.stdin.write(b'{"op":"state"}\n' * 2_000)
                peer.stdin.flush()
                peer.stdout.read(1)
                peer.send_signal(signal.SIGTERM)
                self.assertEqual(peer.wait(20), -signal.SIGTERM)
            finally:
                peer.kill()

    def test_the_last_line_needs_no_line_end(self):
        _, events, _ = talk('{"op":"state"}')
        self.assertIn("state", names(events))

    def test_nothing_comes_after_closed(self):
        code, events, _ = talk('{"op":"close","ref":1}\n' + '{"op":"create_offer"}\n' * 100
                               + '{"op":"close","ref":2}\n')
        self.assertEqual(code, 0)
        self.assertEqual(names(events).count("closed"), 1)
        self.assertEqual(events[-1], {"event": "closed", "ref": 1})

    def test_commands_after_close_are_refused(self):
        _, events, _ = talk('{"op":"close"}\n{"op":"create_offer","ref":1}\n')
        # The connection may be gone before the second line is read; if not, the answer is Closed.
        self.assertLessEqual({e["name"] for e in events if e["event"] == "error"}, {"Closed"})

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        with PeerProcess(SPECTER) as peer:
            peer.take("ready")
        process = subprocess.Popen([SPECTER, "peer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(b'{"op":"state"}\n')
        process.stdin.flush()
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(process.stderr.read(), b"")
        process.stdin.close()
        process.stderr.close()

    def test_a_bad_server_is_an_error_and_exit_code_1(self):
        code, events, _ = talk("", "--ice-server", "nonsense:")
        self.assertEqual(code, 1)
        self.assertEqual(names(events), ["error", "closed"])
        self.assertEqual(events[0]["op"], "start")


class Channels(unittest.TestCase):
    def setUp(self):
        self.a = PeerProcess(SPECTER, "--loopback", "include", name="a")
        self.addCleanup(self.a.__exit__)
        self.b = PeerProcess(SPECTER, "--loopback", "include", name="b")
        self.addCleanup(self.b.__exit__)

    def open(self, **options):
        created = self.a.ask("create_data_channel", "data_channel_created", **options)
        connect(self.a, self.b)
        self.a.take("data_channel_open", channel=created["channel"])
        return created["channel"]

    def test_options_reach_the_other_side(self):
        self.open(label="Grüße", protocol="chat", ordered=False, max_retransmits=3)
        announced = self.b.take("data_channel")
        self.assertEqual((announced["label"], announced["protocol"], announced["ordered"]),
                         ("Grüße", "chat", False))

    def test_a_negotiated_channel_is_not_announced(self):
        theirs = self.b.ask("create_data_channel", "data_channel_created", label="n", negotiated=True,
                            id=7)
        ours = self.open(label="n", negotiated=True, id=7)
        self.b.take("data_channel_open", channel=theirs["channel"], id=7)
        self.a.send("send", channel=ours, text="both knew")
        self.b.take("message", channel=theirs["channel"], text="both knew")
        self.assertNotIn("data_channel", names(self.b.events))

    def test_all_texts_and_bytes_arrive_as_they_were(self):
        ours = self.open(label="x")
        theirs = self.b.take("data_channel")["channel"]
        for text in ("", "x", "\u0000", 'quote " and \\ and \n', "Grüße 👻", "x" * 262144):
            self.a.send("send", channel=ours, text=text)
            message = self.b.take("message")
            self.assertEqual(message, {"event": "message", "channel": theirs, "kind": "text", "text": text})
        for data in ("", "AA==", "/+7d"):
            self.a.send("send", channel=ours, base64=data)
            message = self.b.take("message")
            self.assertEqual(message,
                             {"event": "message", "channel": theirs, "kind": "binary", "base64": data})

    def test_a_message_past_the_peers_limit_is_refused(self):
        ours = self.open(label="x")
        self.a.send("send", channel=ours, text="x" * (262144 + 1))
        self.a.take("error", op="send", name="TypeError")

    def test_a_closed_channel_is_closed_for_both_and_its_number_is_gone(self):
        ours = self.open(label="x")
        theirs = self.b.take("data_channel")["channel"]
        self.a.ask("close_data_channel", "done", channel=ours)
        self.a.take("data_channel_closed", channel=ours)
        self.b.take("data_channel_closed", channel=theirs)
        self.a.send("send", channel=ours, text="x")
        self.a.take("error", op="send", name="NotFound")
        again = self.a.ask("create_data_channel", "data_channel_created", label="x")
        self.assertGreater(again["channel"], ours)


if __name__ == "__main__":
    unittest.main()
