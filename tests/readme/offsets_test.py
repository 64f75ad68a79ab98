"""Compares the tables of docs/formats/arena.md with the compiler's layout: every field, its offset and its size.

A table belongs to a struct when `<!-- struct NAME -->` or `<!-- struct NAME at OFFSET -->` stands before it. The program
is tests/wasm/offsets.cpp.

Usage: offsets_test.py ARENA_MD LAYOUT_TABLE
"""
import pathlib
import re
import struct
import subprocess
import sys

ROW = struct.Struct("<56sII")
SIZES = {"char": 1, "u8": 1, "u16": 2, "u32": 4, "u64": 8}
NOT_TABLES = {"header"}  # told in words


def compiled(program):
    """{struct: {field: (offset, size)}}"""
    structs = {}
    for name, offset, size in ROW.iter_unpack(subprocess.run([program], stdout=subprocess.PIPE, check=True).stdout):
        text = name.rstrip(b"\0").decode()
        if "." in text:
            owner, field = text.split(".")
            structs[owner][field] = (offset, size)
        elif "layout table" not in text:
            structs[text] = {}
    return structs


def size_of(kind):
    base, *dimensions = re.findall(r"\w+", kind)
    size = SIZES[base]
    for count in dimensions:
        size *= int(count)
    return size


def documented(page):
    structs = {}
    for match in re.finditer(r"^<!-- struct (\w+)(?: at (\d+))? -->\n((?:\|[^\n]*\n)+)", page, re.MULTILINE):
        base = int(match.group(2) or 0)
        fields = {}
        for line in match.group(3).splitlines()[2:]:
            offset, kind, field = [cell.strip() for cell in line.strip("|").split("|")][:3]
            fields[field.strip("`")] = (int(offset) - base, size_of(kind))
        structs[match.group(1)] = fields
    return structs


def main():
    page = documented(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    code = {name: fields for name, fields in compiled(sys.argv[2]).items() if name not in NOT_TABLES}
    failures = 0
    for name in sorted(page.keys() | code.keys()):
        for field in sorted(page.get(name, {}).keys() | code.get(name, {}).keys()):
            told, is_so = page.get(name, {}).get(field), code.get(name, {}).get(field)
            if told != is_so:
                failures += 1
                print(f"{name}.{field}: the page says (offset, size) {told}, the compiler {is_so}")
    print(f"{sum(map(len, page.values()))} fields of {len(page)} structs, {failures} differ")
    return 1 if failures or not page else 0


if __name__ == "__main__":
    sys.exit(main())
