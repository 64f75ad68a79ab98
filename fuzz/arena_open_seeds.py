#!/usr/bin/env python3
"""Writes the first corpus of arena_open_fuzz.cpp: one small change to each kind of field, and a few truncations.

Usage: arena_open_seeds.py DIRECTORY
"""
import pathlib
import sys

SET, XOR, ADD, FILL = range(4)
HEADER, RECORD_DIRECTORY, SEGMENT_DIRECTORY, SLOTS, METADATA, RECORDS, NODES, MORE_NODES = range(8)


def change(area, position, kind, operand):
    return bytes([area | kind << 3]) + position.to_bytes(3, "little") + bytes([operand])


def seed(*changes, history=False, checksum=False, cut=None):
    flags = history | checksum << 1 | (cut is not None) << 2
    return bytes([flags, cut or 0]) + b"".join(changes)


def seeds():
    for history in (False, True):
        yield seed(history=history)
        for cut in (0, 1, 100, 159, 170):
            yield seed(history=history, cut=cut)
    for field in (0, 8, 12, 16, 24, 48, 49, 50, 52, 56, 60, 64, 112):  # the identity
        yield seed(change(HEADER, field, ADD, 1), checksum=True)
    yield seed(change(HEADER, 24, XOR, 1))
    for word in range(128, 512, 8):  # the control words
        yield seed(change(HEADER, word, XOR, 0xFF), change(HEADER, word + 4, FILL, 0xFF), history=word % 16 == 0)
    for area in (RECORD_DIRECTORY, SEGMENT_DIRECTORY):
        for operand in (0, 1, 16, 0xFF):
            yield seed(change(area, 0, SET, operand))
    for position in (0, 4, 8, 12, 64, 72, 512, 520, 524):
        yield seed(change(SLOTS, position, XOR, 0x11), history=True)
    for block in (0, 7, 8, 16, 17):
        for state in range(9):
            yield seed(change(METADATA, block * 8, SET, state), history=True)
    for position in range(0, 128, 8):
        yield seed(change(RECORDS, position, ADD, 1), history=True)
    for position in range(0, 4096, 512):
        yield seed(change(NODES, position, XOR, 0x04))
        yield seed(change(MORE_NODES, position * 40, FILL, 0xFF), history=True)


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(seeds()):
        (directory / f"seed-{number:03}").write_bytes(content)


if __name__ == "__main__":
    main()
