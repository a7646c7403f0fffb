"""tests/planted: each patch applies to the current tree."""

import subprocess


def planted(tree):
    patches = [name for name in tree.names
               if name.startswith("tests/planted/") and name.endswith(".patch")]
    for name in patches:
        git = subprocess.run(["git", "apply", "--check", "--unsafe-paths", name], cwd=tree.root,
                             capture_output=True, text=True)
        if git.returncode:
            tree.error(name, "planted", "does not apply any more: " + git.stderr.splitlines()[0])
