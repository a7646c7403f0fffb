"""A relay between a sender and a receiver of RTP on this machine that loses, duplicates and reorders packets."""

import random
import socket
import threading

LOOPBACK = "127.0.0.1"


class Relay(threading.Thread):
    """What comes from the sender goes on to `port`, in the hands of `fate`; what comes back goes back."""

    def __init__(self, port, fate):
        super().__init__(daemon=True)
        self.receiver = (LOOPBACK, port)
        self.fate = fate
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((LOOPBACK, 0))
        self.port = self.socket.getsockname()[1]
        self.lost, self.kept, self.sender, self.closing = set(), [], None, False

    def run(self):
        while True:
            data, source = self.socket.recvfrom(1 << 16)
            if self.closing:
                return
            if source == self.receiver:
                if self.sender:
                    self.socket.sendto(data, self.sender)
                continue
            self.sender = source
            for one in self.fate(self, data):
                self.socket.sendto(one, self.receiver)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.closing = True
        self.socket.sendto(b"", self.socket.getsockname())
        self.join(10)
        self.socket.close()


def bad_path(seed, loss):
    """Loses, doubles, and lets a packet be overtaken by up to three. Reports and BYE pass."""
    dice = random.Random(seed)

    def fate(relay, data):
        if 192 <= data[1] <= 223:
            out, relay.kept = [one for _, one in relay.kept] + [data], []
            return out
        relay.kept = [(left - 1, one) for left, one in relay.kept]
        out = [one for left, one in relay.kept if left <= 0]
        relay.kept = [(left, one) for left, one in relay.kept if left > 0]
        what = dice.random()
        if what < loss:
            relay.lost.add(data[2:4])
        elif what < loss + 0.1:
            out += [data, data]
        elif what < loss + 0.3:
            relay.kept.append((dice.randint(1, 3), data))
        else:
            out.append(data)
        return out

    return fate
