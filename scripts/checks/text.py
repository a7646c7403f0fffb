"""Forbidden words, and the maximum length of a file."""

import re

MOST_LINES, MANY_LINES = 600, 500

LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
SKIPPED = re.compile(r"\bGTEST_SKIP\b|\bDISABLED_\w|@(module)?tag :?skip\b|unittest\.skip|\.skipTest\(")
SLEEPS = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|\bsleep\s*\(")
MAY_SLEEP = ("src/io/", "tests/interop/", "tests/lab/")


def words(tree):
    for name, text in tree.files.items():
        rules = [(LEFTOVERS, "do it, or write down why not")]
        if name in tree.tests:
            rules.append((SKIPPED, "a test that does not run"))
            if not name.startswith(MAY_SLEEP):
                rules.append((SLEEPS, "tests wait for nothing; time is a parameter"))
        for rule, sentence in rules:
            for found in rule.finditer(text):
                line = text.count("\n", 0, found.start()) + 1
                tree.error(f"{name}:{line}", "words", f"{found.group()}: {sentence}")


def sizes(tree):
    for name, text in tree.files.items():
        lines = text.count("\n")
        if lines > MOST_LINES:
            tree.error(name, "sizes", f"{lines} lines; over {MOST_LINES} is too much: split it")
        elif lines > MANY_LINES:
            tree.warnings.append(f"{name}: sizes: {lines} lines; near {MANY_LINES} wants splitting")
