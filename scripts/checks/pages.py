"""Each folder has a page that names its files, and references are valid."""

import fnmatch
import posixpath
import re

# What looks like a file of the repository in a comment or in `code`: with an ending, or under a top-level folder.
PATH = re.compile(r"(?<![\w/.:@$<>{}=~+-])((?:\.\./)*(?:\.ci/)?[A-Za-z0-9][\w.*-]*(?:/[\w.*-]+)*/?)")
ENDING = re.compile(r"\w\.(md|h|cc|py|ex|exs|cmake|txt|js|json|patch)$")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Files that a build makes, and files of other projects or of the reader.
NOT_OURS = re.compile(r"/_build/|^_?[A-Z]+\b|/[A-Z]+$|^(app|erl_nif)\.\w+$|^include/rtc/")
GOAL = re.compile(r"^([a-z][a-z-]*):", re.M)
MAKE = re.compile(r"(?:`|^)make ([a-z][a-z-]*)(?=[` ]|$)")
SPAN = re.compile(r"`([^`\n]+)`")
FILE_WORD = re.compile(r"[\w.*/-]+")


def readmes(tree):
    for name in tree.modules:
        if not (tree.root / "src" / name / "README.md").is_file():
            tree.error(f"src/{name}", "readmes", "has no README.md")
    for page, files in on_pages(tree).items():
        told = [word for span in SPAN.findall(tree.pages[page]) for word in FILE_WORD.findall(span)]
        for name in files:
            if not any(names(word, name) for word in told):
                tree.error(page, "readmes", f"does not name {name}")


def on_pages(tree):
    """The sources by the nearest README above them."""
    found = {}
    for name in tree.files:
        if not name.startswith("src/") or not name.endswith((".h", ".cc")) or name.endswith("_test.cc"):
            continue
        folder = posixpath.dirname(name)
        while folder != "src" and f"{folder}/README.md" not in tree.pages:
            folder = posixpath.dirname(folder)
        if folder != "src":
            found.setdefault(f"{folder}/README.md", []).append(name)
    return found


def names(word, name):
    """Whether `rx/pieces`, `pieces.h`, `pieces.*` or `piec*.h` says src/sctp/rx/pieces.cc: a header and
    its source are one thing."""
    stem = re.sub(r"\.(h|cc|\*)$", "", word)
    return re.search(r"\w", stem) and fnmatch.fnmatchcase(name.rpartition(".")[0], "*/" + stem)


# ---- references


def references(tree):
    there = Endings(tree.names)
    goals = set(GOAL.findall(tree.files.get("Makefile", "")))
    for page, text in tree.pages.items():
        for number, line in enumerate(text.splitlines(), 1):
            for span in SPAN.findall(line):
                check_paths(tree, there, page, number, span)
            for target in LINK.findall(line):
                check_link(tree, page, number, target)
            for goal in MAKE.findall(line) if goals else ():
                if goal not in goals:
                    tree.error(f"{page}:{number}", "references", f"there is no `make {goal}`")
    for name, number, line in tree.comments():
        check_paths(tree, there, name, number, line)
    for name, text in tree.files.items():
        if name.startswith("elixir/lib/"):
            check_guides(tree, name, text)


def check_guides(tree, name, text):
    """Links of Elixir's documentation name pages of mix.exs, without their folders."""
    guides = {posixpath.basename(page): page for page in tree.pages if re.match(r"elixir/(guides/)?[\w.]+$", page)}
    for number, line in enumerate(text.splitlines(), 1):
        for target in LINK.findall(line):
            path, _, section = target.partition("#")
            if path.endswith(".md") and not re.match(r"\w+:", path):
                page = guides.get(path)
                if not page or section and section not in sections(tree.pages[page]):
                    tree.error(f"{name}:{number}", "references", f"there is no guide {target}")


class Endings:
    """The last parts of all paths: a file may be named by the end of its path."""

    def __init__(self, names):
        self.all, self.tops = set(), set()
        for name in names:
            parts = name.split("/")
            if len(parts) > 1:
                self.tops.add(parts[0])
            for end in range(1, len(parts) + 1):
                self.all |= {"/".join(parts[start:end]) for start in range(end)}

    def has(self, path):
        if "*" in path:
            return any(fnmatch.fnmatchcase(one, path) for one in self.all)
        return path in self.all or path + ".cc" in self.all  # a program, by its source


def check_paths(tree, there, where, number, text):
    for word in PATH.findall(text):
        path = re.sub(r"^(\.\./)+", "", word).rstrip("./")
        is_path = ENDING.search(path) or "/" in path and path.split("/")[0] in there.tops
        if is_path and not NOT_OURS.search(path) and not there.has(path):
            tree.error(f"{where}:{number}", "references", f"there is no {word}")


def check_link(tree, page, number, target):
    if re.match(r"\w+:", target):
        return
    path, _, section = target.partition("#")
    file = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    if not (tree.root / file).exists():
        tree.error(f"{page}:{number}", "references", f"there is no {target}")
    elif section and section not in sections(tree.pages.get(file, "")):
        tree.error(f"{page}:{number}", "references", f"{file} has no section #{section}")


def sections(text):
    """The anchors of a page's headings, as GitHub makes them."""
    found = set()
    for heading in re.findall(r"^#+ +(.+)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", heading).replace(" ", "-"))
    return found
