"""An #include names only lower folders, and only those that the folder's CMakeLists.txt lists."""

import re

from .tree import HEIGHT, INCLUDE, PUBLIC_HEIGHT

# Headers of other libraries, and the CMake target that lets a module include them.
LIBRARIES = [
    (r"openssl/", r"OpenSSL::"),
    (r"intel-ipsec-mb", r"IpsecMb::"),
    (r"asio\b", r"Asio::"),
    (r"nlohmann/", r"nlohmann_json"),
    (r"fmt/", r"(specter::)?fmt"),
    (r"CLI/", r"CLI11::"),
    (r"xxhash", r"Xxhash::"),
    (r"srtp2/", r"Srtp2::"),
    (r"ogg/", r"Ogg::"),
    (r"(gtest|gmock)/", r"GTest::"),
]


def includes(tree):
    for module in tree.modules.values():
        check_links(tree, module)
    for name in tree.files:
        if name.startswith("include/specter/") and stem(name) not in PUBLIC_HEIGHT:
            tree.error(name, "includes", "has no height: give it one in scripts/checks/tree.py")
    check_test_headers(tree)
    for name, text in tree.files.items():
        if not name.endswith((".h", ".cc")):
            continue
        top, *rest = name.split("/")
        for number, line in enumerate(text.splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            where, header = f"{name}:{number}", found.group(1)
            if top == "src" and len(rest) > 1:
                check_module_include(tree, where, name, tree.modules[rest[0]], header)
            elif top == "include":
                check_public_include(tree, where, name, header)
            elif top == "examples" or name.startswith("elixir/c_src/"):
                if header.split("/")[0] in tree.modules:
                    tree.error(where, "includes", f"{header} is inside the library; users have "
                               "only include/specter")


def check_links(tree, module):
    where = f"src/{module.name}/CMakeLists.txt"
    if module.name == "testing":
        return
    if module.name not in HEIGHT:
        tree.error(where, "includes", f"{module.name} has no place in the picture: give it a "
                   "height in scripts/checks/tree.py and a line in docs/architecture.md")
        return
    for link in module.links:
        if link not in tree.modules:
            tree.error(where, "includes", f"links {link}, which src/ does not have")
        elif link == "testing":
            tree.error(where, "includes", "links testing, which is for TEST_LINKS")
        elif HEIGHT.get(link, 0) >= HEIGHT[module.name]:
            tree.error(where, "includes", f"links {link}, which does not stand below it")


def check_test_headers(tree):
    """Headers that only tests include are in src/<module>/testing/."""
    for name in sorted(tree.tests):
        if name.startswith("src/") and name.endswith(".h") and "/testing/" not in name:
            module = name.split("/")[1]
            tree.error(name, "includes", f"only tests include it: its place is src/{module}/testing/")


def check_module_include(tree, where, name, module, header):
    first = header.split("/")[0]
    is_test = name in tree.tests
    if first == "specter":
        check_public_height(tree, where, header, HEIGHT.get(module.name, HEIGHT["api"]))
    elif first in tree.modules:
        linked = closure(tree, [module.name] + (module.test_links if is_test else []))
        # The simulated world is for tests and `specter sim`, and its servers are those of tests.
        if "/testing/" in header and not is_test and module.name != "world":
            tree.error(where, "includes", f"{header} is for tests")
        if first not in linked:
            tree.error(where, "includes", f"{module.name} does not link {first}"
                       f"{' (TEST_LINKS)' if is_test else ''}")
    else:
        for pattern, target in LIBRARIES:
            if not re.match(pattern, header) or (is_test and "GTest" in target):
                continue
            # PUBLIC libraries of the modules below are included; PRIVATE ones belong to the folder alone.
            targets = module.private + [t for m in closure(tree, [module.name])
                                        for t in tree.modules[m].public]
            if is_test:
                targets += module.test_libraries
                targets += [t for m in closure(tree, module.test_links)
                            for t in tree.modules[m].public]
            if not any(re.match(target, t) for t in targets):
                tree.error(where, "includes", f"{module.name} does not link {target}…")


def check_public_include(tree, where, name, header):
    if header.startswith("specter/"):
        check_public_height(tree, where, header, PUBLIC_HEIGHT.get(stem(name), HEIGHT["api"]))
    elif "/" in header or "." in header:
        tree.error(where, "includes", f"{header}: public headers include only the standard "
                   "library and each other")


def check_public_height(tree, where, header, height):
    if not (tree.root / "include" / header).is_file():
        tree.error(where, "includes", f"there is no public header {header}")
    elif PUBLIC_HEIGHT.get(stem(header), 0) > height:
        tree.error(where, "includes", f"{header} stands above it")


def stem(path):
    return path.rpartition("/")[2].removesuffix(".h")


def closure(tree, names):
    seen, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name not in seen and name in tree.modules:
            seen.add(name)
            todo += tree.modules[name].links
    return seen
