// Copying and clearing the bytes of leaves: mostly short runs of a length that is not known before.
//
// In WebAssembly std::memmove and std::memset become instructions that leave the compiled code, which takes longer than
// to copy a whole leaf; there loops take their place.
//
// Thread safety: pure functions of the bytes they are given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/detail/bits.hpp"

namespace coppice::detail {

/// Copies fewer than 16 bytes, which may overlap.
inline void move_few(std::byte* to, const std::byte* from, std::size_t size) noexcept {
  if (size >= 8) {
    const auto first = load<std::uint64_t>(from);
    const auto last = load<std::uint64_t>(from + size - 8);
    store(to, first);
    store(to + size - 8, last);
  } else if (size >= 4) {
    const auto first = load<std::uint32_t>(from);
    const auto last = load<std::uint32_t>(from + size - 4);
    store(to, first);
    store(to + size - 4, last);
  } else if (size > 0) {
    const std::byte first = from[0], middle = from[size / 2], last = from[size - 1];
    to[0] = first;
    to[size / 2] = middle;
    to[size - 1] = last;
  }
}

#if defined(COPPICE_LANES_WASM)

/// Copies bytes, which may overlap.
[[gnu::always_inline]] inline void move_bytes(std::byte* to, const std::byte* from, std::size_t size) noexcept {
  constexpr std::size_t most = 4096;
  if (size > most) {
    std::memmove(to, from, size);
  } else if (size < lane_count) {
    move_few(to, from, size);
  } else if (to <= from) {
    // The end would be overwritten before its turn. The empty statements keep the loops from becoming the instruction.
    const byte_lanes last(from + size - lane_count);
    for (std::size_t at = 0; at + lane_count < size; at += lane_count) {
      asm volatile("");
      byte_lanes(from + at).put(to + at);
    }
    last.put(to + size - lane_count);
  } else {
    const byte_lanes first(from);
    for (std::size_t left = size; left > lane_count; left -= lane_count) {
      asm volatile("");
      byte_lanes(from + left - lane_count).put(to + left - lane_count);
    }
    first.put(to);
  }
}

inline void clear_bytes(std::byte* from, std::size_t size) noexcept {
  const byte_lanes zeros = byte_lanes::zero();
  std::size_t at = 0;
  for (; at + lane_count <= size; at += lane_count) {
    asm volatile("");
    zeros.put(from + at);
  }
  for (; at < size; ++at) {
    asm volatile("");
    from[at] = std::byte{0};
  }
}

/// The same for bytes that do not overlap, and are few.
inline void copy_bytes(std::byte* to, const std::byte* from, std::size_t size) noexcept { move_bytes(to, from, size); }

#else

inline void move_bytes(std::byte* to, const std::byte* from, std::size_t size) noexcept {
  std::memmove(to, from, size);
}
inline void clear_bytes(std::byte* from, std::size_t size) noexcept { std::memset(from, 0, size); }

/// Copies bytes that do not overlap; few of them without a call.
inline void copy_bytes(std::byte* to, const std::byte* from, std::size_t size) noexcept {
  if (size > 64) {
    std::memcpy(to, from, size);
  } else if (size >= lane_count) {
    const byte_lanes last(from + size - lane_count);
    for (std::size_t at = 0; at + lane_count < size; at += lane_count) byte_lanes(from + at).put(to + at);
    last.put(to + size - lane_count);
  } else {
    move_few(to, from, size);
  }
}

#endif

}  // namespace coppice::detail
