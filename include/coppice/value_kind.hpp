// Kinds of keys and values: the numbers that arenas and packs store. The rules of identity are in value.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace coppice {

/// Kinds of keys and values. Numbers are part of the arena and pack formats. At most 32 (five bits).
enum class value_kind : std::uint8_t {
  null = 0,
  boolean_false = 1,
  boolean_true = 2,
  int64 = 3,         ///< 8 bytes, little-endian two's complement
  float64 = 4,       ///< 8 bytes, IEEE 754 binary64, little-endian
  string_ascii = 5,  ///< bytes 0x00..0x7f
  string_wtf8 = 6,   ///< WTF-8 with at least one byte above 0x7f
  bytes = 7,
  document = 8,  ///< one MessagePack object
  bigint = 9,    ///< reserved for JavaScript: sign byte and magnitude, little-endian
  map = 10,      ///< a nested collection, of C++ elements: see store_arena.hpp
  set = 11,
  vector = 12,
};

/// Whether a value of this kind is a collection in the arena. Such values are no bytes: they cannot be copied from one
/// store into another.
[[nodiscard]] constexpr bool is_collection(value_kind kind) noexcept {
  return kind == value_kind::map || kind == value_kind::set || kind == value_kind::vector;
}

/// Sizes that every store keeps.
struct limits {
  static constexpr std::size_t max_key_bytes = std::size_t{64} * 1024;
  static constexpr std::size_t max_value_bytes = std::size_t{1} << 30;
  static constexpr std::size_t max_name_bytes = 128;
};

}  // namespace coppice
