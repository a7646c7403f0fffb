"""The order of runs: Specter next to each other stack where noise matters, once a round elsewhere."""

from . import stacks

BESIDE_EACH = ("data", "latency")  # ours between any two others: A B A C A …
FEWER_ROUNDS = ("paths", "memory")  # half of them, rounded up: noise matters less to them


class Run:
    def __init__(self, round_number, work, stack, fast):
        self.round, self.work, self.stack, self.fast = round_number, work, stack, fast
        self.result, self.failure, self.seconds = None, None, 0

    def record(self):
        return {"round": self.round, "work": self.work, "stack": self.stack.name,
                "fast": self.fast, "seconds": round(self.seconds, 2), "result": self.result,
                "failure": self.failure}


def runs(options, chosen):
    """Every run in its order. `chosen` are the stacks that could be built, ours the first."""
    ordered = []
    few = (options.rounds + 1) // 2
    for number in range(1, options.rounds + 1):
        for fast in (False, True):
            if fast and (number > few or options.no_fast):
                continue
            for work in options.only:
                if work in FEWER_ROUNDS and number > (few if not fast else 1):
                    continue
                if fast and work not in ("data", "latency", "paths"):
                    continue
                ordered += [Run(number, work, stack, fast)
                            for stack in sequence(work, chosen, fast)]
    return ordered


def sequence(work, chosen, fast):
    others = [stack for stack in chosen if stack is not stacks.OURS and (stack.has_fast or not fast)]
    if stacks.OURS not in chosen:
        return others
    if not others or work not in BESIDE_EACH:
        return [stacks.OURS, *others]
    return [stacks.OURS] + [one for stack in others for one in (stack, stacks.OURS)]
