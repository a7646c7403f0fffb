"""Shows that each rule of scripts/check bites: a small tree that passes, and one fault at a time."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().with_name("check")

TREE = {
    "include/specter/specter.h": "#include <string>\n#include \"specter/time.h\"\n",
    "include/specter/time.h": "#include <chrono>\n",
    "src/base/CMakeLists.txt": "specter_module(base\n  PUBLIC fmt::fmt\n)\n",
    "src/base/README.md": "`bytes.h`\n",
    "src/base/bytes.h": "#include <fmt/format.h>\n",
    "src/crypto/CMakeLists.txt": "specter_module(crypto LINKS base PRIVATE OpenSSL::Crypto)\n",
    "src/crypto/README.md": "`digest.cc`\n",
    "src/crypto/digest.cc": "#include <openssl/evp.h>\n#include \"base/bytes.h\"\n",
    "src/stun/CMakeLists.txt": "specter_module(stun\n  LINKS crypto  # and base by it\n  TEST_LINKS testing)\n",
    "src/stun/README.md": "`message.h`\n",
    "src/stun/message.h": "#include \"base/bytes.h\"\n#include \"specter/time.h\"\n#include <fmt/core.h>\n",
    "src/stun/message_test.cc": "#include <gtest/gtest.h>\n#include \"stun/message.h\"\n#include \"testing/hex.h\"\n",
    "src/sctp/CMakeLists.txt": "specter_module(sctp LINKS base)\n",
    "src/sctp/README.md": "`packet.h`\n",
    "src/sctp/packet.h": "",
    "src/testing/CMakeLists.txt": "specter_module(testing LINKS base PUBLIC GTest::gmock)\n",
    "src/testing/README.md": "`hex.h`\n",
    "src/testing/hex.h": "#include <gmock/gmock.h>\n",
    "src/io/CMakeLists.txt": "specter_module(io LINKS stun sctp PRIVATE Asio::Asio)\n",
    "src/io/README.md": "`loop.cc`\n",
    "src/io/loop.cc": "#include <asio.hpp>\n#include \"stun/message.h\"\n",
    "src/io/loop_test.cc": "void f() { sleep_for(1); }\n",
    "src/cli/CMakeLists.txt": "add_executable(specter_cli main.cc)\n"
                              "target_link_libraries(specter_cli PRIVATE specter_io CLI11::CLI11)\n",
    "src/cli/README.md": "`main.cc`\n",
    "src/cli/main.cc": "#include <CLI/CLI.hpp>\n#include \"io/loop.h\"\n",
    "examples/hello.cc": "#include <specter/specter.h>\n",
    "elixir/c_src/nif.cc": "#include \"terms.h\"\n#include <erl_nif.h>\n#include \"specter/specter.h\"\n",
    "elixir/test/specter_test.exs": "test \"x\" do\nend\n",
}


class CheckRules(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="specter-check-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name, text in TREE.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def add(self, name, text):
        self.write(name, TREE[name] + text)

    def check(self, *arguments):
        return subprocess.run([CHECK, "--root", self.root, *arguments], capture_output=True,
                              text=True)

    def assert_only(self, *parts, arguments=()):
        """One fault is one error, at its place, and the check fails."""
        done = self.check(*arguments)
        errors = done.stdout.splitlines()[:-1]
        self.assertEqual(len(errors), 1, done.stdout + done.stderr)
        for part in parts:
            self.assertIn(part, errors[0])
        self.assertEqual(done.returncode, 1)

    def assert_passes(self):
        done = self.check()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_tree_that_keeps_the_rules_passes(self):
        done = self.check()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("0 errors, 0 warnings", done.stdout)

    # ---- includes

    def test_a_sibling_is_a_stranger(self):
        self.add("src/stun/message.h", '#include "sctp/packet.h"\n')
        self.assert_only("src/stun/message.h:4: includes", "stun does not link sctp")

    def test_nothing_below_includes_io(self):
        self.add("src/crypto/digest.cc", '#include "io/loop.h"\n')
        self.assert_only("src/crypto/digest.cc:3: includes", "crypto does not link io")

    def test_linking_upwards_is_refused_whoever_includes_what(self):
        self.write("src/sctp/CMakeLists.txt", "specter_module(sctp LINKS base io)\n")
        self.assert_only("src/sctp/CMakeLists.txt: includes", "links io")

    def test_linking_a_sibling_is_refused(self):
        self.write("src/sctp/CMakeLists.txt", "specter_module(sctp LINKS base stun)\n")
        self.assert_only("src/sctp/CMakeLists.txt: includes", "links stun")

    def test_testing_is_for_tests(self):
        self.add("src/stun/message.h", '#include "testing/hex.h"\n')
        self.assert_only("src/stun/message.h:4: includes", "does not link testing")

    def test_a_test_needs_its_test_links_too(self):
        self.write("src/sctp/packet_test.cc", '#include "testing/hex.h"\n')
        self.assert_only("src/sctp/packet_test.cc:1: includes", "(TEST_LINKS)")

    def test_what_only_tests_include_lies_in_testing(self):
        self.write("src/stun/testing/pair.h", '#include "stun/testing/ends.h"\n')
        self.write("src/stun/testing/ends.h", '#include "testing/hex.h"\n#include <gtest/gtest.h>\n')
        self.add("src/stun/README.md", "`testing/pair.h`, `ends.h`\n")
        self.add("src/stun/message_test.cc", '#include "stun/testing/pair.h"\n')
        self.assert_passes()
        self.add("src/io/loop.cc", '#include "stun/testing/pair.h"\n')
        self.assert_only("src/io/loop.cc:3: includes", "stun/testing/pair.h is for tests")

    def test_a_header_of_tests_elsewhere_is_found(self):
        self.write("src/stun/pair.h", "")
        self.add("src/stun/README.md", "`pair.h`\n")
        self.add("src/stun/message_test.cc", '#include "stun/pair.h"\n')
        self.assert_only("src/stun/pair.h: includes", "src/stun/testing/")

    def test_a_folder_without_a_place_is_refused(self):
        self.write("src/helper/CMakeLists.txt", "specter_module(helper LINKS base)\n")
        self.write("src/helper/README.md", "")
        self.assert_only("src/helper/CMakeLists.txt: includes", "no place in the picture")

    def test_a_link_to_nowhere_is_refused(self):
        self.write("src/sctp/CMakeLists.txt", "specter_module(sctp LINKS base bytes)\n")
        self.assert_only("src/sctp/CMakeLists.txt: includes", "links bytes")

    def test_openssl_is_for_those_who_list_it(self):
        self.add("src/stun/message.h", "#include <openssl/evp.h>\n")
        self.assert_only("src/stun/message.h:4: includes", "OpenSSL")

    def test_asio_is_for_io(self):
        self.add("src/sctp/packet.h", "#include <asio/io_context.hpp>\n")
        self.assert_only("src/sctp/packet.h:1: includes", "Asio")

    def test_gtest_is_for_tests(self):
        self.add("src/sctp/packet.h", "#include <gtest/gtest_prod.h>\n")
        self.assert_only("src/sctp/packet.h:1: includes", "GTest")

    def test_the_command_may_use_what_it_links_and_no_more(self):
        self.add("src/cli/main.cc", "#include <ogg/ogg.h>\n")
        self.assert_only("src/cli/main.cc:3: includes", "Ogg")

    def test_public_headers_do_not_include_src(self):
        self.add("include/specter/time.h", '#include "base/bytes.h"\n')
        self.assert_only("include/specter/time.h:2: includes", "base/bytes.h")

    def test_public_headers_do_not_include_libraries(self):
        self.add("include/specter/time.h", "#include <asio.hpp>\n")
        self.assert_only("include/specter/time.h:2: includes", "asio.hpp")

    def test_a_public_header_that_is_not_there_is_named(self):
        self.add("src/stun/message.h", '#include "specter/tmie.h"\n')
        self.assert_only("src/stun/message.h:4: includes", "specter/tmie.h")

    def test_the_core_may_not_include_what_stands_on_it(self):
        self.write("include/specter/core.h", "")
        self.add("src/io/loop.cc", '#include "specter/core.h"\n')
        self.assert_passes()
        self.add("src/stun/message.h", '#include "specter/core.h"\n')
        self.assert_only("src/stun/message.h:4: includes", "specter/core.h stands above it")

    def test_the_driver_may_not_include_the_handles(self):
        self.add("src/io/loop.cc", '#include "specter/specter.h"\n')
        self.assert_only("src/io/loop.cc:3: includes", "specter/specter.h stands above it")

    def test_public_headers_have_heights_among_themselves(self):
        self.write("include/specter/core.h", '#include "specter/specter.h"\n')
        self.assert_only("include/specter/core.h:1: includes", "specter/specter.h stands above it")

    def test_a_public_header_without_a_height_is_refused(self):
        self.write("include/specter/tracks.h", "")
        self.assert_only("include/specter/tracks.h: includes", "has no height")

    def test_examples_see_only_the_public_api(self):
        self.add("examples/hello.cc", '#include "base/bytes.h"\n')
        self.assert_only("examples/hello.cc:2: includes", "only include/specter")

    def test_the_nif_sees_only_the_public_api(self):
        self.add("elixir/c_src/nif.cc", '#include "io/loop.h"\n')
        self.assert_only("elixir/c_src/nif.cc:4: includes", "only include/specter")

    # ---- words, sizes

    def test_leftovers_are_found(self):
        self.add("src/sctp/packet.h", "// TODO: later\n")
        self.assert_only("src/sctp/packet.h:1: words", "TODO")

    def test_disabled_and_skipped_tests_are_found(self):
        for name, line in {
            "src/stun/message_test.cc": "TEST(Message, DISABLED_IsParsed) {}\n",
            "tests/scenario/lossy_test.cc": "  GTEST_SKIP();\n",
            "elixir/test/specter_test.exs": "@tag :skip\n",
            "tests/front_door/x_test.py": "@unittest.skip('x')\n",
        }.items():
            with self.subTest(name):
                self.setUp()
                self.write(name, TREE.get(name, "") + line)
                self.assert_only(f"{name}:", "does not run")

    def test_sleeping_tests_are_found(self):
        for name, line in {
            "src/stun/message_test.cc": "std::this_thread::sleep_for(1s);\n",
            "src/testing/hex.h": "const int kNow = usleep(10) + kNow;\n",
            "elixir/test/specter_test.exs": "Process.sleep(100)\n",
        }.items():
            with self.subTest(name):
                self.setUp()
                self.write(name, TREE.get(name, "") + line)
                self.assert_only(f"{name}:", "tests wait for nothing")

    def test_long_files_are_found(self):
        self.write("src/sctp/packet.h", "\n" * 601)
        self.assert_only("src/sctp/packet.h: sizes", "601 lines")

    def test_rather_long_files_are_a_warning(self):
        self.write("src/sctp/packet.h", "\n" * 501)
        done = self.check()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("warning: src/sctp/packet.h: sizes", done.stdout)

    # ---- shape

    def test_a_long_function_is_found(self):
        body = "  g();\n" * 68
        self.write("src/crypto/digest.cc", "void A::f(int a,\n          B b = {}) {\n" + body[7:] + "}\n")
        self.assert_passes()
        self.write("src/crypto/digest.cc",
                   "A::A(int a)\n    : a_{a}, b_({}) {\n" + body + "}\nint x;\n")
        self.assert_only("src/crypto/digest.cc:1: shape", "A::A has 71 lines")

    def test_a_wide_class_is_found(self):
        methods = "".join(f"  int m{i}() const {{ return m{i}(); }}\n" for i in range(39))
        whole = ("class A {\n public:\n  A(int);\n  ~A() = default;\n  A(const A&) = delete;\n" + methods +
                 "  int x = f();\n  std::function<void()> y;\n  friend bool same(A, A);\n"
                 "  bool operator==(const A&) const = default;\n")
        self.add("src/crypto/digest.cc", whole + "};\n")
        self.assert_passes()
        self.add("src/crypto/digest.cc", whole + "  void m(std::map<int, int> = {});\n};\n")
        self.assert_only("src/crypto/digest.cc:3: shape", "A has 41 methods")

    def test_what_was_over_the_bounds_may_only_shrink(self):
        self.write("src/dtls/CMakeLists.txt", "specter_module(dtls LINKS base)\n")
        self.write("src/dtls/README.md", "`handshake/server12.cc`\n")
        for lines, sentence in {75: "has 75 lines", 73: "has shrunk to 73"}.items():
            with self.subTest(lines):
                self.write("src/dtls/handshake/server12.cc",
                           "void Server12::make() {\n" + "  g();\n" * (lines - 2) + "}\n")
                self.assert_only("src/dtls/handshake/server12.cc", "shape", sentence)

    # ---- planted bugs

    def test_a_patch_that_does_not_apply_is_found(self):
        patch = ("diff --git a/src/crypto/digest.cc b/src/crypto/digest.cc\n"
                 "--- a/src/crypto/digest.cc\n+++ b/src/crypto/digest.cc\n"
                 "@@ -1,1 +1,1 @@\n-int g();\n+int h();\n")
        self.write("src/crypto/digest.cc", "int g();\n")
        self.write("tests/planted/a.patch", patch)
        self.assert_passes()
        self.write("src/crypto/digest.cc", "int f();\n")
        self.assert_only("tests/planted/a.patch", "planted", "does not apply any more")

    # ---- declarations

    def assert_dead(self, name, sentence, header, user=""):
        self.setUp()
        self.add("src/crypto/digest.cc", user)
        self.write("src/sctp/packet.h", header)
        self.assert_only("src/sctp/packet.h:", f"declarations: {name} {sentence}")

    def test_what_is_never_used_is_found(self):
        self.assert_dead("A::f", "is declared and never used", "struct A {\n  int f() { return 1; }\n};\n",
                         "int g(B b) { return b.f; }\nA a;\n")
        self.assert_dead("f", "is declared and never used", "int f(int);\n", "int f(int a) { return a; }\n")
        self.assert_dead("A", "is declared and never used", "class A {\n public:\n  A();\n};\n",
                         "A::A() = default;\n")
        self.assert_dead("A", "is declared and never used", "using A = int;\n")
        self.assert_dead("A::kMost", "is declared and never used",
                         "struct A { static constexpr int kMost = 1; };\n", "A a;\n")

    def test_what_is_never_defined_is_found(self):
        self.assert_dead("A::f", "is declared and never defined", "struct A {\n  int f();\n};\n",
                         "int g(A a) { return a.f(); }\nint B::f() { return 1; }\n")

    def test_what_is_used_without_a_call_passes(self):
        self.write("src/sctp/packet.h", "template <class T>\nvoid f(T);\nint g();\n"
                   "enum Old { kNew };\nstruct A {\n"
                   "  using is_transparent = void;\n  virtual void h() = 0;\n"
                   "  bool operator==(const A&) const = default;\n};\n")
        self.add("src/crypto/digest.cc", "template <class T>\nvoid f(T) {}\n"
                 "int g() { return kNew; }\n"
                 "const Row kRows[] = {{\"g\", g}, {\"f\", &f<int>}};\nvoid i(A& a) { a.h(); }\n")
        self.assert_passes()

    # ---- pages

    def test_a_folder_without_a_readme_is_found(self):
        (self.root / "src/sctp/README.md").unlink()
        self.assert_only("src/sctp: readmes")

    def test_a_file_that_no_page_names_is_found(self):
        self.write("src/sctp/tx/queue.cc", "")
        self.assert_only("src/sctp/README.md: readmes", "src/sctp/tx/queue.cc")

    def test_a_header_names_its_source_and_a_page_below_its_own_files(self):
        self.write("src/sctp/packet.cc", "")
        self.write("src/sctp/tx/queue.cc", "")
        self.write("src/sctp/tx/README.md", "`queue.*`\n")
        self.assert_passes()
        self.write("src/sctp/tx/README.md", "`*.cc`\n")
        self.assert_only("src/sctp/tx/README.md: readmes", "queue.cc")

    def test_references_that_lead_nowhere_are_found(self):
        for name, text, sentence in (
                ("src/sctp/README.md", "[map](../docs/map.md)\n", "there is no ../docs/map.md"),
                ("src/sctp/README.md", "[below](#what-costs)\n", "has no section #what-costs"),
                ("src/sctp/README.md", "[it](../stun/README.md#none)\n", "src/stun/README.md has no section #none"),
                ("src/sctp/README.md", "`docs/map.md`\n", "there is no docs/map.md"),
                ("src/sctp/README.md", "`tests/none/`\n", None),  # the tree has no tests/
                ("src/sctp/packet.h", "// reliability.md has it.\n", "there is no reliability.md"),
                ("src/crypto/digest.cc", "// As in src/crypto/digets.cc.\n", "there is no src/crypto/digets.cc"),
                ("elixir/test/specter_test.exs", "# See elixir/nothing.\n", "there is no elixir/nothing")):
            with self.subTest(text):
                self.setUp()
                self.add(name, text)
                self.assert_only(name, "references", sentence) if sentence else self.assert_passes()

    def test_a_goal_that_the_makefile_does_not_have_is_found(self):
        self.write("Makefile", "build: ## it\n\tcmake\n")
        self.write("docs/page.md", "`make build`, and we make more of it.\n")
        self.assert_passes()
        self.write("docs/page.md", "`make build` and `make bulid X=1`\n")
        self.assert_only("docs/page.md:1: references", "no `make bulid`")
        self.write("docs/page.md", "make build\n\nmake built  # x\n")
        self.assert_only("docs/page.md:3: references", "no `make built`")

    def test_a_link_of_elixir_to_no_guide_is_found(self):
        self.write("elixir/guides/flow.md", "# Flow\n")
        self.write("elixir/lib/a.ex", "See [it](flow.md#flow), [web](https://x.org/y.md) and [gone](gone.md).\n")
        self.assert_only("elixir/lib/a.ex:1: references", "no guide gone.md")

    def test_references_that_lead_somewhere_pass(self):
        self.add("src/sctp/README.md", "# What costs what: `A`\n[a](#what-costs-what-a) [b](../stun/README.md)\n"
                 "[c](https://x.org/#y) `https://x.org/a.md`\n"
                 "`../../src/stun/message.h`, `stun/mess*.h`, `examples/hello`\n")
        self.add("src/sctp/packet.h", "// stun/message.h, message.h; none.md\nauto a = \"some.md\";\n")
        done = self.check()
        self.assertIn("there is no none.md", done.stdout)
        self.assertEqual(done.stdout.count("references"), 1, done.stdout)

    # ---- failures

    FAILURES = ("| row | shown by |\n| --- | --- |\n"
                "| 3 | it fails | `src/stun/message_test.cc`: Message.IsRead, Message.IsWritten |\n")

    def write_failures(self, page=FAILURES, citation="// docs/failures.md row 3\n"):
        self.write("docs/failures.md", page)
        self.add("src/stun/message_test.cc",
                 "TEST(Message, IsRead) {}\nTEST_P(Message, IsWritten) {}\n" + citation)

    def test_rows_that_are_cited_and_their_tests_pass(self):
        self.write_failures(self.FAILURES + "| 4 | y | `elixir/test/specter_test.exs`: \"x\" |\n",
                            "// docs/failures.md rows 3 and 4\n// the W3C's row 5\n")
        self.assert_passes()

    def test_a_citation_of_no_row_is_found(self):
        self.write_failures(citation="// docs/failures.md rows 3, 4\n")
        self.assert_only("src/stun/message_test.cc:6: failures", "cites row 4")

    def test_a_planted_bug_of_no_row_is_found(self):
        self.write_failures()
        self.write("tests/planted/one.patch", "what: x\nfrom: row 5\n"
                   "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n")
        self.assert_only("tests/planted/one.patch: failures", "cites row 5")

    def test_a_citation_of_no_list_is_found(self):
        self.write_failures(citation="// Row 3: it fails.\n")
        self.assert_only("src/stun/message_test.cc:6: failures", "of which list")

    def test_a_row_of_a_test_that_is_gone_is_found(self):
        self.write_failures(self.FAILURES.replace("IsWritten", "IsWriten"))
        self.assert_only("docs/failures.md: failures", "row 3 names Message.IsWriten")

    def test_a_row_without_a_test_and_a_row_that_comes_twice_are_found(self):
        self.write_failures(self.FAILURES + "| 4 | y | nothing |\n")
        self.assert_only("docs/failures.md: failures", "row 4 names no test")
        self.write("docs/failures.md", self.FAILURES + self.FAILURES.splitlines()[2] + "\n")
        self.assert_only("docs/failures.md: failures", "has row 3 twice")

    # ---- errors

    ERRORS = "| code | | | | |\n| --- | --- | --- | --- | --- |\n| `Timeout` | Timeout | none | late | wait |\n"

    def write_errors(self, page):
        self.write("include/specter/error.h", "enum class ErrorCode {\n  /// Late, not Early,\n  Timeout,\n};\n")
        self.write("docs/errors.md", page)

    def test_a_row_for_each_code_passes(self):
        self.write_errors(self.ERRORS)
        self.assert_passes()

    def test_a_code_without_a_row_is_found(self):
        self.write_errors(self.ERRORS.replace("Timeout` |", "Timeout |"))
        self.assert_only("docs/errors.md: errors", "0 rows of Timeout")

    def test_a_row_of_no_code_is_found(self):
        self.write_errors(self.ERRORS + "| `Late` | Late | none | late | wait |\n")
        self.assert_only("docs/errors.md: errors", "a row of Late")

    def test_a_row_without_a_cure_is_found(self):
        self.write_errors(self.ERRORS.replace("| wait |", "| |"))
        self.assert_only("docs/errors.md: errors", "cause and cure of Timeout")

    # ---- the W3C's rows

    ROWS = "| 1, 3 to 7 | `Row1And3To7_Do` |\n| 2 | `Row2_Does` |\n| 8 to 281 | media |\n"

    def write_rows(self, table, tests="TEST(W3cRows, Row1And3To7_Do) {\nTEST_F(W3cRows, Row2_Does) {"):
        self.write("docs/w3c-rows.md", "| rows | shown by |\n| --- | --- |\n" + table)
        self.write("src/stun/rows_test.cc", tests)

    def test_a_whole_table_of_rows_passes(self):
        self.write_rows(self.ROWS)
        self.assertEqual(self.check().returncode, 0, self.check().stdout)

    def test_a_row_that_is_forgotten_is_found(self):
        self.write_rows(self.ROWS.replace("8 to 281", "8 to 99, 101 to 281"))
        self.assert_only("docs/w3c-rows.md: rows", "row 100")

    def test_a_row_that_is_none_is_found(self):
        self.write_rows(self.ROWS.replace("8 to 281", "8 to 282"))
        self.assert_only("docs/w3c-rows.md: rows", "row 282")

    def test_a_test_of_a_row_without_a_line_is_found(self):
        self.write_rows(self.ROWS.replace("`Row2_Does`", "left out"))
        self.assert_only("docs/w3c-rows.md: rows", "Row2_Does")

    def test_a_line_with_other_rows_than_its_test_is_found(self):
        self.write_rows(self.ROWS.replace("| 2 |", "| 2, 9 |"))
        self.assert_only("docs/w3c-rows.md: rows", "Row2_Does")

    def test_a_line_of_a_test_that_is_gone_is_found(self):
        self.write_rows(self.ROWS, "TEST(W3cRows, Row1And3To7_Do) {")
        self.assert_only("docs/w3c-rows.md: rows", "Row2_Does, which is no test")

    # ---- what a build shows

    def build(self, sources, exported):
        """Compiles each module's source, as CMake would, and a shared library of `exported`."""
        cxx = os.environ.get("CXX", "c++")
        for module, text in sources.items():
            self.write(f"src/{module}/part.cc", text)
            self.add(f"src/{module}/README.md", "`part.cc`\n")
        (self.root / "src/crypto/digest.cc").unlink()
        self.write("src/crypto/README.md", "")
        for module in sources:
            folder = self.root / "out/src" / module
            folder.mkdir(parents=True)
            subprocess.run([cxx, "-std=c++20", "-c", self.root / f"src/{module}/part.cc", "-o",
                            folder / "part.o"], check=True)
            subprocess.run(["ar", "qcs", folder / f"libspecter_{module}.a", folder / "part.o"],
                           check=True)
        shown = self.root / "shown.c"
        shown.write_text("".join(f"void {name}(void) {{}}\n" for name in exported))
        subprocess.run([cxx, "-x", "c", "-shared", "-fPIC", "-nostdlib", shown, "-o",
                        self.root / "out/src/libspecter.so"], check=True)
        shown.unlink()
        return ["--build", self.root / "out"]

    PUBLIC = ["_ZN7specter7versionEv", "_ZTVN7specter4core14PeerConnectionE",
              "_ZNK7specter7Mailbox4sizeEv"]

    def test_a_core_that_is_told_everything_passes(self):
        arguments = self.build({"stun": "#include <vector>\nextern \"C\" int inet_pton(int, const char*, void*);\n"
                                        "int f(std::vector<int> v) { v.push_back(1); return inet_pton(v[0], nullptr, nullptr); }\n"},
                               self.PUBLIC)
        done = self.check(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_core_that_reaches_out_is_found(self):
        for what, text in {
            "clock_gettime": 'extern "C" int clock_gettime(int, void*);\nint f() { return clock_gettime(0, nullptr); }\n',
            "std::chrono::_V2::steady_clock::now": "#include <chrono>\nauto f() { return std::chrono::steady_clock::now(); }\n",
            "sendto": '#include <sys/socket.h>\nauto f() { return sendto(0, nullptr, 0, 0, nullptr, 0); }\n',
            "pthread_create": '#include <pthread.h>\nauto f() { return pthread_create(nullptr, nullptr, nullptr, nullptr); }\n',
            "std::random_device::_M_getval": "#include <random>\nauto f(std::random_device& d) { return d(); }\n",
            "RAND_bytes": 'extern "C" int RAND_bytes(unsigned char*, int);\nint f() { return RAND_bytes(nullptr, 0); }\n',
            "nanosleep": '#include <time.h>\nint f() { return nanosleep(nullptr, nullptr); }\n',
        }.items():
            with self.subTest(what):
                self.setUp()
                arguments = self.build({"stun": text}, self.PUBLIC)
                self.assert_only("src/stun: symbols", f"calls {what}", arguments=arguments)

    def test_io_may_reach_out(self):
        arguments = self.build({"io": '#include <time.h>\nauto f() { return time(nullptr); }\n'},
                               self.PUBLIC)
        self.assertEqual(self.check(*arguments).returncode, 0)

    def test_a_library_that_was_not_built_is_no_pass(self):
        arguments = self.build({"stun": "int f() { return 1; }\n"}, self.PUBLIC)
        (self.root / "out/src/stun/libspecter_stun.a").unlink()
        self.assert_only("symbols: is not built", arguments=arguments)

    def test_foreign_symbols_in_the_shared_library_are_found(self):
        for symbol, sentence in {
            "_ZN3fmt2v97vformatEv": "not of namespace specter",
            "SSL_new": "not of namespace specter",
            "_ZN7specter4sctp6PacketC1Ev": "of a module",
        }.items():
            with self.subTest(symbol):
                self.setUp()
                arguments = self.build({"stun": "int f() { return 1; }\n"}, self.PUBLIC + [symbol])
                self.assert_only("exports", symbol, sentence, arguments=arguments)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
