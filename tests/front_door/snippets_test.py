#!/usr/bin/env python3
"""The C++ of README.md, docs/ and the reference compiles, and whole programs do what the page says.

A fence that begins with ```cpp is a program if it has a main(): it is built and run, and must exit with 0. A fence
```output directly behind it is the expected output; <number> in it matches any number. Other fences are fragments of a
function with the arguments of snippets/prelude.h; with "```cpp file" they are outside of functions. They are compiled
without warnings, in C++20, and not run."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FENCE = re.compile(r"^```(\w+)?(?: (\w+))?\n(.*?)^```$", re.M | re.S)
CODE = re.compile(r"^@code\{\.cpp\}\n(.*?)^@endcode$", re.M | re.S)
OUTPUT = re.compile(r"\n*```output\n(.*?)^```$", re.M | re.S)
WARNINGS = ["-Wall", "-Wextra", "-Werror"]
# Makes the program of README.md lose its candidates, and wait for a second instead of two minutes.
FAILURE = [("(found->connection == alice ? bob : alice).add_ice_candidate(found->candidate).value();", "(void)found;"),
           ("specter::Specter specter;",
            "specter::Specter specter({.defaults = {.ice = {.patience = 1s, .limbo_timeout = 1s}}});")]


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def line_of(text, at):
    return text.count("\n", 0, at) + 1


class Page:
    """A page's programs with what they print, and its fragments by where they stand."""

    def __init__(self, path):
        self.path, self.programs, self.inside, self.outside = path, [], [], []
        text = path.read_text()
        found = [(*m.groups(), m) for m in FENCE.finditer(text)]
        found += [("cpp", None, m.group(1), m) for m in CODE.finditer(text)]
        for language, where, code, match in found:
            if language != "cpp":
                continue
            line = line_of(text, match.start()) + 1
            if "int main(" in code:
                output = OUTPUT.match(text, match.end())
                self.programs.append((code, line, output and output.group(1)))
            elif where == "file":
                self.outside.append((code, line))
            else:
                self.inside.append((code, line))

    def fragments(self):
        """Its part of the translation unit of all pages; errors name the page and its line."""
        out = [f"namespace {re.sub(r'[^a-z0-9]', '_', self.path.name.lower())} {{\n"]
        out += [f'#line {line} "{self.path}"\n{code}' for code, line in self.outside]
        out += [f'void fragment_{number}(SPECTER_FRAGMENT) {{\n#line {line} "{self.path}"\n{code}}}\n'
                for number, (code, line) in enumerate(self.inside)]
        return "".join(out) + "}\n"


def matches(expected, printed):
    pattern = re.escape(expected).replace(re.escape("<number>"), r"\d+")
    return re.fullmatch(pattern, printed)


class Compiler:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.base = [options.cxx, "-std=c++20", *WARNINGS, f"-I{options.source / 'include'}",
                     f"-I{HERE / 'snippets'}"]

    def check(self, pages):
        unit = self.folder / "fragments.cc"
        unit.write_text('#include "prelude.h"\n' + "".join(page.fragments() for page in pages))
        run(*self.base, "-Wno-unused-variable", "-Wno-unused-but-set-variable", "-Wno-unused-function",
            "-fsyntax-only", unit)

    def output(self, code, line, page):
        source, program = self.folder / "program.cc", self.folder / "program"
        source.write_text(f'#line {line} "{page}"\n{code}')
        run(*self.base, source, "-o", program, f"-L{self.options.library}", "-lspecter")
        done = subprocess.run([program], capture_output=True, text=True, timeout=90,
                              env=os.environ | {"LD_LIBRARY_PATH": str(self.options.library)})
        return done.returncode, done.stdout


def check_programs(compiler, page):
    for code, line, expected in page.programs:
        status, printed = compiler.output(code, line, page.path)
        if status != 0:
            sys.exit(f"{page.path}:{line}: the program ended with {status}\n{printed}")
        if expected is not None and not matches(expected, printed):
            sys.exit(f"{page.path}:{line}: the program printed\n{printed}and the page says\n{expected}")


def check_failure(compiler, readme):
    """README.md shows what its first program prints when it fails."""
    code, line, _ = readme.programs[0]
    for old, new in FAILURE:
        if old not in code:
            sys.exit(f"README.md: the first program has no {old}")
        code = code.replace(old, new)
    status, printed = compiler.output(code, line, readme.path)
    if status != 1 or not printed or f"```output\n{printed}```" not in readme.path.read_text():
        sys.exit(f"README.md does not show what a failure prints, with status {status}:\n{printed}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--library", type=pathlib.Path, required=True, help="the folder of libspecter.so")
    parser.add_argument("--cxx", default="c++")
    options = parser.parse_args()
    paths = [options.source / "README.md", *sorted((options.source / "docs").glob("*.md")),
             options.source / "docs" / "reference" / "tasks.dox"]
    pages = [Page(path) for path in paths]
    with tempfile.TemporaryDirectory(prefix="specter-snippets-") as folder:
        compiler = Compiler(options, pathlib.Path(folder))
        compiler.check(pages)
        for page in pages:
            check_programs(compiler, page)
        check_failure(compiler, pages[0])
    programs = sum(len(page.programs) for page in pages)
    fragments = sum(len(page.inside) + len(page.outside) for page in pages)
    if not programs or not fragments:
        sys.exit("no program or no fragment was found: the pages are not read")
    print(f"{programs} programs run, {fragments} fragments compiled, of {len(pages)} pages")


main()
