"""Words, sizes, and a page for each folder."""

import re

MOST_LINES, MANY_LINES = 600, 500

LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
SKIPPED = re.compile(r"\bGTEST_SKIP\b|\bDISABLED_\w|@(module)?tag :?skip\b|unittest\.skip|\.skipTest\(")
SLEEPS = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|\bsleep\s*\(")
MAY_SLEEP = ("src/io/", "tests/interop/", "tests/lab/")


def words(tree):
    for name, text in tree.files.items():
        is_test = name in tree.tests
        for number, line in enumerate(text.splitlines(), 1):
            where = f"{name}:{number}"
            if found := LEFTOVERS.search(line):
                tree.error(where, "words", f"{found.group()}: do it, or write down why not")
            if is_test and (found := SKIPPED.search(line)):
                tree.error(where, "words", f"{found.group()}: a test that does not run")
            if is_test and not name.startswith(MAY_SLEEP) and (found := SLEEPS.search(line)):
                tree.error(where, "words", f"{found.group()}: tests wait for nothing; time is "
                           "a parameter")


def readmes(tree):
    for name in tree.modules:
        if not (tree.root / "src" / name / "README.md").is_file():
            tree.error(f"src/{name}", "readmes", "has no README.md")


def sizes(tree):
    for name, text in tree.files.items():
        lines = text.count("\n")
        if lines > MOST_LINES:
            tree.error(name, "sizes", f"{lines} lines; over {MOST_LINES} is too much: split it")
        elif lines > MANY_LINES:
            tree.warnings.append(f"{name}: sizes: {lines} lines; near {MANY_LINES} wants splitting")
