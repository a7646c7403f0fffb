#!/usr/bin/env python3
"""Specter as its users get it: found by CMake and by pkg-config, added as a folder, linked, run.

Three of the ways compile the whole library. In a release build ccache has its objects: the
folders of add_subdirectory and of FetchContent are beside that build, so that the compiler's command
lines are the same. `static` compiles a part of it, and all of it with --whole (minutes)."""

import argparse
import os
import pathlib
import re
import shutil
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


def version(options):
    return re.search(r"project\(specter VERSION ([\d.]+)",
                     (options.source / "CMakeLists.txt").read_text()).group(1)


def check_program(options, program, needs_library, env=None):
    needed = "libspecter" in run("readelf", "-d", program)
    expect(needed == needs_library, f"{program.name} links the library that it asked for")
    out = run(program, env=env)
    expect(out == f"{version(options)} 0\n", f"{program.name} says its version, not {out!r}")


class Install:
    """The build, installed into one prefix and then moved to another: packages get moved."""

    def __init__(self, options, folder):
        self.options = options
        first = folder / "first"
        run(options.cmake, "--install", options.build, "--prefix", first)
        self.prefix = folder / "moved"
        first.rename(self.prefix)
        self.libdir = next(self.prefix.rglob("specter.pc")).parent.parent
        self.version = version(options)

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

        if (command := self.prefix / "bin" / "specter").exists():
            written = {"man/man1/specter.1": ["man"], "fish/vendor_completions.d/specter.fish": ["completion", "fish"],
                       "bash-completion/completions/specter": ["completion", "bash"],
                       "zsh/site-functions/_specter": ["completion", "zsh"]}
            for file, words in written.items():
                expect((self.prefix / "share" / file).read_text() == run(command, *words),
                       f"share/{file} is what the command itself writes")

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
        check_program(self.options, program, needs_library, self.environment())


def first_program(options):
    return re.search(r"```cpp\n(.*?)```", (options.source / "README.md").read_text(), re.S).group(1)


def by_find_package(options, folder):
    install = Install(options, folder)
    install.check_files()
    readme = folder / "readme.cc"
    readme.write_text(first_program(options))
    compilers = {"shared": options.cxx, "static": options.cxx}
    if clang := shutil.which("clang++-19"):
        compilers["clang"] = clang
    for name, extra in {
        # Who links the shared library needs none of the packages that it was built of.
        "shared": [f"-DCMAKE_DISABLE_FIND_PACKAGE_{p}=ON" for p in ("OpenSSL", "fmt")]
                  + [f"-DREADME_PROGRAM={readme}"],
        "static": ["-DWITH_STATIC=ON", "-DCMAKE_CXX_STANDARD=23"],
        "clang": ["-DWITH_STATIC=ON", "-DCMAKE_CXX_STANDARD=20"],
    }.items():
        if name not in compilers:
            continue
        build = folder / name
        run(options.cmake, "-S", HERE / "consumer", "-B", build, "-G", options.generator,
            f"-DCMAKE_CXX_COMPILER={compilers[name]}", f"-DCMAKE_PREFIX_PATH={install.prefix}", *extra)
        run(options.cmake, "--build", build)
        for kind in ("shared",) if name == "shared" else ("shared", "static"):
            install.check_program(build / f"{kind}_consumer", needs_library=kind == "shared")
        # Who sets no standard gets C++20, though the compiler's own may be older.
        rules = (build / "build.ninja").read_text()
        expect(f"-std=gnu++{23 if name == 'static' else 20}" in rules, f"{name} is compiled as asked")
    install.check_headers(options.cxx)
    said = run(folder / "shared" / "readme", env=install.environment())
    expect(said == "bob received: hello\n", f"the README's program says hello, not {said!r}")


def by_examples(options, folder):
    """examples/ beside an installed Specter. All are configured; two are built, the smallest and one
    with a library of its own: the others differ from them in no line of CMake."""
    install = Install(options, folder)
    build = folder / "examples"
    run(options.cmake, "-S", options.source / "examples", "-B", build, "-G", options.generator,
        f"-DCMAKE_CXX_COMPILER={options.cxx}", f"-DCMAKE_PREFIX_PATH={install.prefix}")
    run(options.cmake, "--build", build, "--target", "hello", "chat")
    said = run(build / "hello", env=install.environment())
    expect(said == "pc_2 received: hello\n", f"hello says hello, not {said!r}")
    said = subprocess.run([build / "chat"], env=install.environment(), capture_output=True, text=True)
    expect(said.returncode == 2 and "chat invite" in said.stderr, "chat says how it is called")


def by_pkg_config(options, folder):
    install = Install(options, folder)
    env = os.environ | {"PKG_CONFIG_PATH": str(install.libdir / "pkgconfig")}

    def flags(*arguments):
        return run("pkg-config", *arguments, "specter", env=env).split()

    expect(flags("--modversion") == [install.version], "pkg-config knows the version")
    # Normalised: the prefix is written as seen from where the file lies.
    paths = [(flag[:2], pathlib.Path(flag[2:]).resolve()) for flag in flags("--cflags", "--libs")
             if flag != "-lspecter"]
    expect(paths == [("-I", install.prefix / "include"), ("-L", install.libdir)],
           f"a user's command line has Specter's folders and nothing of other packages: {paths}")
    expect({"-lcrypto", "-lfmt", "-pthread"} <= set(flags("--static", "--libs")),
           "--static has what the static library links")
    for name, extra in {"shared": [], "static": ["--static"]}.items():
        standard = "c++20" if name == "shared" else "c++23"
        words = flags("--cflags", "--libs", *extra)
        if name == "static":  # -lspecter prefers the shared one, which lies beside it
            words = ["-l:libspecter.a" if word == "-lspecter" else word for word in words]
        program = folder / name
        run(options.cxx, f"-std={standard}", HERE / "consumer" / "main.cc", "-o", program, *words)
        install.check_program(program, needs_library=name == "shared")


def configure_consumer(options, build, way, *extra):
    run(options.cmake, "-S", HERE / "consumer", "-B", build, "-G", "Ninja",
        f"-DCMAKE_CXX_COMPILER={options.cxx}", f"-DSPECTER_SOURCE={options.source}", f"-DWAY={way}",
        "-DWITH_STATIC=ON", *extra)
    return (build / "build.ninja").read_text()


def check_unasked(options, folder, way):
    """What a project that adds this one gets without asking."""
    rules = configure_consumer(options, folder / "plain", way)
    expect("libspecter.a" in rules and "libspecter.so" in rules, "both libraries can be built")
    expect("_test.cc" not in rules and "src/cli" not in rules and "examples/" not in rules,
           "it builds no tests, no command and no examples of ours")
    for module in ("container", "simulation", "world"):
        expect(f"src/{module}/" not in rules, f"it builds nothing of src/{module}: no header leads there")
    expect("-Werror" not in rules, "a warning of a newer compiler is no error")
    expect(re.search(r"^build all: phony (.*)$", rules, re.M).group(1).split() ==
           ["shared_consumer", "static_consumer"], "of ours it builds what it links, not all")
    cache = (folder / "plain" / "CMakeCache.txt").read_text()
    expect(re.search(r"^CMAKE_BUILD_TYPE:STRING=$", cache, re.M), "its build type stays its own")


def by_source(options, folder, way, kind, standard):
    check_unasked(options, folder, way)
    cache = (options.build / "CMakeCache.txt").read_text()
    if not shutil.which("ccache") or "CMAKE_BUILD_TYPE:STRING=Release" not in cache:
        print("generated, not compiled: that takes minutes without a release build and ccache")
        return
    build = options.build.parent / f"consumer_{way}"
    configure_consumer(options, build, way, "-DCMAKE_BUILD_TYPE=Release",
                       f"-DCMAKE_CXX_STANDARD={standard}", *re.findall(r"SPECTER_WERROR:BOOL=ON", cache)
                       and ["-DSPECTER_WERROR=ON"])
    run(options.cmake, "--build", build, "--target", f"{kind}_consumer")
    check_program(options, build / f"{kind}_consumer", needs_library=kind == "shared")


def by_subdirectory(options, folder):
    by_source(options, folder, "add_subdirectory", "shared", 20)


def by_fetch_content(options, folder):
    by_source(options, folder, "FetchContent", "static", 23)


def by_static(options, folder):
    """BUILD_SHARED_LIBS=OFF: a program that needs no shared library at all can be linked."""
    build = folder / "build"
    run(options.cmake, "-S", options.source, "-B", build, "-G", "Ninja",
        f"-DCMAKE_CXX_COMPILER={options.cxx}", "-DBUILD_SHARED_LIBS=OFF",
        *[f"-DSPECTER_BUILD_{part}=OFF" for part in ("TESTS", "CLI", "EXAMPLES")])
    rules = (build / "build.ninja").read_text()
    expect("libspecter.so" not in rules and "libfmt" not in rules,
           "no shared library is made, and the one that Debian has as a shared one only is not named")
    expect("-O3 -DNDEBUG" in rules, "without a build type it is optimised")
    if options.whole:
        run(options.cmake, "--build", build)
        install = Install(argparse.Namespace(**vars(options) | {"build": build}), folder)
        env = os.environ | {"PKG_CONFIG_PATH": str(install.libdir / "pkgconfig")}
        words = run("pkg-config", "--static", "--cflags", "--libs", "specter", env=env).split()
        run(options.cxx, "-std=c++20", "-static", HERE / "consumer" / "main.cc", "-o",
            folder / "alone", *words)
        check_program(options, folder / "alone", needs_library=False)
        expect("NEEDED" not in run("readelf", "-d", folder / "alone"), "it needs no shared library")
        run(options.cmake, "-S", HERE / "consumer", "-B", folder / "found", "-G", options.generator,
            f"-DCMAKE_CXX_COMPILER={options.cxx}", f"-DCMAKE_PREFIX_PATH={install.prefix}")
        run(options.cmake, "--build", folder / "found")
        check_program(options, folder / "found" / "shared_consumer", needs_library=False)
        return
    # Objects that use fmt: in them is what otherwise the library has.
    parts = ["src/base/CMakeFiles/specter_base.dir/options.cc.o",
             "src/io/CMakeFiles/specter_io.dir/log.cc.o"]
    run("ninja", "-C", build, *parts)
    for part in parts:
        wanted = run("nm", "-C", "-u", build / part)
        expect(not re.search(r"\bfmt::", wanted), f"{part} has in it what it uses of fmt")


def by_make_install(options, folder):
    """What `make install` would build, by the words of the Makefile."""
    said = run("make", "-n", "-C", options.source, "install", "PREFIX=/opt/specter", "DESTDIR=/stage")
    expect("--preset install" in said and "-DCMAKE_INSTALL_PREFIX=\"/opt/specter\"" in said
           and "DESTDIR=\"/stage\" cmake --install build/install" in said, "it has a build of its own")
    run(options.cmake, "--preset", "install", "-S", options.source, "-B", folder / "build")
    rules = (folder / "build" / "build.ninja").read_text()
    expect("_test.cc" not in rules and "GTest" not in rules and "gtest" not in rules, "no tests")
    expect("examples/" not in rules and "bench/peers" not in rules, "no examples, no benchmarks")
    expect("src/cli/main.cc" in rules and "libspecter.so" in rules, "the command and the library")
    expect("-O3 -DNDEBUG" in rules and "-Werror" not in rules, "optimised, and warnings are none of its errors")
    library = run("ninja", "-C", folder / "build", "-t", "query", f"src/libspecter.so.{version(options)}")
    for module in ("container", "simulation", "world"):
        expect(f"src/{module}/" not in library, f"libspecter.so has nothing of src/{module}")


def main():
    ways = {"find_package": by_find_package, "pkg_config": by_pkg_config,
            "subdirectory": by_subdirectory, "fetch_content": by_fetch_content,
            "examples": by_examples, "static": by_static, "make_install": by_make_install}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=ways)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--generator", default="Ninja")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--whole", action="store_true", help="static: compile all of the library")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="specter-consumer-") as folder:
        ways[options.way](options, pathlib.Path(folder))


main()
