"""Runs gdb with the printers on gdb_program, and compares what it prints.

Where gdb may not start programs (no ptrace), or is missing, says so and ends with status 77, which ctest takes for "skipped".

Usage: gdb_test.py PRINTERS PROGRAM
"""
import re
import shutil
import subprocess
import sys

SKIPPED = 77
SHOWN = {
    "empty": "coppice::map of 0 elements",
    "ages": 'coppice::map of 1 element = {["ada"] = 36}',
    "small": "coppice::set of 1 element = {5 '\\005'}",
    "aligned": "coppice::map of 1 element = {[1] = {number = 2}}",
    "nested": "coppice::map of 1 element = {[1] = coppice::set of 1 element = {2}}",
    "transient": 'transient coppice::map of 1 element = {["ada"] = 36}',
}


def gdb(*commands):
    arguments = [argument for command in commands for argument in ("-ex", command)]
    return subprocess.run(["gdb", "-nx", "-batch", "-ex", "set auto-load safe-path /", *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=150, check=False).stdout


def skip(reason):
    print(f"skipped: {reason}")
    return SKIPPED


def pairs_of(text):
    return [(int(key), int(value)) for key, value in re.findall(r"\[(\d+)\] = (-?\d+)", text)]


def main():
    printers, program = sys.argv[1:]
    if shutil.which("gdb") is None:
        return skip("there is no gdb")
    if "works" not in gdb("python print('works')"):
        return skip("this gdb has no Python")
    start = gdb("file /bin/true", "starti")
    if "Program stopped" not in start:
        return skip("gdb cannot start programs here; is ptrace forbidden?\n" + start)

    names = [*SHOWN, "shared", "many", "tiny"]
    prints = [command for name in names for command in (f"echo @{name}@", f"print {name}")]
    output = gdb(f"file {program}", f"source {printers}", "set print elements 0", "break stop", "run", "up", *prints)
    values = dict(re.findall(r"@(\w+)@\$\d+ = (.*)", output))
    failures = []
    for name, text in SHOWN.items():
        if values.get(name) != text:
            failures.append(f"{name}: expected {text}, printed {values.get(name)}")
    if not re.match(r"coppice::set of 1 element = {std::shared_ptr<int> \(use count 1.*get\(\) = 0x\w+}}", values.get("shared", "")):
        failures.append(f"shared: printed {values.get('shared')}")
    if sorted(pairs_of(values.get("many", ""))) != [(i, i * i) for i in range(5000)]:
        failures.append(f"many: printed {values.get('many', '')[:500]}")
    if sorted(pairs_of(values.get("tiny", ""))) != [(i, -i) for i in range(100)]:
        failures.append(f"tiny: printed {values.get('tiny', '')[:500]}")
    failures += damage(printers, program)
    print("\n".join(failures) + f"\n{output}" if failures else f"{len(names)} collections printed")
    return 1 if failures else 0


def damage(printers, program):
    """Before main() has run, variables hold anything: the printers must say so and nothing worse."""
    output = gdb(f"file {program}", f"source {printers}", "break main", "run", "set var *(long*)&many = 8", "print many",
                 "set var *(long*)&many = (long)&main", "print many")
    return [] if output.count("coppice::map, unreadable: ") == 2 else [f"damaged collections:\n{output}"]


if __name__ == "__main__":
    sys.exit(main())
