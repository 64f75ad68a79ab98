// Bytes for the tests of values.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "coppice/value.hpp"

namespace coppice::test {

/// The encoding as lower-case hexadecimal digits.
inline std::string hex(const value_view& view) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte b : view.raw()) {
    text += digits[std::to_integer<unsigned>(b) >> 4];
    text += digits[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

inline std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (const int v : values) result.push_back(static_cast<std::byte>(v));
  return result;
}

inline value_view key(const value_view& view) { return view.as_key(); }

inline double from_bits(std::uint64_t bits) { return std::bit_cast<double>(bits); }
inline std::uint64_t bits_of(double number) { return std::bit_cast<std::uint64_t>(number); }

inline constexpr std::int64_t two_53 = std::int64_t{1} << 53;
inline constexpr std::int64_t int64_min = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
inline constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace coppice::test
