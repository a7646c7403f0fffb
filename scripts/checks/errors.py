"""docs/errors.md: each code of include/specter/error.h has a row, with a cause and a cure, and there is no other row."""

import re

PAGE = "docs/errors.md"
HEADER = "include/specter/error.h"
CODES = re.compile(r"enum class ErrorCode \{(.*?)\};", re.S)
ROW = re.compile(r"^\| `(\w+)` \|(.*)\|$", re.M)
CELLS = 4  # what to_string() says, Elixir, cause, cure


def errors(tree):
    found = CODES.search(tree.files.get(HEADER, ""))
    if not found:
        return
    codes = re.findall(r"^\s*(\w+),", re.sub(r"//.*", "", found.group(1)), re.M)
    rows = ROW.findall(tree.pages.get(PAGE, ""))
    named = [name for name, _ in rows]
    for code in codes:
        if named.count(code) != 1:
            tree.error(PAGE, "errors", f"has {named.count(code)} rows of {code} of {HEADER}")
    for name, cells in rows:
        if name not in codes:
            tree.error(PAGE, "errors", f"has a row of {name}, which {HEADER} does not have")
        elif len(cells.split("|")) != CELLS or not all(cell.strip() for cell in cells.split("|")):
            tree.error(PAGE, "errors", f"does not say cause and cure of {name}")
