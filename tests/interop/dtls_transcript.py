"""Decrypts captured datagrams with the secrets of a key log: DTLS 1.3 records (RFC 9147), inside them
SCTP (RFC 9260). Written from the RFCs with Python's `cryptography` only and no code of Specter, so that
it is an independent check.

Only what the tests need: the ServerHello in one record, no key update, no connection ids.
"""

import dataclasses
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, ACK = 20, 21, 22, 23, 26
CLIENT_HELLO, SERVER_HELLO = 1, 2
DATA, INIT, INIT_ACK, COOKIE_ECHO, COOKIE_ACK = 0, 1, 2, 10, 11  # SCTP chunks
I_DATA = 64  # RFC 8260
DCEP = 50  # payload protocol identifier; RFC 8832

# draft-hancke-webrtc-sped
STUN_COOKIE = 0x2112A442
DTLS_IN_STUN_DATA, DTLS_IN_STUN_ACK = 0xC070, 0xC071


@dataclasses.dataclass(frozen=True)
class Record:
    epoch: int
    type: int
    payload: bytes
    version: int = 0x0304


def is_stun(datagram):
    # RFC 9443 §3, RFC 8489 §5
    return len(datagram) >= 20 and datagram[0] < 4 and struct.unpack_from(">I", datagram, 4)[0] == STUN_COOKIE


def is_dtls(datagram):
    return len(datagram) > 0 and 20 <= datagram[0] <= 63


def is_success_response(datagram):
    return is_stun(datagram) and datagram[:2] == b"\x01\x01"  # RFC 8489 §5: of Binding


def stun_attributes(message):
    at, found = 20, {}
    while at + 4 <= len(message):
        kind, size = struct.unpack_from(">HH", message, at)
        found.setdefault(kind, message[at + 4:at + 4 + size])
        at += 4 + (size + 3) // 4 * 4
    return found


def embedded_dtls(datagram):
    """The DTLS datagram within a Binding message, or None."""
    data = stun_attributes(datagram).get(DTLS_IN_STUN_DATA, b"") if is_stun(datagram) else b""
    return data if is_dtls(data) else None


def dtls_of(datagram):
    """A list with the DTLS datagram that this one is or carries; or empty."""
    embedded = embedded_dtls(datagram)
    return [embedded] if embedded else [datagram] if is_dtls(datagram) else []


def key_log(text):
    """SSLKEYLOGFILE: {client random: {label: secret}}. RFC 9850"""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            label, random, secret = line.split()
            found.setdefault(bytes.fromhex(random), {})[label] = bytes.fromhex(secret)
    return found


# RFC 8446 §B.4: the hash of each suite, how long the key is, the AEAD.
SUITES = {
    0x1301: (hashes.SHA256(), 16, AESGCM),
    0x1302: (hashes.SHA384(), 32, AESGCM),
    0x1303: (hashes.SHA256(), 32, ChaCha20Poly1305),
}


class Epoch:
    """The keys of one direction and one epoch. RFC 8446 §7.3, RFC 9147 §4.2.3, §5.9"""

    def __init__(self, suite, secret, number):
        self.hash, size, aead = SUITES[suite]
        self.number = number
        self.key = self.expand(secret, "key", size)
        self.iv = self.expand(secret, "iv", 12)
        self.sequence_key = self.expand(secret, "sn", size)
        self.aead = aead(self.key)
        self.is_chacha = aead is ChaCha20Poly1305

    def expand(self, secret, label, size):
        name = b"dtls13" + label.encode()
        info = struct.pack(">HB", size, len(name)) + name + b"\0"
        return HKDFExpand(algorithm=self.hash, length=size, info=info).derive(secret)

    def mask(self, sample):
        if self.is_chacha:  # the sample is counter and nonce; the mask, key stream
            return Cipher(algorithms.ChaCha20(self.sequence_key, sample), None).encryptor().update(bytes(16))
        return Cipher(algorithms.AES(self.sequence_key), modes.ECB()).encryptor().update(sample)

    def open(self, header, sequence_size, ciphertext):
        """The record, or None: not with these keys. Sequence numbers have to be below 2^8 or 2^16, as those
        of a short test are."""
        mask = self.mask(ciphertext[:16])
        plain = bytearray(header)
        for i in range(sequence_size):
            plain[1 + i] ^= mask[i]
        sequence = int.from_bytes(plain[1:1 + sequence_size], "big")
        nonce = (int.from_bytes(self.iv, "big") ^ sequence).to_bytes(12, "big")
        try:
            inner = self.aead.decrypt(nonce, ciphertext, bytes(plain))
        except InvalidTag:
            return None
        inner = inner.rstrip(b"\0")  # RFC 8446 §5.4: padding
        return Record(self.number, inner[-1], inner[:-1])


class Transcript:
    """Fed with the datagrams of both sides in their order; says what each one held."""

    def __init__(self, log):
        self.log = log
        self.epochs = {}  # (is the client's, epoch): Epoch
        self.client_random = None
        self.client = None  # who sent the ClientHello
        self.unreadable = 0  # records that no key opens

    def read(self, sender, datagram):
        """The records of a datagram of DTLS."""
        records, at = [], 0
        while at < len(datagram):
            record, at = (self._read_ciphertext(sender, datagram, at) if datagram[at] >> 5 == 1
                          else self._read_plaintext(sender, datagram, at))
            if record:
                records.append(record)
        return records

    def _read_plaintext(self, sender, datagram, at):
        # DTLSPlaintext, RFC 9147 §4; so are the ciphertexts of DTLS 1.2, which are tshark's to read
        kind, version, epoch, _, size = struct.unpack_from(">BHH6sH", datagram, at)
        payload = datagram[at + 13:at + 13 + size]
        if kind == HANDSHAKE and epoch == 0:
            self._read_hello(sender, payload)
        return Record(epoch, kind, payload, version), at + 13 + size

    def _read_hello(self, sender, payload):
        kind = payload[0]
        offset = int.from_bytes(payload[6:9], "big")
        if offset != 0:
            return
        body = payload[12:]  # RFC 6347 §4.2.2
        if kind == CLIENT_HELLO:
            self.client, self.client_random = sender, body[2:34]
        elif kind == SERVER_HELLO and not self.epochs:
            suite, = struct.unpack_from(">H", body, 35 + body[34])
            secrets = self.log.get(self.client_random)
            if suite in SUITES and secrets:
                for is_client, side in ((True, "CLIENT"), (False, "SERVER")):
                    for number, label in ((2, f"{side}_HANDSHAKE_TRAFFIC_SECRET"),
                                          (3, f"{side}_TRAFFIC_SECRET_0")):
                        self.epochs[is_client, number] = Epoch(suite, secrets[label], number)

    def _read_ciphertext(self, sender, datagram, at):
        # The unified header, RFC 9147 §4: 001CSLEE
        first = datagram[at]
        sequence_size = 2 if first & 0x08 else 1
        header_size = 1 + sequence_size + (2 if first & 0x04 else 0)
        end = len(datagram)
        if first & 0x04:
            end = at + header_size + struct.unpack_from(">H", datagram, at + 1 + sequence_size)[0]
        header, ciphertext = datagram[at:at + header_size], datagram[at + header_size:end]
        epoch = self.epochs.get((sender is self.client, first & 0x03))
        record = epoch.open(header, sequence_size, ciphertext) if epoch else None
        if record is None:
            self.unreadable += 1
        return record, end


def hellos(records):
    """Which of ClientHello and ServerHello these have."""
    return [r.payload[0] for r in records if r.epoch == 0 and r.type == HANDSHAKE
            and r.payload[0] in (CLIENT_HELLO, SERVER_HELLO)]


def sctp_chunks(packet):
    """[(type, whole chunk)] of a packet whose checksum is right."""
    sent, = struct.unpack_from("<I", packet, 8)
    if crc32c(packet[:8] + bytes(4) + packet[12:]) != sent:
        raise ValueError("an SCTP packet has a wrong checksum")
    at, chunks = 12, []
    while at + 4 <= len(packet):
        kind, _, size = struct.unpack_from(">BBH", packet, at)
        chunks.append((kind, packet[at:at + size]))
        at += max(4, (size + 3) // 4 * 4)
    return chunks


def payload_protocol(kind, chunk):
    """Of the first fragment of a message."""
    return struct.unpack_from(">I", chunk, 12 if kind == DATA else 16)[0]


def user_data(kind, chunk):
    return chunk[16 if kind == DATA else 20:]


def crc32c(data):
    # RFC 9260 §A
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC32C[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _crc32c_entry(value):
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value


_CRC32C = [_crc32c_entry(value) for value in range(256)]
