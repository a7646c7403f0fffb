"""Descriptions as text: writes those of a peer that a test plays, and reads answers."""

UFRAG, PASSWORD = "T7rk", "pT4vQm9sLx2bWz8cKd6hNf3j"
# Of no certificate.
SHA_256 = "sha-256 " + ":".join(f"{(37 * i + 11) % 256:02X}" for i in range(32))
SHA_384 = "sha-384 " + ":".join(f"{(53 * i + 5) % 256:02X}" for i in range(48))
SHA_512 = "sha-512 " + ":".join(f"{(71 * i + 3) % 256:02X}" for i in range(64))

CREDENTIALS = f"a=ice-ufrag:{UFRAG}\na=ice-pwd:{PASSWORD}"
TRANSPORT = f"{CREDENTIALS}\na=fingerprint:{SHA_256}\na=setup:actpass"


def text_of(*parts):
    """With the line ends of RFC 8866 §5; empty parts are left out."""
    lines = [line for part in parts for line in part.split("\n") if line]
    return "".join(f"{line}\r\n" for line in lines)


def session(*attributes, origin="- 3301 2 IN IP4 127.0.0.1", name="-"):
    return "\n".join([f"v=0\no={origin}\ns={name}\nt=0 0", *attributes])


def data(mid="0", transport=TRANSPORT, port=9, sctp_port=5000, limit=262144, more=""):
    lines = [f"m=application {port} UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", transport,
             f"a=mid:{mid}" if mid is not None else "",
             f"a=sctp-port:{sctp_port}" if sctp_port is not None else "",
             f"a=max-message-size:{limit}" if limit is not None else "", more]
    return "\n".join(line for line in lines if line)


def media(kind, mid, codecs, transport=TRANSPORT, port=9, direction="sendrecv", more=""):
    """codecs: payload type to what its a=rtpmap says, or None for a static one without."""
    lines = [f"m={kind} {port} UDP/TLS/RTP/SAVPF {' '.join(map(str, codecs))}", "c=IN IP4 0.0.0.0", transport,
             f"a=mid:{mid}" if mid is not None else "", "a=rtcp-mux", f"a={direction}",
             *(f"a=rtpmap:{number} {name}" for number, name in codecs.items() if name), more]
    return "\n".join(line for line in lines if line)


def sections(text):
    """The sections of a description, each a list of its lines."""
    found = []
    for line in text.splitlines():
        if line.startswith("m="):
            found.append([])
        if found:
            found[-1].append(line)
    return found


def session_lines(text):
    return text.split("m=", 1)[0].splitlines()


def port_of(section):
    return int(section[0].split()[1])


def kind_and_protocol(section):
    words = section[0].split()
    return words[0], words[2]


def mid_of(section):
    return next((line.removeprefix("a=mid:") for line in section if line.startswith("a=mid:")), None)


def group_of(text):
    """The mids of the BUNDLE group; empty without one."""
    return next((line.split()[1:] for line in session_lines(text) if line.startswith("a=group:BUNDLE")), [])


def formats_without_rtpmap(section):
    """Dynamic payload types (RFC 3551 §6) that a section names and doesn't explain."""
    return [number for number in section[0].split()[3:]
            if int(number) >= 96 and not any(line.startswith(f"a=rtpmap:{number} ") for line in section)]
