"""Unused declarations.

They are compared by name, since no types are known here: an unused function is not found if anything else in the tree
has its name (another class's method, a field, a local). Operators, fields and enumerators are not checked.
"""

import collections
import re

from .cxx import WORD

# The language or a library looks for these by name.
CALLED_BY_NAME = {"is_transparent", "main", "value_type", "is_steady", "rep", "period"}
# Found, and not yet removed.
OPEN = {
    ("src/simulation/internet.h", "Internet::routers"),
    ("src/world/ledger.h", "Ledger::largest_delay_past_lifetime"),
    ("src/world/ledger.h", "Ledger::count_received"),
}
# A function is used by a call, and by its name as a value: `&f`, `g(f)`, `{f, x}`, `<f>`.
CALL = re.compile(r"\b([A-Za-z_]\w*)(?:<[^;(){}]*>)?\(")
VALUE = re.compile(r"[&(<{,=?:]\s*(?:\w+::)*(\w+)(?=\s*[;,)}<>:])")
NAMED = re.compile(r"\b(?:return|template|using)\s+(?:\w+::)*(\w+)")
NEEDS_NO_BODY = re.compile(r"= *(default|delete|0)$")
CONSTANT = re.compile(r"\b(k[A-Z]\w*)\s*(?:=|$)")


def declarations(tree):
    mentions, calls, declared = (collections.Counter() for _ in range(3))
    defined = set()
    for name, parts in tree.parts().items():
        mentions.update(WORD.findall(tree.code[name]))
        for use in (CALL, VALUE, NAMED):
            calls.update(use.findall(tree.code[name]))
        for part in parts:
            if part.kind != "other":
                # `A::f` declares an f, and mentions A for nothing but that; so does ~A.
                declared.update(part.name.replace("~", "").split("::"))
            if part.kind == "function" and (part.has_body or NEEDS_NO_BODY.search(part.text)):
                defined.add(tail(part))
    found = set()
    for name, parts in tree.parts().items():
        if not name.endswith(".h") or not name.startswith(("src/", "elixir/c_src/")):
            continue
        for part in parts:
            if sentence := fault(part, calls if part.kind == "function" else mentions, declared, defined):
                found.add((name, told(part)))
                if (name, told(part)) not in OPEN:
                    tree.error(f"{name}:{part.first}", "declarations", f"{told(part)} {sentence}")
    for name, path in sorted(OPEN - found):
        if tree.is_ours or name in tree.files:
            tree.error(name, "declarations", f"{path} is not dead any more: take it off the list in "
                       "scripts/checks/names.py")


def fault(part, uses, declared, defined):
    name = told(part).split("::")[-1]
    is_function = part.kind == "function"
    if (not name or name in CALLED_BY_NAME or name.startswith(("operator", "~"))
            or part.text.startswith(("friend ", "enum ")) and not part.text.startswith("enum class ")):
        return None
    if is_function and not part.has_body and not NEEDS_NO_BODY.search(part.text) and tail(part) not in defined:
        return "is declared and never defined"
    is_constructor = part.owner and part.owner.name.split("::")[-1] == name
    if not is_constructor and uses[name] <= (declared[name] or 1):
        return "is declared and never used"
    return None


def told(part):
    constant = part.kind == "other" and CONSTANT.search(part.text)
    if constant:
        return (part.owner.path() + "::" if part.owner else "") + constant.group(1)
    return part.path() if part.kind != "other" else ""


def tail(part):
    """Enough of a path to tell functions apart: the class and the name."""
    return tuple(part.path().split("::")[-2:])
