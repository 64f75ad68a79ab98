"""The include rule: a folder sees itself, the layers above it, and what of include/coppice its layer may see.

    platform -> arena -> worker, pack, store -> packer, c_api -> bindings, apps

- src/<layer> includes src/<layer> and the layers before it; worker, pack and store do not see each other.
- The core (src/platform, src/arena, include/coppice/detail) also runs where there is neither heap nor exceptions nor
  threads: of the public headers it sees only CORE_PUBLIC, and no standard header of CORE_FORBIDDEN. Not part of it is
  include/coppice/detail/heap, shared and pack, which are for typed collections and for packs; the core does not see them.
  The last two see public headers too.
- include/coppice never includes src/.
- apps, bindings and examples see public headers (include/coppice/*.hpp, include/coppice.h) and their own folder.
- tests, fuzz and bench may include anything; nothing else includes apps, bindings or examples.

Usage: layers.py ROOT. Prints one line for each violation; exit status 1 if there is any.
"""
import pathlib
import re
import sys

LAYERS = {"platform": 0, "arena": 1, "worker": 2, "pack": 2, "store": 2, "packer": 3, "c_api": 3}
CORE_LAYERS = ("platform", "arena")
CORE_PUBLIC = {"result.hpp", "value_kind.hpp"}
CORE_FORBIDDEN = {
    "any", "chrono", "condition_variable", "deque", "exception", "filesystem", "format", "forward_list", "fstream",
    "functional", "future", "iostream", "istream", "list", "map", "memory", "memory_resource", "mutex", "ostream", "queue",
    "regex", "semaphore", "set", "shared_mutex", "sstream", "stack", "stdexcept", "string", "thread", "typeinfo",
    "unordered_map", "unordered_set", "vector",
}
OUTSIDERS = ("apps", "bindings", "examples")
SUFFIXES = {".hpp", ".cpp", ".h", ".cc", ".c", ".inl"}
TOP_FOLDERS = ("include", "src", "apps", "bindings", "examples", "tests", "fuzz", "bench")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*(?:include|import)[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def resolve(root, file, quote, text):
    """The included file as a path relative to root, or None when it is not of this tree."""
    candidates = [root / "include" / text, root / text]
    if quote == '"':
        candidates.insert(0, file.parent / text)
    for candidate in candidates:
        candidate = pathlib.Path(candidate.absolute()).resolve()
        if candidate.is_file() and candidate.is_relative_to(root):
            return candidate.relative_to(root).parts
    # A header that is not there yet, or no more, is judged by its name.
    if text.startswith("coppice/") or text == "coppice.h":
        return ("include", *pathlib.PurePosixPath(text).parts)
    if text.startswith("src/"):
        return pathlib.PurePosixPath(text).parts
    return None


def is_public(target):
    return target[0] == "include" and "detail" not in target


def in_heap(path):
    return path[:3] == ("include", "coppice", "detail") and path[3] in ("heap", "shared", "pack")


def in_core_detail(path):
    return path[:3] == ("include", "coppice", "detail") and not in_heap(path)


def core_sees(target):
    """Whether core code may include this file of include/."""
    return in_core_detail(target) or (target[:2] == ("include", "coppice") and target[2] in CORE_PUBLIC)


def violation(source, target):
    """Why `source` may not include `target` (path parts relative to the root), or None."""
    if source[0] in OUTSIDERS:
        if is_public(target) or target[:2] == source[:2]:
            return None
        return f"{source[0]} see public headers and their own folder only"
    if source[0] == "include":
        if target[0] != "include":
            return f"include/ never sees {target[0]}/"
        if in_heap(source) and (in_heap(target) or source[3] in ("shared", "pack")):
            return None
        if source[:3] == ("include", "coppice", "detail") and not core_sees(target):
            return "detail/ sees detail/ and " + ", ".join(sorted(CORE_PUBLIC)) + " only"
        return None
    if source[0] == "src":
        return layer_violation(source[1], target)
    return None


def layer_violation(layer, target):
    if layer not in LAYERS:
        return f"src/{layer} is not a known layer: add it to the list"
    if target[0] == "include":
        if layer in CORE_LAYERS and not core_sees(target):
            return f"src/{layer} sees detail/ and " + ", ".join(sorted(CORE_PUBLIC)) + " only"
        return None
    if target[0] != "src":
        return f"src/ never sees {target[0]}/"
    other = target[1]
    if other == layer or LAYERS.get(other, len(LAYERS)) < LAYERS[layer]:
        return None
    return f"{layer} is above {other}" if LAYERS.get(other, 0) > LAYERS[layer] else f"{layer} does not see {other}"


def is_core(source):
    return in_core_detail(source) or (source[0] == "src" and source[1] in CORE_LAYERS)


def check(root):
    """Yields (file, line, included text, why) for each violation; then nothing."""
    root = pathlib.Path(root).resolve()
    for top in TOP_FOLDERS:
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in SUFFIXES or not file.is_file():
                continue
            source = file.relative_to(root).parts
            code = file.read_text(encoding="utf-8")
            for match in INCLUDE.finditer(code):
                quote, text = match.groups()
                why = None
                target = resolve(root, file, quote, text)
                if target is not None:
                    why = violation(source, target)
                elif is_core(source) and text in CORE_FORBIDDEN:
                    why = f"the core does without <{text}>: no heap, exceptions or threads"
                if why:
                    yield "/".join(source), code.count("\n", 0, match.start()) + 1, text, why


def main():
    root = sys.argv[1] if len(sys.argv) == 2 else sys.exit(__doc__)
    found = 0
    for file, line, text, why in check(root):
        print(f"{file}:{line}: #include {text}: {why}")
        found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
