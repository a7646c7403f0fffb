"""A STUN server that only answers Binding requests: stun_server.py ADDRESS PORT. Ends with its input.

RFC 8489 §7.3.1: a Binding request is answered by a success response with XOR-MAPPED-ADDRESS.
"""

import select
import socket
import struct
import sys

COOKIE = 0x2112A442
BINDING_REQUEST, BINDING_SUCCESS = 0x0001, 0x0101
XOR_MAPPED_ADDRESS, IPV4 = 0x0020, 1


def answer(request, source):
    if len(request) < 20:
        return None
    kind, _, cookie = struct.unpack(">HHI", request[:8])
    if kind != BINDING_REQUEST or cookie != COOKIE:
        return None
    address, = struct.unpack(">I", socket.inet_aton(source[0]))
    attribute = struct.pack(">HHBBHI", XOR_MAPPED_ADDRESS, 8, 0, IPV4, source[1] ^ COOKIE >> 16,
                            address ^ COOKIE)
    return struct.pack(">HHI", BINDING_SUCCESS, len(attribute), COOKIE) + request[8:20] + attribute


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind((sys.argv[1], int(sys.argv[2])))
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([server, sys.stdin], [], [])
        if sys.stdin in ready and not sys.stdin.readline():
            break
        if server in ready:
            data, source = server.recvfrom(2048)
            if reply := answer(data, source):
                server.sendto(reply, source)
