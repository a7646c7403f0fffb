"""docs/failures.md: each cited row exists, and so does each test that a row names."""

import re

PAGE = "docs/failures.md"
ROW = re.compile(r"^\| (\d+) \|.*\| (.+) \|$", re.M)
TESTS = re.compile(r"`([\w/.]+)`: ((?:\"[^\"]+\"|\w+\.\w+)(?:, (?:\"[^\"]+\"|\w+\.\w+))*)")
NAMES = re.compile(r"\"([^\"]+)\"|(\w+)\.(\w+)")
CITED = re.compile(r"failures\.md,? rows? (\d+(?:(?:, | and |, and )\d+)*)")
PLANTED = re.compile(r"^from: row (\d+)$", re.M)
BARE = re.compile(r"\b[Rr]ows? \d")
OF_ANOTHER_LIST = re.compile(r"W3C|w3c|public tests")  # docs/w3c-rows.md


def failures(tree):
    rows = {}
    for number, shown in ROW.findall(tree.pages.get(PAGE, "")):
        if number in rows:
            tree.error(PAGE, "failures", f"has row {number} twice")
        rows[number] = check_row(tree, number, shown)
    for where, number in citations(tree):
        if number not in rows:
            tree.error(where, "failures", f"cites row {number}, which {PAGE} does not have")


def check_row(tree, number, shown):
    found = TESTS.findall(shown)
    if not found:
        tree.error(PAGE, "failures", f"row {number} names no test")
    for file, names in found:
        text = tree.files.get(file, "")
        for words, suite, name in NAMES.findall(names):
            if not (f'test "{words}"' in text if words else
                    re.search(rf"\bTEST(?:_F|_P)?\({suite}, {name}\)", text)):
                tree.error(PAGE, "failures", f"row {number} names {words or suite + '.' + name}, which "
                           f"{file} does not have")


def citations(tree):
    """(where, number) of each, in comments, on pages, and of the planted bugs."""
    for name, line, comment in tree.comments():
        if "ow" not in comment:  # most say nothing of rows
            continue
        where = f"{name}:{line}"
        for numbers in CITED.findall(comment):
            yield from ((where, number) for number in re.findall(r"\d+", numbers))
        if name.startswith(("src/", "fuzz/")) and BARE.search(CITED.sub("", comment)) \
                and not OF_ANOTHER_LIST.search(comment):
            tree.error(where, "failures", "cites a row and doesn't say of which list")
    for name, text in tree.pages.items():
        for numbers in CITED.findall(text) if name != PAGE else ():
            yield from ((name, number) for number in re.findall(r"\d+", numbers))
    for name in tree.names:
        if name.startswith("tests/planted/") and name.endswith(".patch"):
            yield from ((name, number) for number in PLANTED.findall((tree.root / name).read_text(errors="replace")))
