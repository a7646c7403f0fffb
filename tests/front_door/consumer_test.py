#!/usr/bin/env python3
"""What an installed Specter is to its users: found by CMake and by pkg-config, linked, run."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout


def expect(holds, sentence):
    if not holds:
        sys.exit(f"not so: {sentence}")


class Install:
    """The build, installed into one prefix and then moved to another: packages get moved."""

    def __init__(self, options, folder):
        self.options = options
        first = folder / "first"
        run(options.cmake, "--install", options.build, "--prefix", first)
        self.prefix = folder / "moved"
        first.rename(self.prefix)
        self.libdir = next(self.prefix.rglob("libspecter.so")).parent
        self.version = re.search(r"project\(specter VERSION ([\d.]+)",
                                 (options.source / "CMakeLists.txt").read_text()).group(1)

    def environment(self):
        return os.environ | {"LD_LIBRARY_PATH": str(self.libdir)}

    def check_files(self):
        headers = {p.relative_to(self.prefix / "include").as_posix()
                   for p in (self.prefix / "include").rglob("*") if p.is_file()}
        public = {p.relative_to(self.options.source / "include").as_posix()
                  for p in (self.options.source / "include" / "specter").rglob("*.h")}
        expect(headers == public, f"the public headers and no others are installed: {headers ^ public}")
        library = run("readelf", "-d", self.libdir / "libspecter.so")
        expect("NODELETE" in library, "the shared library stays in memory: its threads may still run")
        soname = re.search(r"SONAME.*\[(.*)\]", library)
        expect(soname and re.fullmatch(r"libspecter\.so\.\d+\.\d+", soname.group(1)),
               "the shared library has a soname with its version")

    def check_headers(self, compiler):
        """Each stands alone, in C++20 and C++23; below, a sentence says what to do."""
        headers = sorted(p.relative_to(self.prefix / "include").as_posix()
                         for p in (self.prefix / "include").rglob("*.h"))
        program = self.prefix / "header.cc"
        compile_it = [compiler, f"-I{self.prefix / 'include'}", "-Wall", "-Wextra", "-Wpedantic",
                      "-Werror", "-fsyntax-only", program]
        for header in headers:
            program.write_text(f"#include <{header}>\n")
            run(*compile_it, "-std=c++20")
        program.write_text("".join(f"#include <{header}>\n" for header in headers))
        run(*compile_it, "-std=c++23")
        said = subprocess.run([*compile_it, "-std=c++17"], capture_output=True, text=True).stderr
        expect("Specter's headers are C++20" in said, "a compiler asked for C++17 says what it needs")

    def check_program(self, program, needs_library):
        needed = "libspecter" in run("readelf", "-d", program)
        expect(needed == needs_library, f"{program.name} links the library that it asked for")
        out = run(program, env=self.environment())
        expect(out == f"{self.version} 0\n", f"{program.name} says {self.version}, not {out!r}")


def first_program(options):
    return re.search(r"```cpp\n(.*?)```", (options.source / "README.md").read_text(), re.S).group(1)


def by_find_package(options, folder):
    install = Install(options, folder)
    install.check_files()
    readme = folder / "readme.cc"
    readme.write_text(first_program(options))
    for name, extra in {
        # Who links the shared library needs none of the packages that it was built of.
        "shared": [f"-DCMAKE_DISABLE_FIND_PACKAGE_{p}=ON" for p in ("OpenSSL", "fmt", "spdlog")]
                  + [f"-DREADME_PROGRAM={readme}"],
        "static": ["-DWITH_STATIC=ON", "-DCMAKE_CXX_STANDARD=23"],
    }.items():
        build = folder / name
        run(options.cmake, "-S", HERE / "consumer", "-B", build, "-G", options.generator,
            f"-DCMAKE_CXX_COMPILER={options.cxx}", f"-DCMAKE_PREFIX_PATH={install.prefix}", *extra)
        run(options.cmake, "--build", build)
        install.check_program(build / f"{name}_consumer", needs_library=name == "shared")
        # Who sets no standard gets C++20, though the compiler's own may be older.
        rules = (build / "build.ninja").read_text()
        expect(f"-std=gnu++{23 if name == 'static' else 20}" in rules, f"{name} is compiled as asked")
    install.check_headers(options.cxx)
    said = run(folder / "shared" / "readme", env=install.environment())
    expect(said == "bob received: hello\n", f"the README's program says hello, not {said!r}")


def by_pkg_config(options, folder):
    install = Install(options, folder)
    env = os.environ | {"PKG_CONFIG_PATH": str(install.libdir / "pkgconfig")}
    expect(run("pkg-config", "--modversion", "specter", env=env).strip() == install.version,
           "pkg-config knows the version")
    for name, extra in {"shared": [], "static": ["--static"]}.items():
        standard = "c++20" if name == "shared" else "c++23"
        flags = run("pkg-config", "--cflags", "--libs", *extra, "specter", env=env).split()
        if name == "static":  # -lspecter prefers the shared one, which lies beside it
            flags = ["-l:libspecter.a" if flag == "-lspecter" else flag for flag in flags]
        program = folder / name
        run(options.cxx, f"-std={standard}", HERE / "consumer" / "main.cc", "-o", program, *flags)
        install.check_program(program, needs_library=name == "shared")


def by_subdirectory(options, folder):
    """Generating is enough here: all targets are found then, and elixir/ builds it this way."""
    run(options.cmake, "-S", HERE / "consumer", "-B", folder / "build", "-G", "Ninja",
        f"-DCMAKE_CXX_COMPILER={options.cxx}", f"-DSPECTER_SOURCE={options.source}",
        "-DWITH_STATIC=ON")
    rules = (folder / "build" / "build.ninja").read_text()
    expect("libspecter.a" in rules and "libspecter.so" in rules, "both libraries are to be built")
    expect("_test.cc" not in rules and "src/cli" not in rules,
           "a project that adds this one builds no tests and no command of ours")
    cache = (folder / "build" / "CMakeCache.txt").read_text()
    expect(re.search(r"^CMAKE_BUILD_TYPE:STRING=$", cache, re.M), "its build type stays its own")


def main():
    ways = {"find_package": by_find_package, "pkg_config": by_pkg_config,
            "subdirectory": by_subdirectory}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=ways)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--generator", default="Ninja")
    parser.add_argument("--cxx", default="c++")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="specter-consumer-") as folder:
        ways[options.way](options, pathlib.Path(folder))


main()
