"""The measurements. Each function takes a Bench and returns numbers by name, or raises Failed."""

import statistics

from .process import Failed, Pair, wait

MEGABYTE = 1 << 20
# Name, Mbit/s (0: no limit), queue in bytes, loss each way; all with 25 ms each way.
PATHS = [
    ("50 ms, 100 Mbit/s, 256 kB queue", "queue", 100, 256_000, 0),
    ("50 ms, no loss", "loss 0", 0, 0, 0),
    ("50 ms, 0.1 % loss", "loss 0.1", 0, 0, 0.001),
    ("50 ms, 1 % loss", "loss 1", 0, 0, 0.01),
]
ONE_WAY_MS = 25
SETUP_PATIENCE_MS = 10_000
DRAIN_LOOKS, DRAIN_LOOK_SECONDS = 200, 0.05


class Bench:
    """One stack with one kind of settings, and how long to look at it."""

    def __init__(self, stack, fast, options, seed):
        self.stack, self.fast, self.options, self.seed = stack, fast, options, seed
        self.command = [*stack.command]
        self.about, self.relayed = {}, {}

    def pair(self, name, path=None):
        fast = self.fast

        def command(role, descriptor):
            return [*self.command, role, str(descriptor), *(["--fast"] if fast else [])]

        return Pair(command, self.options.logs, f"{self.stack.name}{'-fast' if fast else ''}-{name}",
                    self.options.relay, path)

    def connect(self, offer, answer):
        self.about = offer.about
        reply = offer.ask("open", SETUP_PATIENCE_MS / 1000 + 5, count=1, at_once=1, seconds=60,
                          timeout_ms=SETUP_PATIENCE_MS)
        if reply["failures"]:
            raise Failed(reply["failures"][0])


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def throughput(bench, size):
    """A reliable, ordered channel kept full over loopback."""
    options = bench.options
    with bench.pair(f"data-{size}") as (offer, answer, _):
        bench.connect(offer, answer)
        size = min(size, offer.about["max_message"])
        # As much as a careful program lets wait: 1 MiB; with small messages fewer bytes, since
        # some stacks keep a list that is walked.
        buffer = MEGABYTE if size > 4096 else MEGABYTE // 4
        answer.ask("receive", size=size)
        offer.ask("send", size=size, buffer=buffer, low=buffer * 3 // 4)
        wait(options.warm_up)
        first, cpu = answer.ask("count"), offer.cpu_seconds() + answer.cpu_seconds()
        wait(options.seconds)
        last, cpu = answer.ask("count"), offer.cpu_seconds() + answer.cpu_seconds() - cpu
        sent = offer.ask("stop")["messages"]
        drain(answer, sent)
        seconds = (last["us"] - first["us"]) * 1e-6
        messages = last["messages"] - first["messages"]
        if not messages:
            raise Failed("nothing came any more after the first moment")
        gigabytes = messages * size * 1e-9
        return {"size": size, "gbit_s": gigabytes * 8 / seconds, "messages_s": messages / seconds,
                "cpu_s_gb": cpu / gigabytes, "cores": cpu / seconds, "checked": sent}


def drain(answer, sent):
    """Every message that was sent arrives, once, in order, as it was."""
    for _ in range(DRAIN_LOOKS):
        reply = answer.ask("count")
        if reply["bad"]:
            raise Failed(f"{reply['bad']} messages came wrong, the first was number "
                         f"{reply['first_bad']}")
        if reply["messages"] >= sent:
            break
        wait(DRAIN_LOOK_SECONDS)
    if reply["messages"] != sent:
        raise Failed(f"{sent} messages were sent, {reply['messages']} came within "
                     f"{DRAIN_LOOKS * DRAIN_LOOK_SECONDS:.0f} s")


def data(bench):
    """Throughput over loopback: 64 KiB, 1 KiB and 100 B messages, reliable and ordered."""
    found = {}
    sizes = (("64k", 65536),) if bench.fast else (("64k", 65536), ("1k", 1024), ("100", 100))
    for name, size in sizes:
        try:
            found |= {f"{key}_{name}": value for key, value in throughput(bench, size).items()}
        except Failed as failure:
            found[f"failed_{name}"] = str(failure)
    return found


def latency(bench):
    """64 bytes there and back, one at a time."""
    with bench.pair("latency") as (offer, answer, _):
        bench.connect(offer, answer)
        answer.ask("echo")
        offer.ask("ping", 15, size=64, count=500, seconds=2)  # warm
        seconds = bench.options.seconds
        cpu = offer.cpu_seconds() + answer.cpu_seconds()
        reply = offer.ask("ping", seconds + 15, size=64, count=20_000, seconds=seconds)
        cpu = offer.cpu_seconds() + answer.cpu_seconds() - cpu
        if reply["bad"]:
            raise Failed(f"{reply['bad']} answers were not what was sent")
        times = reply["us"]
        return {"p50_us": statistics.median(times), "p99_us": percentile(times, 0.99),
                "pings": len(times), "cpu_us_ping": cpu * 1e6 / len(times)}


def setup(bench):
    """Connections one after the other: both created -> the channel open on both sides."""
    options = bench.options
    with bench.pair("setup") as (offer, answer, _):
        bench.connect(offer, answer)  # what is loaded and made only once
        cpu = offer.cpu_seconds() + answer.cpu_seconds()
        reply = opened(offer, count=options.setups, at_once=1, seconds=8 * options.seconds)
        cpu = offer.cpu_seconds() + answer.cpu_seconds() - cpu
        times, totals = reply["us"], reply["total_us"]
        return {"p50_ms": statistics.median(times) / 1000, "p90_ms": percentile(times, 0.9) / 1000,
                "worst_ms": max(times) / 1000, "with_creation_p50_ms": statistics.median(totals) / 1000,
                "cpu_ms_pair": cpu * 1000 / len(times), "connections": len(times),
                "failures": len(reply["failures"])}


def opened(offer, count, at_once, seconds):
    reply = offer.ask("open", seconds + SETUP_PATIENCE_MS / 1000 + 10, count=count, at_once=at_once,
                      seconds=seconds, timeout_ms=SETUP_PATIENCE_MS, close=True)
    if not reply["us"]:
        raise Failed(f"no connection opened: {reply['failures'][0]}")
    return reply


def rate(bench):
    """As many connections as it can, some at a time."""
    options = bench.options
    with bench.pair("rate") as (offer, answer, _):
        bench.connect(offer, answer)
        cpu = offer.cpu_seconds() + answer.cpu_seconds()
        reply = opened(offer, count=100_000, at_once=options.at_once, seconds=options.seconds)
        cpu = offer.cpu_seconds() + answer.cpu_seconds() - cpu
        count = len(reply["us"])
        return {"pairs_s": count / reply["seconds"], "cpu_ms_pair": cpu * 1000 / count,
                "connections": count, "failures": len(reply["failures"])}


def memory(bench):
    """Connected and idle: bytes by the difference that many make; CPU over some seconds."""
    options = bench.options
    with bench.pair("memory") as (offer, answer, _):
        bench.about = offer.about

        def open_idle(count):
            reply = offer.ask("open", 60, count=count, at_once=8, seconds=50,
                              timeout_ms=SETUP_PATIENCE_MS)
            if len(reply["us"]) != count:
                raise Failed(f"{len(reply['us'])} of {count} connections opened")
            wait(0.5)
            return offer.rss_bytes() + answer.rss_bytes()

        before = open_idle(20)
        after = open_idle(options.idle_pairs)
        cpu = offer.cpu_seconds() + answer.cpu_seconds()
        wait(options.idle_seconds)
        cpu = offer.cpu_seconds() + answer.cpu_seconds() - cpu
        return {"kb_peer": (after - before) / 1000 / (2 * options.idle_pairs),
                "idle_cpu_percent": 100 * cpu / options.idle_seconds
                * 200 / (options.idle_pairs + 20), "pairs": options.idle_pairs}


def paths(bench):
    """64 KiB messages through the relay, from the first byte on."""
    found = {}
    for name, key, mbit, queue, loss in PATHS:
        path = ["--delay-ms", str(ONE_WAY_MS), "--seed", str(bench.seed), "--loss", str(loss),
                "--rate-mbit", str(mbit), "--queue-bytes", str(queue)]
        try:
            found[f"mbit_s {key}"] = one_path(bench, key, path)
        except Failed as failure:
            found[f"failed_{key}"] = str(failure)
    return found | {"relayed": bench.relayed}


def one_path(bench, key, path):
    with bench.pair(f"path-{key.replace(' ', '-')}", path) as (offer, answer, relay):
        bench.connect(offer, answer)
        size = min(65536, offer.about["max_message"])
        # Some stacks count what is on its way, too: enough for 1.3 Gbit/s and 50 ms.
        buffer = 8 * MEGABYTE
        first = answer.ask("receive", size=size) and answer.ask("count")
        offer.ask("send", size=size, buffer=buffer, low=buffer * 3 // 4)
        wait(bench.options.path_seconds)
        last = answer.ask("count")
        bench.relayed[key] = relay.counts()
        if last["bad"]:
            raise Failed(f"{last['bad']} messages came wrong")
        return last["bytes"] * 8 / (last["us"] - first["us"])


WORK = {"data": data, "latency": latency, "setup": setup, "rate": rate, "memory": memory,
        "paths": paths}
