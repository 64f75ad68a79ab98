"""clang-tidy over what compile_commands.json names in src/, apps/ and include/, in parallel.

A file that passed is remembered in <build>/tidy under a hash of the settings, of its command and of the content of all
files that it includes from the tree, so that only what changed is looked at again. Public and detail headers that no
source includes are checked through a source of one line.

Sources that only the WebAssembly module has are looked at with the commands of DIR2.

Usage: tidy.py --build DIR [--also DIR2] [--jobs N] [FILE...]
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import shlex
import subprocess
import sys

TIDY = "clang-tidy-19"
ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("src/", "apps/")
# A quarter of the states of one function that the analyzer would look at: src/store/store.cpp takes 20 s, not 65.
ANALYZER = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", "max-nodes=50000")]
# Refs are looked up in a memory there, so that the analyzer takes any node for missing and any height for possible.
UNKNOWN_NODES = "--checks=" + ",".join(
    f"-clang-analyzer-core.{name}" for name in ("BitwiseShift", "NonNullParamChecker", "NullDereference")
)
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.MULTILINE)


def reach(file, seen):
    """Adds to `seen` the file and all files of the tree that it includes."""
    if file in seen:
        return
    seen.add(file)
    for text in INCLUDE.findall(file.read_bytes()):
        name = text.decode()
        for candidate in (file.parent / name, ROOT / "include" / name, ROOT / name):
            if candidate.is_file():
                reach(candidate.resolve(), seen)
                break


def commands(build):
    """file -> compile command, for the first command of each source in FOLDERS."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if file.is_relative_to(ROOT) and str(file.relative_to(ROOT)).startswith(FOLDERS):
            found.setdefault(file, entry["command"])
    return found


def header_sources(build, sources):
    """One-line sources for headers that no source reaches; clang-tidy borrows a neighbour's command for them."""
    seen = set()
    for source in sources:
        reach(source, seen)
    folder = build / "tidy" / "headers"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.cpp"):
        stale.unlink()
    made = {}
    for header in sorted((ROOT / "include").rglob("*.hpp")):
        if header not in seen:
            name = str(header.relative_to(ROOT / "include"))
            file = folder / (name.replace("/", "_") + ".cpp")
            file.write_text(f'#include "{name}"\n')
            made[file] = f"clang++-19 -std=c++20 -I{ROOT}/include -I{ROOT}"
    return made


def key_of(file, command, settings):
    files = set()
    reach(file, files)
    digest = hashlib.sha256(settings + command.encode())
    for item in sorted(files):
        digest.update(str(item).encode() + b"\0" + item.read_bytes())
    return digest.hexdigest()


def examine(file, command, build, database):
    """(passed, output) of clang-tidy on one file, which `database` has if it was not made here."""
    call = [TIDY, "--quiet", "--warnings-as-errors=*", *ANALYZER]
    if file.is_relative_to(build / "tidy"):
        call += [str(file), "--", *shlex.split(command)[1:]]
    else:
        call += ["-p", str(database), str(file)]
    if database != build:
        call.append(UNKNOWN_NODES)
    run = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    # Standard error holds a count of suppressed warnings when all is well.
    return run.returncode == 0, run.stdout if run.returncode in (0, 1) and run.stdout else run.stdout + run.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--also", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    build = arguments.build.resolve()

    work = commands(build)
    only_also = {}
    if arguments.also:
        also = arguments.also.resolve()
        only_also = {file: command for file, command in commands(also).items() if file not in work}
        work.update(only_also)
    work.update(header_sources(build, list(work)))
    if arguments.files:
        wanted = {file.resolve() for file in arguments.files}
        work = {file: command for file, command in work.items() if file in wanted}
    if not work:
        print("tidy: no files", file=sys.stderr)
        return 1

    settings = (ROOT / ".clang-tidy").read_bytes() + " ".join(ANALYZER).encode()
    passed_folder = build / "tidy" / "passed"
    passed_folder.mkdir(parents=True, exist_ok=True)
    keys = {file: key_of(file, command, settings) for file, command in work.items()}
    due = [file for file in work if not (passed_folder / keys[file]).exists()]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        futures = {
            pool.submit(examine, file, work[file], build, also if file in only_also else build): file for file in due
        }
        for future in concurrent.futures.as_completed(futures):
            passed, output = future.result()
            if passed:
                (passed_folder / keys[futures[future]]).touch()
            else:
                failed += 1
                print(output, flush=True)
    print(f"tidy: {len(work)} files, {len(due)} examined, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
