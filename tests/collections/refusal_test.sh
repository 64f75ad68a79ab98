#!/usr/bin/env bash
# What cannot be an element is refused with a message that says why. Usage: refusal_test.sh COMPILER INCLUDE WORD CODE
# [HEADER]
# Succeeds if CODE is not compiled and the compiler's output has WORD; an empty WORD: if CODE is compiled.
set -euo pipefail
compiler="$1" include="$2" word="$3" code="$4" header="${5:-coppice/map.hpp}"
program="
#include <memory>
#include <string>
#include <unordered_set>
#include \"coppice/map.hpp\"
#include \"coppice/set.hpp\"
#include \"coppice/vector.hpp\"
#include \"$header\"
struct unhashed { friend bool operator==(unhashed, unhashed) = default; };
int main() { $code }
"
if output="$("$compiler" -std=c++20 -fsyntax-only -I "$include" -x c++ - <<<"$program" 2>&1)"; then
  [ -z "$word" ] && exit 0
  echo "compiled: $code" >&2
  exit 1
fi
if [ -n "$word" ] && grep -qF -- "$word" <<<"$output"; then exit 0; fi
head -40 <<<"$output" >&2
exit 1
