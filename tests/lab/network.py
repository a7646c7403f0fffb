"""Networks of this machine's kernel: namespaces, links between them, NAT routers.

A namespace has no visible name: it exists as long as a process of ours holds it, and that process
ends with the pipe to it. So whatever happens to the test, the kernel removes everything, and any number
of networks may exist at the same time. To look into one: nsenter -t PID -n.
"""

import contextlib
import pathlib
import subprocess
import sys
import tempfile
import time

STUN_SERVER = pathlib.Path(__file__).with_name("stun_server.py")
STUN_ADDRESS = "203.0.113.10"
STUN_URL = f"stun:{STUN_ADDRESS}:3478"
TOOLS = {"ip": "iproute2", "nft": "nftables", "conntrack": "conntrack", "sysctl": "procps",
         "unshare": "util-linux", "nsenter": "util-linux"}


class Space:
    """A network namespace with its loopback up. IPv6 is off where nobody asks for it: then what a
    peer has is what the test gave it."""

    def __init__(self, name, ipv6=False):
        self.name = name
        self._holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo ready; exec cat"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._holder.stdout.readline() != b"ready\n":
            raise RuntimeError("a network namespace could not be made")
        self.prefix = ("nsenter", "-t", str(self._holder.pid), "-n")
        self.pid = str(self._holder.pid)
        off = 0 if ipv6 else 1
        # Without duplicate address detection an address is there when the command ends: RFC 4862 §5.4.
        self.sysctl(f"net.ipv6.conf.all.disable_ipv6={off}", f"net.ipv6.conf.default.disable_ipv6={off}",
                    "net.ipv6.conf.default.accept_dad=0", "net.ipv4.conf.all.rp_filter=0",
                    "net.ipv4.conf.default.rp_filter=0", "net.bridge.bridge-nf-call-iptables=0")
        self.ip("link set lo up")

    def close(self):
        self._holder.stdin.close()
        self._holder.wait()
        self._holder.stdout.close()

    def run(self, *words, text=None):
        done = subprocess.run([*self.prefix, *words], input=text, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{self.name}: {' '.join(words)}: {done.stderr.strip()}\n{text or ''}")
        return done.stdout

    def ip(self, *lines):
        self.run("ip", "-batch", "-", text="\n".join(lines) + "\n")

    def nft(self, rules):
        self.run("nft", "-f", "-", text=rules)

    def sysctl(self, *settings):
        # Not all are there in every kernel.
        self.run("sysctl", "-q", "-e", "-w", *settings)


class Laboratory(contextlib.ExitStack):
    def space(self, name, **options):
        space = Space(name, **options)
        self.callback(space.close)
        return space

    def wire(self, one, device, other, its_device):
        one.ip(f"link add {device} type veth peer name {its_device} netns {other.pid}",
               f"link set {device} up")
        other.ip(f"link set {its_device} up")


# ---- routers

# RFC 4787 §4 and §5. What comes from outside and belongs to no mapping ends here: a router whose own
# stack took it would remember it, and give our own packet to the same peer another port.
GUARD = """
table inet guard {
  chain own { type filter hook input priority 0
    iifname "wan" ct state new meta l4proto { udp, tcp } drop
  }
}
"""
NO_STRANGERS = """
  chain strangers { type filter hook forward priority 0
    iifname "wan" ct state new drop
  }"""
HIDE = """
  chain hide { type nat hook postrouting priority 100
    oifname "wan" masquerade%s
  }"""

# Endpoint-independent filtering: who sent from a port gets all that comes to it.
FULL = """
  map owners { type inet_service : ipv4_addr; flags dynamic,timeout; timeout 120s; }
  chain learn { type filter hook forward priority 0
    iifname "lan" meta l4proto udp update @owners { udp sport timeout 120s : ip saddr }
  }
  chain admit { type nat hook prerouting priority -100
    iifname "wan" meta l4proto udp dnat to udp dport map @owners
  }"""
# Address-dependent filtering: from a host that was sent to.
ADDRESS = """
  set friends { type ipv4_addr . inet_service; flags dynamic,timeout; timeout 120s; }
  chain learn { type filter hook forward priority 0
    iifname "lan" meta l4proto udp update @friends { ip daddr . udp sport timeout 120s }
  }
  chain admit { type nat hook prerouting priority -100
    iifname "wan" ip saddr . udp dport @friends dnat to %s
  }"""


# Firewalls, with NO_STRANGERS' NAT: UDP gets no answer, or "administratively prohibited"; or nothing but TCP 443 gets out.
CLOSED = {
    "udpdrop": """
  chain closed { type filter hook forward priority 0
    meta l4proto udp drop
  }""",
    "udpreject": """
  chain closed { type filter hook forward priority 0
    meta l4proto udp reject with icmp type admin-prohibited
  }""",
    "tcp443": """
  chain closed { type filter hook forward priority 0; policy drop
    ct state established,related accept
    iifname "lan" tcp dport 443 accept
  }""",
}


def nat_rules(kind, inside):
    if kind in CLOSED:
        return f"flush ruleset\n{GUARD}\ntable ip nat {{{CLOSED[kind]}{NO_STRANGERS}{HIDE % ''}\n}}\n"
    body = {
        "full": FULL + HIDE % "",
        "addr": ADDRESS % inside + HIDE % "",
        "port": NO_STRANGERS + HIDE % "",
        "sym": NO_STRANGERS + HIDE % " fully-random",
    }[kind]
    return f"flush ruleset\n{GUARD}\ntable ip nat {{{body}\n}}\n"


def filter_rules(family, hook, *rules):
    lines = "\n    ".join(rules)
    return f"table {family} wall {{\n  chain {hook} {{ type filter hook {hook} priority 0\n    {lines}\n  }}\n}}\n"


class Town(Laboratory):
    """Two hosts, a router before each, and what lies between:

        a 10.1.0.2 -- (lan) gw_a (wan) 203.0.113.21 --+-- 203.0.113.22 (wan) gw_b (lan) -- 10.2.0.2 b
                                                      |
                                                  net (br0), server 203.0.113.10: STUN

    A router is "open" (it translates nothing), "full", "addr", "port" or "sym": nat_rules(). With `ipv6`
    there is no IPv4, and both are open: 2001:db8:1::2 and 2001:db8:2::2. With `relays` the server is a
    TURN server, and a router may be one of CLOSED, too."""

    def __init__(self, kind_a="open", kind_b="open", ipv6=False, relays=False):
        super().__init__()
        try:
            self._build(kind_a, kind_b, ipv6, relays)
        except BaseException:
            self.close()
            raise

    def _build(self, kind_a, kind_b, ipv6, relays):
        self.net = self.space("net", ipv6=ipv6)
        self.net.ip("link add br0 type bridge", "link set br0 up")
        self.a, self.gw_a = self._side("a", 1, ipv6)
        self.b, self.gw_b = self._side("b", 2, ipv6)
        self.server = None
        if kind_a != "open" or kind_b != "open" or relays:
            self.server = self.space("server")
            self.wire(self.server, "eth0", self.net, "to_server")
            self.net.ip("link set to_server master br0")
            # The rest of the world takes what is sent there, and is silent.
            self.server.ip(f"addr add {STUN_ADDRESS}/24 dev eth0",
                           "neigh add 203.0.113.254 lladdr 02:00:00:00:00:fe dev eth0 nud permanent",
                           "route add default via 203.0.113.254")
            if relays:
                self.authorities = start_turn_server(self, self.server)
            else:
                start_stun_server(self, self.server)
        if not ipv6:
            self.set_nat(self.gw_a, 1, kind_a)
            self.set_nat(self.gw_b, 2, kind_b)

    def _side(self, name, number, ipv6):
        host, gateway = self.space(name, ipv6=ipv6), self.space(f"gw_{name}", ipv6=ipv6)
        self.wire(gateway, "wan", self.net, f"to_{name}")
        self.wire(gateway, "lan", host, "eth0")
        self.net.ip(f"link set to_{name} master br0")
        if ipv6:
            far, inside = 3 - number, f"2001:db8:{number}"
            gateway.sysctl("net.ipv6.conf.all.forwarding=1")
            gateway.ip(f"addr add 2001:db8::2{number}/64 dev wan nodad",
                       f"addr add {inside}::1/64 dev lan nodad",
                       f"route add 2001:db8:{far}::/64 via 2001:db8::2{far}")
            host.ip(f"addr add {inside}::2/64 dev eth0 nodad", f"route add default via {inside}::1")
            return host, gateway
        gateway.sysctl("net.ipv4.ip_forward=1")
        gateway.ip(f"addr add 203.0.113.2{number}/24 dev wan", f"addr add 10.{number}.0.1/24 dev lan")
        host.ip(f"addr add 10.{number}.0.2/24 dev eth0", f"route add default via 10.{number}.0.1")
        return host, gateway

    def set_nat(self, gateway, number, kind):
        far = self.gw_b if gateway is self.gw_a else self.gw_a
        others = [far] + ([self.server] if self.server else [])
        if kind != "open":
            gateway.nft(nat_rules(kind, f"10.{number}.0.2"))
            return
        gateway.nft("flush ruleset\n")
        for other in others:  # who is not hidden is known to all
            other.run("ip", "route", "replace", f"10.{number}.0.0/24", "via", f"203.0.113.2{number}")

    def rebind(self, gateway, number):
        """A router that forgets: from the next packet on the host inside has another port."""
        self.set_nat(gateway, number, "sym")
        gateway.run("conntrack", "-F")

    def part(self):
        """Nothing passes from one side to the other; the server is still there."""
        self.net.nft(filter_rules("bridge", "forward", 'iifname "to_a" oifname "to_b" drop',
                                  'iifname "to_b" oifname "to_a" drop'))

    def join(self):
        self.net.nft("flush ruleset\n")

    def narrow(self, mtu, black_hole):
        """What is larger than `mtu` does not pass between the routers. They say so, or keep silent:
        RFC 1191 §4, RFC 2923 §2.1."""
        if black_hole:
            for gateway in (self.gw_a, self.gw_b):
                gateway.nft(filter_rules("inet", "output", "icmp type destination-unreachable drop",
                                         "icmpv6 type packet-too-big drop"))
        for side, gateway in (("a", self.gw_a), ("b", self.gw_b)):
            gateway.ip(f"link set wan mtu {mtu}")
            self.net.ip(f"link set to_{side} mtu {mtu}")


class Lan(Laboratory):
    """Two hosts on each of `links` wires: 192.0.N.1 and 192.0.N.2. What each has before is made by
    `furnish(host)`: then those devices are older. With `link_local` there is no IPv4, nor any address
    but those that the kernel gives by itself: fe80::..."""

    def __init__(self, links=1, furnish=None, link_local=False):
        super().__init__()
        try:
            self.net = self.space("net")
            self.a, self.b = (self.space(name, ipv6=link_local) for name in ("a", "b"))
            for host in (self.a, self.b) if furnish else ():
                furnish(self, host)
            for link in range(1, links + 1):
                self.net.ip(f"link add br{link} type bridge", f"link set br{link} up")
                for last, (name, host) in enumerate((("a", self.a), ("b", self.b)), 1):
                    self.wire(host, f"eth{link}", self.net, f"{name}{link}")
                    self.net.ip(f"link set {name}{link} master br{link}")
                    if not link_local:
                        host.ip(f"addr add 192.0.{link}.{last}/24 dev eth{link}")
            for last, host in enumerate((self.a, self.b), 1) if not link_local else ():
                host.ip(f"route add default via 192.0.1.{3 - last}")
        except BaseException:
            self.close()
            raise

    def silence(self, link):
        self.net.nft(filter_rules("bridge", "forward", f'iifname {{ "a{link}", "b{link}" }} drop'))


def add_bridges(laboratory, host, count):
    """What programs that run containers leave behind: bridges with an address each, every second one
    with somebody on it. Both hosts of a test have the same addresses, as in life."""
    lines = []
    for i in range(count):
        lines += [f"link add br-{i} type bridge", f"link set br-{i} up",
                  f"addr add 172.{17 + i // 200}.{i % 200}.1/24 dev br-{i}"]
        if i % 2:
            lines += [f"link add guest{i} type veth peer name port{i}", f"link set guest{i} up",
                      f"link set port{i} up", f"link set port{i} master br-{i}"]
    host.ip(*lines)


def start_stun_server(laboratory, space):
    process = subprocess.Popen([*space.prefix, sys.executable, str(STUN_SERVER), STUN_ADDRESS, "3478"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    laboratory.callback(process.wait)
    laboratory.callback(process.stdout.close)
    laboratory.callback(process.stdin.close)  # its end; callbacks run from the last to the first
    if process.stdout.readline() != b"ready\n":
        raise RuntimeError("the STUN server did not start")


TURN_USER, TURN_PASSWORD = "lab", "a password"
TURN_URLS = (f"turn:{STUN_ADDRESS}:3478", f"turn:{STUN_ADDRESS}:3478?transport=tcp", f"turns:{STUN_ADDRESS}:443")


def start_turn_server(laboratory, space):
    """coturn on UDP and TCP 3478 and TLS 443; the file with the authority of its certificate."""
    folder = pathlib.Path(laboratory.enter_context(tempfile.TemporaryDirectory()))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=lab", "-addext", f"subjectAltName=IP:{STUN_ADDRESS}", "-keyout", folder / "key.pem",
                    "-out", folder / "certificate.pem"], check=True, capture_output=True)
    log = laboratory.enter_context(open(folder / "log", "w"))
    process = subprocess.Popen(
        [*space.prefix, "turnserver", "-n", f"--listening-ip={STUN_ADDRESS}", f"--relay-ip={STUN_ADDRESS}",
         "--listening-port=3478", "--tls-listening-port=443", f"--cert={folder}/certificate.pem",
         f"--pkey={folder}/key.pem", "--lt-cred-mech", f"--user={TURN_USER}:{TURN_PASSWORD}", "--realm=lab", "--no-dtls",
         "--no-cli", "--cli-password=unused", f"--userdb={folder}/users", f"--pidfile={folder}/pid",
         "--log-file=stdout"], stdout=log, stderr=subprocess.STDOUT)
    laboratory.callback(process.wait)
    laboratory.callback(process.kill)
    for _ in range(100):
        if space.run("ss", "-tln").count(":443 "):
            return folder / "certificate.pem"
        time.sleep(0.05)
    raise RuntimeError("coturn does not listen:\n" + (folder / "log").read_text())
