"""The input of the rules: the files, the modules and what they link, which files are only for tests."""

import pathlib
import re
import subprocess

from .cxx import NOT_CODE, only_code, parts_of

# The picture of docs/architecture.md, as heights: a module may link only lower ones. Modules of one height
# do not depend on each other.
HEIGHT = {
    "base": 0,
    "crypto": 1, "net": 1, "simulation": 1,
    "stun": 2, "sctp": 2, "rtp": 2, "rtcp": 2, "codec": 2, "container": 2,
    "ice": 3, "turn": 3, "dtls": 3, "srtp": 3, "channel": 3, "media": 3, "bwe": 3, "sdp": 3,
    "jsep": 4, "ways": 4,
    "peer": 5,
    "io": 6, "world": 6, "api": 7, "cli": 8,
}
# The public headers, by the lowest module that may include them: the types for all modules; the core's API; the
# handles and mailboxes above it.
PUBLIC_HEIGHT = {
    **dict.fromkeys(("bytes", "core_events", "description", "endpoint", "error", "export",
                     "interceptor", "log", "option_table", "options", "random", "report", "result", "rtp",
                     "shared_list", "states",
                     "stats", "time"), 0),
    "core": HEIGHT["peer"],
    **dict.fromkeys(("data_channel", "event", "mailbox", "media_engine", "peer_connection", "specter",
                     "track", "transceiver"), HEIGHT["api"]),
}
CORE = [name for name, height in HEIGHT.items() if height <= HEIGHT["peer"]]

CODE = {".h", ".cc", ".py", ".ex", ".exs", ".cmake", ".js"}
# These files contain the forbidden words.
NOT_CHECKED = {"scripts/check", "scripts/check_self_test.py", "scripts/checks/text.py"}

COMMENT = re.compile(r"(?:^|\s)#(.*)")  # of all but C++
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.M)


class Tree:
    """The repository's files, and the errors that the rules found."""

    def __init__(self, root, build):
        self.root, self.build = root, build
        self.is_ours = root.resolve() == pathlib.Path(__file__).resolve().parents[2]
        self.errors, self.warnings = [], []
        self.code = self.known = self.remarks = None
        self.names = self.find_names()
        self.files = self.read(self.is_code)
        self.pages = self.read(lambda name: name.endswith(".md"))
        self.modules = {m.name: Module(m) for m in sorted((root / "src").iterdir()) if m.is_dir()}
        self.tests = self.find_tests()

    def find_names(self):
        """All files of the repository, including those that are not yet added."""
        git = subprocess.run(["git", "-C", self.root, "ls-files", "-co", "--exclude-standard"],
                             capture_output=True, text=True)
        if git.returncode == 0:
            names = git.stdout.splitlines()
        else:  # a tree without its history
            names = [p.relative_to(self.root).as_posix() for p in self.root.rglob("*")
                     if p.is_file() and not {"build", "_build"} & set(p.relative_to(self.root).parts)]
        return sorted(names)

    def parts(self):
        """What stands in each C++ file outside of functions, read once. `code` has the text of each."""
        if self.code is None:
            self.code = {name: only_code(text) for name, text in self.files.items()
                         if name.endswith((".h", ".cc"))}
            self.known = {name: parts_of(code) for name, code in self.code.items()}
        return self.known

    def comments(self):
        """(file, number, line) of each line of a comment, read once."""
        if self.remarks is None:
            self.remarks = [(name, *line) for name, text in self.files.items()
                            for line in comments_of(name, text)]
        return self.remarks

    def read(self, wanted):
        return {name: (self.root / name).read_text(errors="replace")
                for name in self.names if wanted(name) and (self.root / name).is_file()}

    def find_tests(self):
        """Files that are only for tests: by the name, or headers that nothing else includes."""
        tests = {name for name in self.files
                 if name.endswith(("_test.cc", "_test.exs", "_test.py"))
                 or name.startswith(("tests/", "src/testing/", "bench/", "fuzz/"))
                 or name.startswith("src/") and "/testing/" in name}
        users = {name: set() for name in self.files if name.endswith(".h")}
        for name, text in self.files.items():
            for header in INCLUDE.findall(text):
                users.get(f"src/{header}", set()).add(name)
        while more := {h for h, by in users.items() if h not in tests and by and by <= tests}:
            tests |= more
        return tests

    def is_code(self, name):
        path = pathlib.PurePosixPath(name)
        if name in NOT_CHECKED:
            return False
        return (path.suffix in CODE or path.name in ("CMakeLists.txt", "Makefile")
                or (name.startswith(("scripts/", ".ci/")) and not path.suffix))

    def error(self, where, rule, sentence):
        self.errors.append(f"{where}: {rule}: {sentence}")


def comments_of(name, text):
    if not name.endswith((".h", ".cc")):
        for number, line in enumerate(text.splitlines(), 1):
            if found := COMMENT.search(line):
                yield number, found.group(1)
        return
    line, seen = 1, 0
    for found in NOT_CODE.finditer(text):
        if found.group()[0] == "/":
            line += text.count("\n", seen, found.start())
            seen = found.start()
            yield from enumerate(found.group().splitlines(), line)


class Module:
    """A folder of src/ and what its CMakeLists.txt lists; src/cli has no specter_module()."""

    KEYS = {"LINKS": "links", "PUBLIC": "public", "PRIVATE": "private", "TEST_LINKS": "test_links",
            "TEST_LIBRARIES": "test_libraries"}

    def __init__(self, folder):
        self.name = folder.name
        self.links, self.public, self.private = [], [], []
        self.test_links, self.test_libraries = [], []
        lists = folder / "CMakeLists.txt"
        text = re.sub(r"#.*", "", lists.read_text()) if lists.is_file() else ""
        text = re.sub(r"\$<TARGET_NAME_IF_EXISTS:([^>]*)>", r"\1", text)
        call = re.search(r"\bspecter_module\(([^)]*)\)", text)
        if not call:
            words = re.findall(r"[\w:.-]+", text)
            self.links = [w.removeprefix("specter_") for w in words
                          if w.removeprefix("specter_") in HEIGHT and w.startswith("specter_")
                          and w != f"specter_{self.name}"]
            self.private = [w for w in words if "::" in w]
            return
        current = None
        for word in call.group(1).split()[1:]:
            if word in self.KEYS:
                current = getattr(self, self.KEYS[word])
            elif current is not None:
                current.append(word)
