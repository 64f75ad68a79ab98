// The hash of keys: 64 bits, seeded, the same on every platform and for ever (part of the arena format).
//
// A key is a kind and bytes. With `lead(kind) = (kind + 1) * 0x9e3779b97f4a7c15`:
//   - more than 8 bytes: XXH3_64bits_withSeed(bytes, seed ^ lead(kind)), as specified by xxHash 0.8;
//   - up to 8 bytes: read as a little-endian number n (missing bytes zero), then two folds,
//       fold(x, y) = low64(x * y) ^ high64(x * y)   of the 128-bit product,
//       hash = fold(fold(n ^ c0, seed ^ lead(kind) ^ c1) ^ size, c2 ^ seed)
//     with c0..c2 below.
// Bits are consumed from the most significant one. Golden values are in tests/trie/hash_test.cpp.
//
// A hash policy is a copyable function object `uint64 operator()(kind, bytes, size) const noexcept`; tests use policies
// that collide.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include "coppice/detail/bits.hpp"
#include "coppice/value_kind.hpp"

namespace coppice::detail {

/// Low and high half of the 128-bit product, combined.
[[nodiscard]] constexpr std::uint64_t fold_multiply(std::uint64_t x, std::uint64_t y) noexcept {
#if defined(__SIZEOF_INT128__) && !defined(__wasm__)  // there it would be a call into the compiler's library
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(x) * y;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#else
  const std::uint64_t x0 = x & 0xffffffffU, x1 = x >> 32, y0 = y & 0xffffffffU, y1 = y >> 32;
  const std::uint64_t low = x0 * y0, left = x1 * y0, right = x0 * y1, high = x1 * y1;
  const std::uint64_t middle = (low >> 32) + (left & 0xffffffffU) + right;
  return ((middle << 32) | (low & 0xffffffffU)) ^ (high + (left >> 32) + (middle >> 32));
#endif
}

/// Up to eight bytes as a little-endian number.
[[nodiscard]] inline std::uint64_t load_short(const std::byte* data, std::size_t size) noexcept {
  if (size == 8) return load<std::uint64_t>(data);
  if (size >= 4) {
    const std::uint64_t low = load<std::uint32_t>(data);
    const std::uint64_t high = load<std::uint32_t>(data + size - 4);
    return low | (high << (8 * (size - 4)));  // the overlap holds the same bytes twice
  }
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) number |= std::to_integer<std::uint64_t>(data[i]) << (8 * i);
  return number;
}

/// XXH3 of more than eight bytes. A WebAssembly module is downloaded: there its many cases are compiled for size.
#if defined(__wasm__)
[[clang::minsize, gnu::noinline]]
#endif
inline std::uint64_t hash_long(const std::byte* data, std::size_t size, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(data, size, seed);
}

/// The hash that stores use.
struct seeded_hash {
  std::uint64_t seed = 0;

  [[nodiscard]] std::uint64_t operator()(value_kind kind, const std::byte* data, std::size_t size) const noexcept {
    if (size > 8) return hash_long(data, size, seed_of(kind));
    return of_short(kind, load_short(data, size), size);
  }
  /// Of up to eight bytes, as load_short() reads them.
  [[nodiscard]] std::uint64_t of_short(value_kind kind, std::uint64_t number, std::size_t size) const noexcept {
    constexpr std::uint64_t c0 = 0xa0761d6478bd642fU, c1 = 0xe7037ed1a0b428dbU, c2 = 0x8ebc6af09c88c6e3U;
    return fold_multiply(fold_multiply(number ^ c0, seed_of(kind) ^ c1) ^ size, c2 ^ seed);
  }

 private:
  [[nodiscard]] std::uint64_t seed_of(value_kind kind) const noexcept {
    return seed ^ ((static_cast<std::uint64_t>(kind) + 1) * 0x9e3779b97f4a7c15U);
  }
};

}  // namespace coppice::detail
