"""Runs an example and compares its output with the `// Prints:` lines of its source.

Usage: example_test.py SOURCE PROGRAM
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile


def expected_output(source):
    text = pathlib.Path(source).read_text(encoding="utf-8")
    shown = re.search(r"^// Prints:\n((?://   [^\n]*\n)+)", text, re.MULTILINE)
    if not shown:
        sys.exit(f"{source} has no '// Prints:' lines")
    return "".join(line[len("//   "):] + "\n" for line in shown.group(1).splitlines())


def main():
    source, program = sys.argv[1:]
    expected = expected_output(source)
    shared = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="coppice-example-", dir=shared) as stores:
        done = subprocess.run([program], env=dict(os.environ, COPPICE_DIR=stores), stdout=subprocess.PIPE, text=True,
                              timeout=120, check=False)
        left = os.listdir(stores)
    if done.returncode != 0 or done.stdout != expected or left:
        print(f"exit status {done.returncode}; left behind: {left}; expected:\n{expected}printed:\n{done.stdout}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
