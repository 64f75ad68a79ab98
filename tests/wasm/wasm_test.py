"""The core on wasm32: it compiles with shared memory and without exceptions, its structs lie as on this machine, and
linked it asks for nothing but a memory and the port.

Settings come from the environment: COPPICE_SOURCE, COPPICE_WORK, COPPICE_CLANG, COPPICE_WASM_LD, COPPICE_CXX.
"""
import concurrent.futures
import os
import pathlib
import shutil
import struct
import subprocess
import unittest

import wasm_module

SOURCE = pathlib.Path(os.environ["COPPICE_SOURCE"])
WORK = pathlib.Path(os.environ["COPPICE_WORK"])
CLANG = os.environ["COPPICE_CLANG"]
LINKER = os.environ["COPPICE_WASM_LD"]
HOST_COMPILER = os.environ["COPPICE_CXX"]

COMMON = ["-std=c++20", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", f"-I{SOURCE}/include", f"-I{SOURCE}"]
# Sizes of an arena are 64-bit everywhere; there they lose half of it where they become addresses, which are 32-bit.
# Debian's libc++ for wasm32 is built without threads. Its atomics are the compiler's and work all the same.
TARGET = ["--target=wasm32-wasi", "-O2", "-matomics", "-mbulk-memory", "-msimd128", "-fno-exceptions", "-fno-rtti",
          "-Wno-shorten-64-to-32"]
LINK = ["--no-entry", "--import-memory", "--shared-memory", "--max-memory=67108864", "--export-dynamic", "--no-gc-sections",
        "--allow-undefined"]
PORT = "_ZN7coppice8platform"  # coppice::platform, mangled

HERE = SOURCE / "tests" / "wasm"
ROW = struct.Struct("<56sII")


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True)
    if done.returncode != 0:
        raise AssertionError(" ".join(map(str, command)) + "\n" + done.stderr.decode())
    return done.stdout


def compile_wasm(source, *flags):
    name = str(source.relative_to(SOURCE) if source.is_relative_to(SOURCE) else source.name).replace("/", "_")
    made = WORK / (name + ".o")
    run(CLANG, *COMMON, *TARGET, *flags, "-c", source, "-o", made)
    return made


def link(objects, name):
    """A linked module; the compiler's own builtins (128-bit products) are not open imports."""
    builtins = run(CLANG, "--target=wasm32-wasi", "--rtlib=compiler-rt", "-print-libgcc-file-name").decode().strip()
    made = WORK / name
    run(LINKER, *LINK, *objects, builtins, "-o", made)
    return made.read_bytes()


def foreign(imports):
    """The imports that are neither the shared memory nor the port's."""
    return [item for item in imports
            if not (item.module == "env" and
                    ((item.kind == "memory" and item.name == "memory" and item.shared) or
                     (item.kind == "function" and item.name.startswith(PORT))))]


def core_sources():
    """All sources of the arena, and one for each header of the core, which must stand alone."""
    found = sorted((SOURCE / "src" / "arena").rglob("*.cpp"))
    folder = WORK / "headers"
    folder.mkdir(exist_ok=True)
    # detail/heap, one folder below, is not of the core.
    headers = [*(SOURCE / "include" / "coppice" / "detail").glob("*.hpp"), *(SOURCE / "src" / "arena").rglob("*.hpp"),
               SOURCE / "src" / "platform" / "port.hpp"]
    for header in sorted(headers):
        name = header.relative_to(SOURCE / "include" if header.is_relative_to(SOURCE / "include") else SOURCE)
        source = folder / (str(name).replace("/", "_") + ".cpp")
        source.write_text(f'#include "{name}"\n')
        found.append(source)
    return found


def write_source(name, text):
    source = WORK / name
    source.write_text(text)
    return source


def rows(data):
    """The layout table inside `data`: name -> (offset, size)."""
    first = b"<layout table of coppice".ljust(56, b"\0")
    last = b"layout table of coppice>".ljust(56, b"\0")
    begin, end = data.index(first), data.index(last)
    table = {}
    for name, offset, size in ROW.iter_unpack(data[begin + ROW.size:end]):
        table[name.rstrip(b"\0").decode()] = (offset, size)
    return table


class Core(unittest.TestCase):
    def test_asks_for_a_shared_memory_and_the_port_only(self):
        runtime = compile_wasm(HERE / "runtime.cpp", "-fno-builtin")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            objects = list(pool.map(compile_wasm, [*core_sources(), HERE / "core.cpp"]))
        imports = wasm_module.imports(link([runtime, *objects], "core.wasm"))
        self.assertEqual(foreign(imports), [])
        self.assertIn("memory", [item.name for item in imports])

    def test_other_imports_are_noticed(self):
        source = write_source("foreign.cpp", """
            #include "src/platform/port.hpp"
            extern "C" int getpid();
            unsigned both() { return coppice::platform::process_id() + static_cast<unsigned>(getpid()); }
        """)
        imports = wasm_module.imports(link([compile_wasm(source)], "foreign.wasm"))
        self.assertIn("_ZN7coppice8platform10process_idEv", [item.name for item in imports])
        self.assertEqual([item.name for item in foreign(imports)], ["getpid"])

    def test_a_heap_is_noticed(self):
        source = write_source("heap.cpp", "char* make() { return new char[100]; }\n")
        self.assertTrue(foreign(wasm_module.imports(link([compile_wasm(source)], "heap.wasm"))))


class Layout(unittest.TestCase):
    def host_rows(self, source, name):
        program = WORK / name
        run(HOST_COMPILER, *COMMON, source, "-o", program)
        return rows(run(program))

    def test_structs_lie_as_on_this_machine(self):
        host = self.host_rows(HERE / "offsets.cpp", "offsets")
        self.assertIn("version_record.root", host)
        self.assertEqual(rows(compile_wasm(HERE / "offsets.cpp").read_bytes()), host)

    def test_another_layout_is_noticed(self):
        text = (HERE / "offsets.cpp").read_text()
        text = text.replace("[[gnu::used]]", "struct odd { char first; long second; };\n[[gnu::used]]")
        text = text.replace("    LAYOUT(node_header", "    LAYOUT(odd, first, second)\n    LAYOUT(node_header")
        source = write_source("odd.cpp", text)
        host, wasm = self.host_rows(source, "odd"), rows(compile_wasm(source).read_bytes())
        self.assertEqual({name for name in host if host[name] != wasm[name]}, {"odd", "odd.second"})


def setUpModule():
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)


if __name__ == "__main__":
    unittest.main()
