"""The include rule must fail where it is broken: each case is a small tree with one include in it."""
import pathlib
import tempfile
import unittest

import layers

HEADERS = [
    "include/coppice.h", "include/coppice/result.hpp", "include/coppice/store.hpp", "include/coppice/detail/node.hpp",
    "include/coppice/detail/heap/memory.hpp", "src/platform/port.hpp", "src/arena/layout.hpp", "src/pack/format.hpp", "src/store/transaction.hpp",
    "src/c_api/handles.hpp", "apps/cli/table.hpp", "apps/demo/load.hpp", "bindings/node/addon.hpp", "tests/support/tree.hpp",
]

ALLOWED = [
    ("src/platform/posix/file.cpp", '"src/platform/port.hpp"'),
    ("src/platform/posix/file.cpp", '"../port.hpp"'),
    ("src/platform/posix/file.cpp", '"coppice/result.hpp"'),
    ("src/arena/pin.cpp", '"src/platform/port.hpp"'),
    ("src/arena/pin.cpp", '"layout.hpp"'),
    ("src/arena/pin.cpp", '"coppice/detail/node.hpp"'),
    ("src/arena/pin.cpp", "<atomic>"),
    ("src/store/store.cpp", '"src/arena/layout.hpp"'),
    ("src/store/store.cpp", '"coppice/store.hpp"'),
    ("src/store/store.cpp", "<string>"),
    ("src/pack/writer.cpp", '"src/arena/layout.hpp"'),
    ("src/c_api/api.cpp", '"src/store/transaction.hpp"'),
    ("include/coppice/store.hpp", '"coppice/detail/node.hpp"'),
    ("include/coppice/detail/trie.hpp", '"coppice/detail/node.hpp"'),
    ("include/coppice/detail/trie.hpp", '"node.hpp"'),
    ("include/coppice/detail/trie.hpp", '"coppice/result.hpp"'),
    ("include/coppice/detail/heap/leaf.hpp", '"coppice/detail/node.hpp"'),
    ("include/coppice/detail/heap/leaf.hpp", '"coppice/detail/heap/memory.hpp"'),
    ("include/coppice/detail/heap/leaf.hpp", "<memory>"),
    ("apps/cli/main.cpp", '"coppice/store.hpp"'),
    ("apps/cli/main.cpp", "<coppice.h>"),
    ("apps/cli/main.cpp", '"table.hpp"'),
    ("tests/arena/pin_test.cpp", '"src/arena/layout.hpp"'),
    ("tests/cli/table_test.cpp", '"apps/cli/table.hpp"'),
    ("bench/store.cpp", '"coppice/detail/node.hpp"'),
]

REFUSED = [
    ("src/platform/posix/file.cpp", '"src/arena/layout.hpp"'),
    ("src/platform/posix/file.cpp", '"../../arena/layout.hpp"'),
    ("src/platform/posix/file.cpp", '"coppice/store.hpp"'),
    ("src/arena/pin.cpp", '"src/store/transaction.hpp"'),
    ("src/arena/pin.cpp", '"coppice/store.hpp"'),
    ("src/arena/pin.cpp", "<mutex>"),
    ("src/arena/pin.cpp", "#  include <vector>"),
    ("src/pack/writer.cpp", '"src/store/transaction.hpp"'),
    ("src/store/store.cpp", '"src/pack/format.hpp"'),
    ("src/store/store.cpp", '"src/c_api/handles.hpp"'),
    ("src/store/store.cpp", '"apps/cli/table.hpp"'),
    ("src/store/store.cpp", '"tests/support/tree.hpp"'),
    ("src/novel/novel.cpp", '"src/arena/layout.hpp"'),
    ("include/coppice/store.hpp", '"src/store/transaction.hpp"'),
    ("include/coppice/store.hpp", '"src/store/not_there_yet.hpp"'),
    ("include/coppice/detail/trie.hpp", '"coppice/store.hpp"'),
    ("include/coppice/detail/trie.hpp", "<coppice/store.hpp>"),
    ("include/coppice/detail/trie.hpp", '"../store.hpp"'),
    ("include/coppice/detail/trie.hpp", '"src/arena/layout.hpp"'),
    ("include/coppice/detail/trie.hpp", "<string>"),
    ("include/coppice/detail/trie.hpp", '"coppice/detail/heap/memory.hpp"'),
    ("include/coppice/detail/heap/leaf.hpp", '"coppice/store.hpp"'),
    ("src/arena/pin.cpp", '"coppice/detail/heap/memory.hpp"'),
    ("apps/cli/main.cpp", '"coppice/detail/node.hpp"'),
    ("apps/cli/main.cpp", '"src/store/transaction.hpp"'),
    ("apps/cli/main.cpp", '"apps/demo/load.hpp"'),
    ("bindings/node/addon.cpp", '"src/c_api/handles.hpp"'),
    ("examples/first.cpp", '"coppice/detail/node.hpp"'),
]


def violations(file, include):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for header in HEADERS:
            (root / header).parent.mkdir(parents=True, exist_ok=True)
            (root / header).write_text("#pragma once\n")
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        line = include if include.startswith("#") else f"#include {include}"
        (root / file).write_text(f"// A file.\n{line}\n")
        return list(layers.check(root))


class Layers(unittest.TestCase):
    def test_what_the_rule_allows(self):
        for file, include in ALLOWED:
            with self.subTest(file=file, include=include):
                self.assertEqual(violations(file, include), [])

    def test_what_the_rule_refuses(self):
        for file, include in REFUSED:
            with self.subTest(file=file, include=include):
                found = violations(file, include)
                self.assertEqual([(name, line) for name, line, _, _ in found], [(file, 2)])


if __name__ == "__main__":
    unittest.main()
