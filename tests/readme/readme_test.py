"""Runs the examples of README.md or another page as they stand, against an installed tree, and compares what they print
with what is shown.

- A ```cpp block whose first line is `// NAME.cpp` is a program, saved under that name.
- ```console blocks are one shell session, in order: `$ command`, `> continuation`, anything else is output (of both
  streams). `<!-- figures vary -->` before a block: numbers, units and spaces are not compared.
  Those that run JavaScript are left to packages/coppice/test/package, which has the package and Node.
- ```sh blocks are scripts; each says `<!-- not run: reason -->` or is run and must succeed.

Usage: readme_test.py PAGE BUILD_DIRECTORY LIBRARY_DIRECTORY
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"(?:^<!-- (?P<remark>[^\n]*?) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def commands_of(text):
    """[(command, output shown)] of a console block."""
    found = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], []])
        elif line.startswith("> ") and not found[-1][1]:
            found[-1][0] += "\n" + line[2:]
        else:
            found[-1][1].append(line)
    return [(command, "\n".join(shown)) for command, shown in found]


def without_figures(text):
    text = re.sub(r"\d[\d.,]*", "0", text)
    text = re.sub(r"0 ([KMG]i)?B\b", "0 B", text)
    return re.sub(r"[ \t]+", " ", text)


def run_session(commands, folder, environment):
    """The output of each command, all of them run by one shell."""
    mark = "-- end of a command --"
    script = "".join(f"{command}\nstatus=$?; echo; echo '{mark}'; (exit $status)\n" for command in commands)
    done = subprocess.run(["bash"], input=script, cwd=folder, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=150, check=False)
    return [output.strip("\n") for output in done.stdout.split(mark + "\n")][:len(commands)]


def main():
    readme, build, libdir = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    blocks = [match.groupdict() for match in BLOCK.finditer(readme.read_text(encoding="utf-8"))]
    work = pathlib.Path(tempfile.mkdtemp(prefix="coppice-readme-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        prefix, folder, stores = work / "prefix", work / "folder", work / "stores"
        folder.mkdir()
        stores.mkdir(mode=0o700)
        subprocess.run(["cmake", "--install", build, "--prefix", str(prefix)], check=True, stdout=subprocess.DEVNULL)
        environment = dict(os.environ, COPPICE_DIR=str(stores), LC_ALL="C.UTF-8", PATH=f"{prefix}/bin:{os.environ['PATH']}",
                           PKG_CONFIG_PATH=f"{prefix}/{libdir}/pkgconfig", LD_LIBRARY_PATH=f"{prefix}/{libdir}")
        return check(blocks, folder, environment)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def check(blocks, folder, environment):
    session, failures, programs = [], 0, 0
    for block in blocks:
        remark = block["remark"] or ""
        if block["language"] == "cpp":
            name = re.match(r"// (\w+\.cpp)\n", block["text"])
            if not name:
                print(f"a C++ example does not begin with its file's name:\n{block['text']}")
                failures += 1
                continue
            (folder / name.group(1)).write_text(block["text"], encoding="utf-8")
            programs += 1
        elif block["language"] == "console" and not block["text"].startswith("$ node "):
            session += [(*each, remark == "figures vary") for each in commands_of(block["text"])]
        elif block["language"] == "sh" and not remark.startswith("not run: "):
            session.append((f"set -e\n{block['text']}set +e", None, False))
    outputs = run_session([command for command, _, _ in session], folder, environment)
    outputs += ["(the session ended before)"] * (len(session) - len(outputs))
    for (command, shown, figures_vary), output in zip(session, outputs):
        if shown is None:
            continue
        same = without_figures(shown) == without_figures(output) if figures_vary else shown == output
        if not same:
            failures += 1
            print(f"$ {command}\nthe page shows:\n{shown}\nbut it printed:\n{output}\n")
    print(f"{programs} programs, {len(session)} commands, {failures} differ")
    return 1 if failures or not programs or not session else 0


if __name__ == "__main__":
    sys.exit(main())
