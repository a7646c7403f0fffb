"""A relay for datagrams between two peers on this machine that records each datagram.

Each peer gets the relay's address instead of the other's: datagrams to the other peer arrive here, and
are forwarded from the address that the other peer got for the first. So a test sees what is on the wire, needs
no privileges, and writes a file that Wireshark reads.
"""

import asyncio
import contextlib
import dataclasses
import re
import socket
import struct
import time

LOOPBACK = "127.0.0.1"
LINKTYPE_IPV4, LINKTYPE_SCTP = 228, 248
ADDRESSES = (("10.0.0.1", 50001), ("10.0.0.2", 50002))  # in files


@dataclasses.dataclass(frozen=True)
class Captured:
    seconds: float  # since the relay began
    sender: object  # a Peer
    data: bytes


class Relay:
    """Each side's first IPv4 candidate of UDP is used, and the other side told of no other."""

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, loses=None):
        """loses(data): whether it is lost on its way."""
        relay = cls(loses)
        try:
            yield relay
        finally:
            for stand_in in relay._stand_ins.values():
                stand_in.transport.close()

    def __init__(self, loses=None):
        self.loses, self.lost = loses, 0
        self.captured = []
        self.dropped = 0  # from elsewhere, or to nobody yet
        self._begun = time.monotonic()
        self._stand_ins = {}  # Peer: what the other side sees in its place
        self._both = asyncio.Event()

    async def stand_in(self, peer, candidate):
        """The candidate that the other side is told in its place, or None for none; once both sides have
        one: neither sends to nobody."""
        address = ipv4_address(candidate["candidate"])
        if address is None or peer in self._stand_ins:
            return None
        stand_in = _StandIn(self, peer, address)
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: stand_in, local_addr=(LOOPBACK, 0))
        self._stand_ins[peer] = stand_in
        if len(self._stand_ins) == 2:
            self._both.set()
        await self._both.wait()
        fields = candidate["candidate"].split()
        fields[4:6] = LOOPBACK, str(stand_in.port)
        return candidate | {"candidate": " ".join(fields)}

    def pass_on(self, stand_in, data, source):
        """`data` came to what stands in for somebody."""
        sender = next((s for s in self._stand_ins.values() if s is not stand_in), None)
        # By its port alone: a socket of all addresses is told of with one, and sends from another.
        if sender is None or source[1] != sender.address[1]:
            self.dropped += 1
            return
        sender.address = source
        self.captured.append(Captured(time.monotonic() - self._begun, sender.peer, data))
        if self.loses and self.loses(data):
            self.lost += 1
            return
        sender.transport.sendto(data, stand_in.address)

    def write_pcap(self, path, unwrap=lambda data: [data]):
        """unwrap: the datagrams to write for one. The sides' addresses are ADDRESSES."""
        numbers = {}
        packets = []
        for one in self.captured:
            number = numbers.setdefault(one.sender, len(numbers))
            packets += [(one.seconds, _ipv4(number, data)) for data in unwrap(one.data)]
        write_pcap(path, LINKTYPE_IPV4, packets)


def write_pcap(path, link_type, packets):
    """packets: (seconds, bytes). https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/"""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type))
        for seconds, packet in packets:
            whole, part = divmod(seconds, 1)
            file.write(struct.pack("<IIII", int(whole), int(part * 1e6), len(packet), len(packet)))
            file.write(packet)


class _StandIn(asyncio.DatagramProtocol):
    def __init__(self, relay, peer, address):
        self.relay = relay
        self.peer = peer
        self.address = address  # the peer's own

    def connection_made(self, transport):
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data, source):
        self.relay.pass_on(self, data, source)


def ipv4_address(candidate):
    # candidate:<foundation> <component> <transport> <priority> <address> <port> typ <type>; RFC 8839 §5.1
    fields = candidate.split()
    if len(fields) < 8 or fields[2].lower() != "udp" or not re.fullmatch(r"[\d.]+", fields[4]):
        return None
    return fields[4], int(fields[5])


def _ipv4(number, data):
    """From the one of ADDRESSES to the other."""
    (source, source_port), (target, target_port) = ADDRESSES[number], ADDRESSES[1 - number]
    udp = struct.pack(">HHHH", source_port, target_port, 8 + len(data), 0) + data
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                         socket.inet_aton(source), socket.inet_aton(target))
    total = sum(struct.unpack(">10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    checksum = ~(total + (total >> 16)) & 0xFFFF
    return header[:10] + struct.pack(">H", checksum) + header[12:] + udp
