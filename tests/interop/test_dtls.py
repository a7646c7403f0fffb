#!/usr/bin/python3
"""DTLS between `specter peer` and a real browser: each version, role, certificate and side of the offer that
the two can have together. The scenario is short; test_browsers.py has the whole one.

    tests/interop/test_dtls.py chromium [--specter build/release/specter]
"""

import argparse
import asyncio
import base64
import dataclasses
import itertools
import pathlib
import sys
import time
import traceback

from browser import Browser, need_browsers
from peers import BrowserPeer, SpecterPeer
from scenario import connected, echo, expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAIR_SECONDS = 60
SIZES = [1, 100, 16 << 10]

# What a browser's page may ask for.
CERTIFICATES = {
    "ecdsa": {"name": "ECDSA", "namedCurve": "P-256"},
    "rsa": {"name": "RSASSA-PKCS1-v1_5", "modulusLength": 2048, "hash": "SHA-256"},
}
# rsaEncryption, RFC 3279 §2.3.1; id-ecPublicKey, RFC 5480 §2.1.1; as they stand in a certificate.
KEY_OIDS = {"rsa": bytes.fromhex("06092a864886f70d010101"), "ecdsa": bytes.fromhex("06072a8648ce3d0201")}

# How a browser is kept to one version: preferences of Firefox. Chromium 156 has nothing of the kind any more
# (the field trial WebRTC-ForceDtls13 went when DTLS 1.3 became the default): there our side says what it is.
PINNED = {
    "chromium": {"any": ()},
    "firefox": {"any": {},
                "1.2": {"media.peerconnection.dtls.version.max": 0x0303},
                "1.3": {"media.peerconnection.dtls.version.min": 0x0304}},
}

SUITES = {
    "DTLS 1.3": ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
    "DTLS 1.2": [f"TLS_ECDHE_{{}}_WITH_{cipher}" for cipher in
                 ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256")],
}
WIRE_VERSIONS = {"DTLS 1.2": "FEFD", "DTLS 1.3": "FEFC"}


@dataclasses.dataclass(frozen=True)
class Pair:
    ours: str = "any"  # --dtls
    theirs: str = "any"
    specter_is_client: bool = True
    specter_offers: bool = True
    our_certificate: str = "ecdsa"
    their_certificate: str = ""  # the browser's choice

    def title(self):
        return (f"specter ({self.ours}, {self.our_certificate}) "
                f"{'offers' if self.specter_offers else 'answers'}, "
                f"{'client' if self.specter_is_client else 'server'}; browser ({self.theirs}"
                f"{', ' + self.their_certificate if self.their_certificate else ''})")

    def version(self):
        return "DTLS 1.2" if "1.2" in (self.ours, self.theirs) else "DTLS 1.3"

    def suites(self):
        # In DTLS 1.2 the suite says what the server signs with: RFC 5246 §7.4.2. Browsers' own are ECDSA.
        server = (self.their_certificate or "ecdsa") if self.specter_is_client else self.our_certificate
        return [suite.format(server.upper()) for suite in SUITES[self.version()]]


def pairs(browser):
    """Roles and offers whole where versions are negotiated; certificates once a role and version."""
    sides = list(itertools.product((True, False), (True, False)))
    for ours in ("1.2", "1.3", "any"):
        for client, offers in sides:
            yield Pair(ours, "any", client, offers)
    for ours, client in itertools.product(("1.2", "1.3"), (True, False)):
        yield Pair(ours, "any", client, not client, our_certificate="rsa")
        yield Pair(ours, "any", client, client, their_certificate="rsa")
        yield Pair(ours, "any", client, not client, their_certificate="ecdsa")
    yield Pair("any", "any", True, True, "rsa", "rsa")
    for theirs in PINNED[browser]:
        if theirs == "any":
            continue
        for client, offers in sides:
            yield Pair("any", theirs, client, offers)
        for client in (True, False):
            yield Pair(theirs, theirs, client, client)


async def of_type(browser, kind):
    return [report for report in (await browser.call("get_stats"))["stats"].values()
            if report["type"] == kind]


def key_kinds(reports, fingerprint):
    """What keys the certificate with our "sha-256 4A:AD:…" has, by the browser's reports."""
    ders = [base64.b64decode(report["base64Certificate"]) for report in reports
            if report["fingerprint"].upper() == fingerprint.split()[1]]
    return [kind for kind, oid in KEY_OIDS.items() for der in ders if oid in der]


async def check_stats(pair, specter, page):
    ours = (await specter.call("get_stats"))["stats"]["transport"]
    expect(ours["tls_version"] == pair.version(), f"{pair.version()} is negotiated: {ours}")
    expect(ours["dtls_cipher"] in pair.suites(), f"a suite of {pair.suites()}: {ours}")
    expect(ours["tls_group"] == "x25519", f"the group is the best that both have: {ours}")
    role = "client" if pair.specter_is_client else "server"
    expect(ours["dtls_role"] == role, f"specter is the {role} of DTLS: {ours}")

    negotiated = f"{ours['tls_version']}, {ours['dtls_cipher']}, {ours['tls_group']}"
    transports = await of_type(page, "transport")
    if page.name == "firefox" and not transports:  # ESR 140: then our side alone is asked
        return f"{negotiated}; the browser tells nothing of its transport"
    expect(len(transports) == 1, f"the browser tells of its transport: {transports}")
    told = {key: transports[0][key] for key in ("tlsVersion", "dtlsCipher", "dtlsRole")}
    expect(told == {"tlsVersion": WIRE_VERSIONS[pair.version()], "dtlsCipher": ours["dtls_cipher"],
                    "dtlsRole": "server" if pair.specter_is_client else "client"},
           f"the browser says the same: {told}, {ours}")
    certificates = await of_type(page, "certificate")
    if page.name == "chromium":  # Firefox tells nothing of them
        for fingerprint, kind in ((ours["local_fingerprint"], pair.our_certificate),
                                  (ours["remote_fingerprint"], pair.their_certificate or "ecdsa")):
            expect(key_kinds(certificates, fingerprint) == [kind],
                   f"the browser knows a certificate {fingerprint} of {kind}: {certificates}")
    return negotiated


async def tell(pair, options, browser):
    begun = time.monotonic()
    known = ()
    try:
        async with asyncio.timeout(PAIR_SECONDS), \
                BrowserPeer.open(browser, CERTIFICATES.get(pair.their_certificate)) as page, \
                SpecterPeer.open(options.specter, "--dtls", pair.ours,
                                 "--certificate", pair.our_certificate) as specter:
            known = (specter, page)
            offerer, answerer = known if pair.specter_offers else known[::-1]
            client = "offerer" if pair.specter_is_client == pair.specter_offers else "answerer"
            async with connected(offerer, answerer, client) as (at_offerer, at_answerer):
                await echo(offerer, at_offerer, answerer, at_answerer, SIZES)
                told = await check_stats(pair, specter, page)
    except Exception:
        print(f"FAILED  {browser.name}: {pair.title()}", *(line for peer in known for line in peer.history()),
              traceback.format_exc(), sep="\n", flush=True)
        return False
    print(f"ok      {pair.title()}: {told} ({time.monotonic() - begun:.1f} s)", flush=True)
    return True


async def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("browser", choices=sorted(PINNED))
    parser.add_argument("--only", default="", help="tell only the pairs whose title has this")
    parser.add_argument("--specter", default=ROOT / "build" / "release" / "specter")
    options = parser.parse_args()
    need_browsers(options.browser)

    results = []
    for theirs, group in itertools.groupby(pairs(options.browser), key=lambda pair: pair.theirs):
        group = [pair for pair in group if options.only in pair.title()]
        if not group:
            continue
        settings = PINNED[options.browser][theirs]
        async with Browser.open(options.browser, settings=settings) as browser:
            results += [await tell(pair, options, browser) for pair in group]
    print(f"{sum(results)} of {len(results)} pairs")
    return 0 if results and all(results) else 1


sys.exit(asyncio.run(main()))
