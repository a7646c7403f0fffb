"""How long a function is, and how many methods a class has."""

MOST_FUNCTION_LINES, MOST_METHODS = 70, 40

# What is over the limits today, and by how much. A number may only shrink, and must be updated here when it does;
# an entry within the limits is removed.
LONG = {
    ("src/dtls/handshake/server12.cc", "Server12::make"): 74,
}
WIDE = {
    ("src/channel/impl.h", "DataChannels::Impl"): 70,
    ("src/cli/peer/session.h", "Session"): 47,
    ("src/ice/agent.h", "Agent"): 46,
    ("src/ice/check_session.h", "CheckSession"): 128,
    ("src/ice/generations.h", "Agent::Impl"): 42,
    ("src/sctp/association/impl.h", "Association::Impl"): 101,
    ("src/sctp/rx/reassembly.h", "Reassembly"): 42,
    ("src/sctp/tx/bbr.h", "Bbr"): 66,
    ("src/sctp/tx/send_queue.h", "SendQueue"): 44,
    ("src/sctp/tx/sender.h", "Sender"): 71,
    ("src/ways/ways.h", "Ways"): 42,
}


def shape(tree):
    long, wide = {}, {}
    for name, parts in tree.parts().items():
        if not name.startswith(("src/", "elixir/c_src/")) or name in tree.tests:
            continue
        for part in parts:
            if part.kind == "function" and part.has_body and part.lines() > MOST_FUNCTION_LINES:
                long[name, part.path()] = (part.lines(), part.first)
            elif part.kind == "type" and len(methods(part)) > MOST_METHODS:
                wide[name, part.path()] = (len(methods(part)), part.first)
    compare(tree, long, LONG, f"lines; over {MOST_FUNCTION_LINES} is too much: split it")
    compare(tree, wide, WIDE, f"methods; over {MOST_METHODS} is too much: cut it by what it owns")


def methods(part):
    """What a class declares or defines, by parameters: neither constructors nor what is deleted or a
    friend's. Overloads count one by one."""
    own = part.name.split("::")[-1]
    return [method for method in part.parts
            if method.kind == "function" and method.name.lstrip("~") != own
            and not method.text.startswith("friend ") and not method.text.endswith("= delete")]


def compare(tree, found, known, sentence):
    for key, (count, line) in sorted(found.items()):
        if count > known.get(key, 0):
            tree.error(f"{key[0]}:{line}", "shape", f"{key[1]} has {count} {sentence}")
    for key, count in known.items():
        if (tree.is_ours or key[0] in tree.files) and found.get(key, (0,))[0] < count:
            tree.error(key[0], "shape", f"{key[1]} has shrunk to {found.get(key, ('the bound',))[0]}: say so in "
                       "scripts/checks/shape.py")
