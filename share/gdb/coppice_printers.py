"""Pretty-printers for gdb: shows what a persistent collection holds.

    (gdb) source PREFIX/share/coppice/gdb/coppice_printers.py
    (gdb) print ages
    $1 = coppice::map of 2 elements = {["ada"] = 36, ["alan"] = 41}

Nodes are read from the memory of the program, which need not run: core files work. Their layout is that of
include/coppice/detail/node.hpp, branch.hpp and heap/typed_leaf.hpp; tests/collections_io/gdb_test.py fails where it moves.
A collection that cannot be read (not constructed yet, or overwritten) is shown with the reason, never an exception.

A new collection is a class with to_string() and children(), and a line in PRINTERS.
"""
import gdb
import gdb.printing

HEADER_BYTES = 16  # node_header: u8 kind, u8 depth, u16, u32 granules, u32 count, u32 owners
COUNT_OFFSET = 8
BRANCH, TYPED_LEAF = 1, 5  # node_kind
FAN_OUT = 16
LANES = 16  # tags of a leaf take a multiple of so many bytes
MOST_LEVELS = 17  # sixteen branches and a leaf


class Damaged(Exception):
    """What is there is no node."""


def load(kind, address):
    return int(gdb.Value(address).cast(gdb.lookup_type(kind).pointer()).dereference())


def load_ref(address):
    return load("unsigned long", address)


def round_up(number, multiple):
    return (number + multiple - 1) // multiple * multiple


def leaf_entries(trie, element):
    """B, the most entries of a leaf of different hashes (typed_leaf::max_entries)."""
    chosen = int(trie.template_argument(4))
    if chosen != 0:
        return chosen
    leaf = gdb.lookup_type(f"{trie.name}::leaf_type").strip_typedefs()
    try:
        return int(gdb.parse_and_eval(f"'{leaf.name}'::max_entries"))
    except gdb.error:  # left out of the debug information: default_leaf_entries of elements copied as bytes
        return 32 if element.sizeof <= 16 else 16 if element.sizeof <= 32 else 8


class Trie:
    """A hash_trie in the program's memory."""

    def __init__(self, value, element):
        self.type = value.type.strip_typedefs()
        self.root = int(value["root_"])
        self.element = element

    def size(self):
        if self.root == 0:
            return 0
        self.kind(self.root)
        return load("unsigned int", self.root + COUNT_OFFSET)

    def elements(self):
        """Yields every element as a gdb.Value."""
        if self.root == 0:
            return
        tags = round_up(leaf_entries(self.type, self.element), LANES)
        offset = round_up(HEADER_BYTES + tags, self.element.alignof)
        for leaf in self.leaves(self.root, 1):
            for index in range(load("unsigned int", leaf + COUNT_OFFSET)):
                address = leaf + offset + index * self.element.sizeof
                yield gdb.Value(address).cast(self.element.pointer()).dereference()

    def leaves(self, node, level):
        if self.kind(node) == TYPED_LEAF:
            yield node
            return
        if level == MOST_LEVELS:
            raise Damaged("branches below branches without end")
        before = 0
        for slot in range(FAN_OUT):
            child = load_ref(node + HEADER_BYTES + slot * gdb.lookup_type("unsigned long").sizeof)
            if child not in (0, before):  # equal refs side by side are one child
                yield from self.leaves(child, level + 1)
            before = child

    @staticmethod
    def kind(node):
        kind = load("unsigned char", node)
        if kind not in (BRANCH, TYPED_LEAF):
            raise Damaged(f"no node at {node:#x}")
        return kind


class TriePrinter:
    """What maps and sets have in common."""

    def __init__(self, name, value, element):
        self.name = name
        self.trie = Trie(value["trie_"], element)

    def to_string(self):
        try:
            size = self.trie.size()
        except (gdb.MemoryError, Damaged) as why:
            return f"coppice::{self.name}, unreadable: {why}"
        return f"coppice::{self.name} of {size} element{'' if size == 1 else 's'}"

    def elements(self):
        """The elements that can be read."""
        try:
            yield from self.trie.elements()
        except (gdb.MemoryError, Damaged):
            return


class MapPrinter(TriePrinter):
    """coppice::map<K, V, Hash, Equal, Memory, LeafEntries>"""

    def __init__(self, value):
        super().__init__("map", value, gdb.lookup_type(f"{value.type.strip_typedefs().name}::value_type").strip_typedefs())

    def children(self):
        for index, element in enumerate(self.elements()):
            yield f"key {index}", element["first"]
            yield f"value {index}", element["second"]

    @staticmethod
    def display_hint():
        return "map"


class SetPrinter(TriePrinter):
    """coppice::set<T, Hash, Equal, Memory, LeafEntries>"""

    def __init__(self, value):
        super().__init__("set", value, value.type.strip_typedefs().template_argument(0))

    def children(self):
        for index, element in enumerate(self.elements()):
            yield f"[{index}]", element

    @staticmethod
    def display_hint():
        return "array"


class TransientPrinter:
    """coppice::transient_map<Map> and transient_set<Set>: shown as the collection that is in them."""

    def __init__(self, value):
        names = [field.name for field in value.type.strip_typedefs().fields()]
        self.inner = (MapPrinter if "map_" in names else SetPrinter)(value["map_" if "map_" in names else "set_"])
        self.children = self.inner.children
        self.display_hint = self.inner.display_hint

    def to_string(self):
        return "transient " + self.inner.to_string()


# Template, and what prints its instances.
PRINTERS = [
    ("map", MapPrinter),
    ("set", SetPrinter),
    ("transient_map", TransientPrinter),
    ("transient_set", TransientPrinter),
]


def build():
    collection = gdb.printing.RegexpCollectionPrettyPrinter("coppice")
    for name, printer in PRINTERS:
        collection.add_printer(name, f"^coppice::{name}<.*>$", printer)
    return collection


gdb.printing.register_pretty_printer(None, build(), replace=True)
