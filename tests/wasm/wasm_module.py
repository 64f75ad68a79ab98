"""Reads of a WebAssembly binary what the tests ask: its imports."""
import dataclasses

KINDS = ("function", "table", "memory", "global", "tag")
IMPORT = 2


@dataclasses.dataclass(frozen=True)
class Import:
    module: str
    name: str
    kind: str
    shared: bool = False  # of a memory


class Reader:
    """A cursor over bytes, in the encoding of the WebAssembly binary format."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def take(self, length):
        if self.at + length > len(self.data):
            raise ValueError("truncated module")
        self.at += length
        return self.data[self.at - length:self.at]

    def unsigned(self):
        """An unsigned LEB128 number."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def name(self):
        return self.take(self.unsigned()).decode()

    def limits(self):
        """Skips the limits of a table or memory; returns their flags."""
        flags = self.byte()
        self.unsigned()
        if flags & 1:
            self.unsigned()
        return flags


def sections(data):
    """Yields (id, bytes) for each section."""
    if data[:8] != b"\0asm\1\0\0\0":
        raise ValueError("not a WebAssembly module of version 1")
    reader = Reader(data)
    reader.at = 8
    while reader.at < len(data):
        number = reader.byte()
        yield number, reader.take(reader.unsigned())


def imports(data):
    found = []
    for number, body in sections(data):
        if number != IMPORT:
            continue
        reader = Reader(body)
        for _ in range(reader.unsigned()):
            module, name, kind = reader.name(), reader.name(), KINDS[reader.byte()]
            shared = False
            if kind == "function":
                reader.unsigned()
            elif kind == "table":
                reader.byte()
                reader.limits()
            elif kind == "memory":
                shared = bool(reader.limits() & 2)
            elif kind == "global":
                reader.take(2)
            else:
                reader.byte()
                reader.unsigned()
            found.append(Import(module, name, kind, shared))
    return found
