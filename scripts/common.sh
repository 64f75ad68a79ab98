# shellcheck shell=bash
# Sourced by the scripts: strict mode, the source root as working directory, and what they share.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs="${JOBS:-$(nproc)}"

say() { printf '\n== %s\n' "$*"; }

# configure PRESET [OPTION...]
configure() {
  local preset="$1"
  shift
  cmake --preset "$preset" --log-level=WARNING "$@" >/dev/null
}

# compile PRESET [TARGET...]; output only when it fails or stands on a terminal
compile() {
  local preset="$1"
  shift
  local targets=()
  if [ $# -gt 0 ]; then targets=(--target "$@"); fi
  cmake --build --preset "$preset" --parallel "$jobs" "${targets[@]}"
}

# js_ready: installs what the npm package is built and tested with, again only when the lock has changed, and builds its
# WebAssembly module. Run all else by `npm run`: it finds the Node of that installation first, where Debian 12 has 18.
js_ready() {
  local folder=packages/coppice
  [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] ||
    npm --prefix "$folder" ci --no-audit --no-fund
  scripts/wasm
}
