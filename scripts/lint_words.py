"""Words and marks that no file of the tree may hold: unfinished work, and paths of somebody's own machine."""
import re
import subprocess
import sys

# (pattern, folders where it is allowed). Written so that this file does not match itself.
RULES = [
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b"), ("docs/",)),
    (re.compile(r"(?<![\w.}$])/(work|root|home/\w+)" r"/"), ()),
    (re.compile(r"^(<{7} |={7}$|>{7} )"), ()),
    (re.compile(r"[ \t]+$"), ("docs/", "fuzz/corpus/")),
    (re.compile(r"\t"), ("Makefile", "docs/", "fuzz/corpus/", "tests/data/")),
]


def main():
    listing = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             check=True, capture_output=True, text=True).stdout
    found = 0
    for name in filter(None, listing.split("\0")):
        try:
            with open(name, encoding="utf-8") as file:
                lines = file.read().split("\n")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # binary, or deleted and not yet committed
        for number, line in enumerate(lines, 1):
            for pattern, allowed in RULES:
                match = pattern.search(line)
                if match and not name.startswith(allowed):
                    print(f"{name}:{number}: {match.group()!r} does not belong here")
                    found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
