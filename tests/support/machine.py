"""What a test needs of the machine. If it is missing, the test is skipped with a message; in
continuous integration, whose machines have everything, the test fails instead.

    import machine
    machine.need(os.geteuid() == 0, "network namespaces need root")    # the whole program
    machine.without("a terminal")                                      # a part of it: the rest is tested
"""

import os
import pty
import sys

SKIPPED = 77  # CTest's SKIP_RETURN_CODE, in tests/CMakeLists.txt


def is_ci():
    """.ci/run says so."""
    return os.environ.get("SPECTER_CI", "") not in ("", "0")


def need(has, sentence):
    """Ends the program, unless `has`."""
    if has:
        return
    if is_ci():
        print(f"FAILED  {sentence}; a machine of CI has it (SPECTER_CI is set)", flush=True)
        sys.exit(1)
    print(f"skipped: {sentence}", flush=True)
    sys.exit(SKIPPED)


def terminal():
    """Both ends of a new one, or None where the machine makes none: without /dev/pts."""
    try:
        return pty.openpty()
    except OSError as error:
        without(f"what a terminal is shown: this machine has none for us ({error})")
        return None


def without(sentence):
    """Says that a part was left out; that is no failure: what CI must have is asked for by need()."""
    print(f"left out: {sentence}", flush=True)
