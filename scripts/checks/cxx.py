"""A small reader of C++ as clang-format writes it: comments, types, functions, and where they end.

It knows no meaning: overloads are one name, and a macro is what it looks like.
"""

import bisect
import re

# Comments, raw strings, strings, characters: what no rule may take for code.
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|\bR"(\w*)\(.*?\)\1"'
                      r'|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])*\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
WORD = re.compile(r"[A-Za-z_]\w*")
MARK = re.compile(r"[{};()]")
GOES_ON = set("{(;,.)&|?:")  # after a closing brace: the statement is not over

ATTRIBUTE = re.compile(r"\[\[.*?\]\]|\b(?:SPECTER_EXPORT|alignas\([^)]*\)|explicit\([^)]*\)"
                       r"|decltype\([^)]*\)|public:|private:|protected:)", re.S)
ANGLES = re.compile(r"<(?:[^<>()]|\([^()]*\))*>")
TYPE = re.compile(r"^(?:inline |template )*(class|struct|union|enum(?: class| struct)?)\s+"
                  r"([\w:]+)\s*(?:final\s*)?(?::(?!:)[^;{(]*)?$", re.S)
FUNCTION = re.compile(r"((?:\w+::)*(?:operator\W*|operator [\w: &*]+|~?\w+))\s*\(", re.S)
SCOPE = re.compile(r'(?:inline )?namespace\b|extern ""')
SPACES = re.compile(r"\s*")
NO_NAME = {"static_assert", "if", "for", "while", "switch", "return", "requires", "noexcept"}


def only_code(text):
    """`text` with as many lines, but without comments, directives and what strings say."""
    def blank(found):
        return ("" if found.group()[0] == "/" else '""') + "\n" * found.group().count("\n")
    return DIRECTIVE.sub(lambda found: "\n" * found.group().count("\n"), NOT_CODE.sub(blank, text))


class Part:
    """A type, a function, or anything else outside of functions.

    kind      "type", "function", "alias", or "other" (fields, constants, macros)
    name      as it is written: `f`, `Class::f`
    owner     the type around it, or None
    has_body  what follows in braces is here
    """

    def __init__(self, owner, text, first):
        self.owner, self.first, self.last, self.has_body = owner, first, first, False
        self.parts = []
        self.text = " ".join(ATTRIBUTE.sub(" ", text).split())
        self.kind, self.name = named(self.text)

    def lines(self):
        return self.last - self.first + 1

    def path(self):
        """The names of the types around it, and its own."""
        return (self.owner.path() + "::" if self.owner else "") + self.name


def named(text):
    plain = re.sub(r"\boperator\s*(\(\)|[^\s\w(]+)", lambda f: "operator" + mask(f.group(1)), text)
    while (fewer := ANGLES.sub(" ", plain)) != plain:
        plain = fewer
    plain = " ".join(plain.split())
    if found := re.match(r"(?:template )?using (\w+) =", plain):
        return "alias", found.group(1)
    if found := TYPE.match(plain):
        return "type", found.group(2)
    found = FUNCTION.search(plain)
    if found and "=" not in plain[: found.start()] and found.group(1) not in NO_NAME:
        return "function", found.group(1)
    return "other", ""


def mask(sign):
    """Of an operator a name without brackets, so that it is no template and no call."""
    return "_" + "_".join(str(ord(letter)) for letter in sign)


def parts_of(code):
    """What stands outside of functions, in order; that of a type has the type as its owner."""
    newlines = [found.start() for found in re.finditer("\n", code)]

    def line(at):
        return bisect.bisect_left(newlines, at) + 1

    def begin(at):
        spaces = SPACES.match(code, start)
        return Part(owners[-1], code[start:at], line(spaces.end()))

    def keep(part):
        found.append(part)
        if part.owner:
            part.owner.parts.append(part)

    found, owners = [], [None]
    start, begun, depth = 0, None, 0  # of the statement that is being read
    for mark in MARK.finditer(code):
        at, sign = mark.start(), mark.group()
        if depth or sign == "(":  # within parentheses, a body, an initializer
            depth += 1 if sign in "({" else -1 if sign in ")}" else 0
            if depth or sign != "}" or code[at + 1:at + 300].lstrip()[:1] in GOES_ON:
                continue
            begun.has_body = True
        elif sign == "{":
            begun = begun or begin(at)
            if begun.kind == "type" and not begun.text.startswith("enum"):
                begun.has_body = True
                keep(begun)
                owners.append(begun)
            elif SCOPE.match(begun.text):
                owners.append(owners[-1])
            else:
                depth = 1
                continue
            start, begun = at + 1, None
            continue
        elif sign == "}":
            if len(owners) > 1:
                if owners[-1] is not owners[-2]:
                    owners[-1].last = line(at)
                owners.pop()
            start, begun = at + 1, None
            continue
        begun = begun or begin(at)
        if begun.text:
            begun.last = line(at)
            keep(begun)
        start, begun = at + 1, None
    return found
