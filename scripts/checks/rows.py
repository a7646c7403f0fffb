"""docs/w3c-rows.md says for each row which test shows it."""

import re

# The number of the W3C's rows: our list of what its document and its public tests expect. A test's name has
# its rows (Row12_, Row12To14_, Row12And15To17_), and so has a line of the table.
W3C_ROWS = 281
ROW_TEST = re.compile(r"\bTEST(?:_F)?\(W3cRows, (Row(\d+(?:(?:To|And)\d+)*)_\w+)\)")
# Rows about tracks have a letter and a number: A2_…, A2To4_…, A2_AndB3_….
MEDIA_TEST = re.compile(r"\bTEST(?:_F)?\(W3cMediaRows, (\w+)\)")
ROW_LINE = re.compile(r"^\| ([\d, to]+) \| (.+) \|$", re.M)


def rows(tree):
    where = "docs/w3c-rows.md"
    tests = {name: row_numbers(rows.replace("To", " to ").replace("And", ", "))
             for file in tree.tests for name, rows in ROW_TEST.findall(tree.files.get(file, ""))}
    table = tree.root / where
    lines = ROW_LINE.findall(table.read_text()) if table.is_file() else []
    if not tests and not table.is_file():
        return
    told, seen = {}, set()
    for numbers, text in lines:
        rows = row_numbers(numbers)
        seen |= rows
        for name in re.findall(r"`(Row\w+)`", text):
            told[name] = told.get(name, set()) | rows
    for name, rows in sorted(tests.items()):
        if told.get(name) != rows:
            tree.error(where, "rows", f"has no line with the rows of the test {name}")
    for name in sorted(told.keys() - tests.keys()):
        tree.error(where, "rows", f"names {name}, which is no test")
    media = {name for file in tree.tests for name in MEDIA_TEST.findall(tree.files.get(file, ""))}
    told_media = set(re.findall(r"`([A-T]\d+(?:To\d+)?_\w+)`",
                                table.read_text() if table.is_file() else ""))
    for name in sorted(media ^ told_media):
        tree.error(where, "rows", f"names {name}, which is no test" if name in told_media else
                   f"does not name the test {name}")
    for row in sorted(set(range(1, W3C_ROWS + 1)) ^ seen):
        tree.error(where, "rows", f"says nothing of row {row}" if row <= W3C_ROWS else
                   f"has a row {row}: there are {W3C_ROWS}")


def row_numbers(text):
    """{12, 13, 14, 20} of "12 to 14, 20"."""
    numbers = set()
    for part in text.split(","):
        ends = [int(end) for end in part.split(" to ")]
        numbers |= set(range(ends[0], ends[-1] + 1))
    return numbers
