"""What the compiled core calls, and what the shared library exports."""

import re
import subprocess

from .tree import CORE

# Functions that the core may not call, as nm -C spells them without arguments. inet_pton and inet_ntop only
# read and write text; calls inside libssl are not checked.
FORBIDDEN = {
    "a clock": r"clock_gettime|clock|time|ftime|times|gettimeofday|timespec_get|localtime(_r)?"
               r"|std::chrono::.*::now|X509_gmtime_adj|X509_cmp_current_time",
    "waiting": r"sleep|usleep|nanosleep|clock_nanosleep|poll|ppoll|select|pselect|epoll_\w+",
    "a socket": r"socket|socketpair|bind|connect|listen|accept4?|shutdown|setsockopt|getsockopt"
                r"|getsockname|getpeername|send(to|msg|mmsg)?|recv(from|msg|mmsg)?"
                r"|getaddrinfo|gethostby\w+|getifaddrs|if_nametoindex",
    "a thread": r"pthread_\w+|thrd_\w+|mtx_\w+|std::(thread|mutex|condition_variable|jthread)::.*"
                r"|std::this_thread::.*|std::__detail::_Async.*|std::__future_base::.*",
    "entropy": r"getrandom|getentropy|arc4random\w*|s?random(_r)?|s?rand(_r)?|[djlmn]rand48"
               r"|std::random_device::.*|RAND_\w+",
    "the system": r"open(at|64)?|fopen(64)?|std::basic_i?o?fstream.*|(secure_)?getenv|fork|system"
                  r"|exec\w+|syscall|signal|sigaction",
}
# Exceptions, each with its reason.
ALLOWED = {
    ("crypto", "RAND_set_DRBG_type"): "makes OpenSSL draw from our Random, in a context of our own",
    ("crypto", "RAND_set_seed_source_type"): "the same",
}

LOCAL = re.compile(r"_Z(?:T[ISV])?NK?7specter(\d+)(\w+)")


def symbols(tree):
    rules = [(what, re.compile(rf"(?:{names})$")) for what, names in FORBIDDEN.items()]
    for name in CORE:
        has_sources = any(f.startswith(f"src/{name}/") and f.endswith(".cc")
                          and not f.endswith("_test.cc") for f in tree.files)
        if not has_sources:
            continue
        library = tree.build / "src" / name / f"libspecter_{name}.a"
        if not library.is_file():
            tree.error(library, "symbols", "is not built")
            continue
        calls = nm("-C", "-u", library)
        for symbol in sorted(set(re.findall(r"^\s+[Uvw] (.+)$", calls, re.M))):
            plain = re.sub(r"\(.*", "", symbol)
            for what, rule in rules:
                if rule.match(plain) and (name, plain) not in ALLOWED:
                    tree.error(f"src/{name}", "symbols", f"calls {symbol}: {what} is for "
                               "src/io and above")


def exports(tree):
    library = tree.build / "src" / "libspecter.so"
    if not library.is_file():
        tree.error(library, "exports", "is not built")
        return
    shown = [line.split()[-1].split("@")[0]
             for line in nm("-D", "--defined-only", library).splitlines()]
    if not shown:
        tree.error(library, "exports", "shows nothing at all")
    for symbol in shown:
        found = LOCAL.match(symbol)
        if not found:
            tree.error(library, "exports", f"{symbol} is not of namespace specter")
        elif found.group(2)[: int(found.group(1))] in tree.modules:
            tree.error(library, "exports", f"{symbol} is of a module, not of the public API")


def nm(*arguments):
    return subprocess.run(["nm", *map(str, arguments)], capture_output=True, text=True,
                          check=True).stdout
