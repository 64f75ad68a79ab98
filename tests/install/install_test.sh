#!/usr/bin/env bash
# Installs the build into a temporary prefix, moves that elsewhere, and builds and runs a consumer against it.
#
# Usage: install_test.sh cmake|pkg-config BUILD_DIRECTORY LIBRARY_DIRECTORY COMPILER [FLAG...]
set -euo pipefail
how="$1" build="$2" libdir="$3" compiler="$4"
shift 4
here="$(cd "$(dirname "$0")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/first" >"$work/install.log"
mv "$work/first" "$work/prefix"
prefix="$work/prefix"
library_path="$prefix/$libdir"
[ -f "$prefix/share/coppice/gdb/coppice_printers.py" ]

case "$how" in
  cmake)
    cmake -S "$here/consumer" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$compiler" \
      -DCMAKE_CXX_FLAGS="$*" -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF >"$work/configure.log"
    grep -q "^coppice_DIR:PATH=$prefix/" "$work/build/CMakeCache.txt"
    cmake --build "$work/build"
    consumer="$work/build/consumer"
    ;;
  pkg-config)
    export PKG_CONFIG_PATH="$library_path/pkgconfig"
    [ "$(pkg-config --modversion coppice)" = "$COPPICE_VERSION" ]
    static=()
    [ -e "$library_path/libcoppice.so" ] || static=(--static)
    read -ra flags <<<"$(pkg-config "${static[@]}" --cflags --libs coppice)"
    printf '%s\n' "${flags[@]}" | grep -qF "$prefix"
    consumer="$work/consumer"
    "$compiler" -std=c++20 -Wall -Wextra -Werror "$@" "$here/consumer/main.cpp" -o "$consumer" "${flags[@]}"
    ;;
  *) exit 2 ;;
esac
LD_LIBRARY_PATH="$library_path" "$consumer" "$work/prices.coppice"
