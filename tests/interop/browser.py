"""Real browsers, headless, from Python with only Debian's packages: WebDriver BiDi over a web socket.

    async with Browser.open("firefox") as browser:
        page = await browser.page()
        await page.evaluate("1 + 1")

Chromium is started by chromedriver, Firefox has BiDi built in. Each has a profile of its own that is removed
at the end, and all processes are ended in any case: if this program is killed, the kernel kills
them (then the profiles stay in /tmp).
https://www.w3.org/TR/webdriver-bidi/
"""

import asyncio
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import machine  # noqa: E402

try:
    import websockets
except ImportError:
    machine.need(False, "python3-websockets is not there; `scripts/bootstrap browsers` installs it")

START_SECONDS = 60
COMMAND_SECONDS = 60

CHROMIUM_FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-breakpad",
    "--remote-debugging-pipe",  # for chromedriver: by a port it would look up the name localhost
    "--allow-loopback-in-peer-connection",
]
FIREFOX_PREFERENCES = {
    "media.peerconnection.ice.loopback": True,
    "app.update.auto": False,
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
# Only secure contexts have devices, and about:blank is none.
DEVICES = {
    "chromium": ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                 "--autoplay-policy=no-user-gesture-required"],
    "firefox": {"media.navigator.streams.fake": True, "media.navigator.permission.disabled": True,
                "media.autoplay.default": 0, "media.autoplay.block-webaudio": False}.items(),
}


# From util-linux. It holds for the program started, not for what that one starts.
DIES_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"]


PROGRAMS = {"chromium": {"chromedriver": "chromium-driver", "chromium": "chromium"},
            "firefox": {"firefox-esr": "firefox-esr"}}


def need_browsers(*names):
    """Leaves the whole test out where one of these is not installed."""
    for name in names:
        for program, package in PROGRAMS[name].items():
            machine.need(shutil.which(program),
                         f"{program} is not there; `scripts/bootstrap browsers` installs {package}")


class BrowserError(Exception):
    pass


class Bidi:
    """Commands and their answers over one socket; any number may be under way."""

    def __init__(self, socket):
        self._socket = socket
        self._next = 1
        self._waiting = {}
        self._reader = asyncio.create_task(self._read())

    async def command(self, method, seconds=COMMAND_SECONDS, **params):
        number, self._next = self._next, self._next + 1
        self._waiting[number] = answer = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
            return await asyncio.wait_for(answer, seconds)
        except asyncio.TimeoutError:
            raise BrowserError(f"{method}: no answer in {seconds:.0f} s") from None
        except websockets.ConnectionClosed as closed:
            raise BrowserError(f"{method}: the browser is gone: {closed}") from None
        finally:
            self._waiting.pop(number, None)

    async def close(self):
        await self._socket.close()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self):
        try:
            async for text in self._socket:
                message = json.loads(text)
                answer = self._waiting.get(message.get("id"))
                if answer is None or answer.done():
                    continue  # an event, or nobody waits any more
                if "error" in message:
                    answer.set_exception(
                        BrowserError(f"{message['error']}: {message.get('message')}"))
                else:
                    answer.set_result(message["result"])
        except websockets.ConnectionClosed:
            pass
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(BrowserError("the browser is gone"))


class Page:
    def __init__(self, bidi, context):
        self._bidi = bidi
        self._context = context

    async def evaluate(self, expression, seconds=COMMAND_SECONDS):
        """The value of a JavaScript expression, awaited if it is a promise, as JSON carries it."""
        answer = await self._bidi.command(
            "script.evaluate", seconds, target={"context": self._context}, awaitPromise=True,
            expression=f"(async () => JSON.stringify(await ({expression})))()")
        if answer["type"] == "exception":
            raise BrowserError(answer["exceptionDetails"]["text"])
        value = answer["result"]
        return json.loads(value["value"]) if value["type"] == "string" else None

    async def close(self):
        await self._bidi.command("browsingContext.close", context=self._context)


class Browser:
    """show_addresses: candidates name addresses; otherwise mDNS names, as for most pages in life.
    settings: more flags for Chromium, more preferences for Firefox. with_devices: pages have a fake camera and a
    fake microphone, without a question."""

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, name, show_addresses=True, settings=(), with_devices=False):
        async with contextlib.AsyncExitStack() as stack:
            origin = None
            if with_devices:
                settings = [*settings, *DEVICES[name]]
                origin = await stack.enter_async_context(_empty_page())
            folder = pathlib.Path(tempfile.mkdtemp(prefix=f"specter-{name}-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            start = {"chromium": _start_chromium, "firefox": _start_firefox}[name]
            url = await start(stack, folder, show_addresses, settings)
            async with contextlib.AsyncExitStack() as talk:
                socket = await websockets.connect(url, max_size=None, open_timeout=START_SECONDS,
                                                  ping_interval=None)
                bidi = Bidi(socket)
                talk.push_async_callback(bidi.close)
                if name == "firefox":  # chromedriver has begun the session already
                    await bidi.command("session.new", capabilities={})
                yield cls(name, bidi, origin)

    def __init__(self, name, bidi, origin=None):
        self.name = name
        self._bidi = bidi
        self._origin = origin
        self._idle = []

    async def page(self):
        """One that was given back, or a new one: they take a browser longer than a connection does."""
        if self._idle:
            return self._idle.pop()
        created = await self._bidi.command("browsingContext.create", type="tab")
        if self._origin:
            await self._bidi.command("browsingContext.navigate", context=created["context"], url=self._origin,
                                     wait="complete")
        return Page(self._bidi, created["context"])

    def give_back(self, page):
        self._idle.append(page)


@contextlib.asynccontextmanager
async def _empty_page():
    """Its URL, on this machine: what is there is a secure context."""
    async def answer(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            body = b"<!doctype html><title>specter</title><body>"
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def _spawn(stack, folder, *command):
    """A process with a group and a home of its own; the group is ended with the stack."""
    process = await asyncio.create_subprocess_exec(
        *DIES_WITH_PARENT, *map(str, command), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=(folder / "stderr.log").open("wb"), start_new_session=True,
        env=os.environ | {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"),
                          "XDG_CONFIG_HOME": str(folder / "config")})
    stack.push_async_callback(_end, process)
    return process


async def _end(process):
    for way, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, way)  # also when it ended: its children may not have
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), seconds)


async def _start_chromium(stack, folder, show_addresses, settings):
    driver = await _spawn(stack, folder, "chromedriver", "--port=0")

    async def port():
        async for line in driver.stdout:
            if found := re.search(rb"started successfully on port (\d+)", line):
                return int(found.group(1))
        raise BrowserError(f"chromedriver ended: {(folder / 'stderr.log').read_text()}")

    server = f"http://127.0.0.1:{await asyncio.wait_for(port(), START_SECONDS)}"
    flags = CHROMIUM_FLAGS + [f"--user-data-dir={folder / 'profile'}", *settings]
    if show_addresses:
        flags.append("--disable-features=WebRtcHideLocalIpsWithMdns")
    # chromedriver starts it, and may be killed, too.
    binary = folder / "chromium"
    binary.write_text(f'#!/bin/sh\nexec {shlex.join(DIES_WITH_PARENT)} '
                      f'{shutil.which("chromium")} "$@"\n')
    binary.chmod(0o755)
    options = {"binary": str(binary), "args": flags}
    session = await asyncio.to_thread(_http, "POST", f"{server}/session", {"capabilities": {
        "alwaysMatch": {"webSocketUrl": True, "goog:chromeOptions": options}}})
    stack.push_async_callback(asyncio.to_thread, _http, "DELETE",
                              f"{server}/session/{session['sessionId']}")
    return session["capabilities"]["webSocketUrl"]


def _http(method, url, body=None):
    request = urllib.request.Request(url, method=method, data=json.dumps(body or {}).encode(),
                                     headers={"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=START_SECONDS) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise BrowserError(f"{method} {url}: {error.read().decode()[:1000]}") from None


async def _start_firefox(stack, folder, show_addresses, settings):
    profile = folder / "profile"
    profile.mkdir()
    preferences = FIREFOX_PREFERENCES | {
        "media.peerconnection.ice.obfuscate_host_addresses": not show_addresses} | dict(settings)
    (profile / "user.js").write_text("".join(
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
        for name, value in preferences.items()))
    firefox = await _spawn(stack, folder, "firefox-esr", "--headless",
                           "--no-remote", "--profile", profile, "--remote-debugging-port", "0")

    async def url():
        with (folder / "stderr.log").open("rb") as log:
            text = b""
            while firefox.returncode is None:
                text += log.read()
                if found := re.search(rb"WebDriver BiDi listening on (ws://[\w.:\[\]]+)", text):
                    return found.group(1).decode() + "/session"
                await asyncio.sleep(0.05)
        raise BrowserError(f"firefox ended: {text.decode(errors='replace')}")

    return await asyncio.wait_for(url(), START_SECONDS)
