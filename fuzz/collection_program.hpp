// What the fuzzers of collections share: how versions are changed, elements made from small numbers, and, for map and
// set, hashes that collide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "coppice/hash.hpp"
#include "program.hpp"

namespace coppice::fuzz {

/// How a collection is changed.
enum class way : unsigned { copy, in_place, transient_of_copy, transient_of_all };

/// One step of a program over four versions; further bytes that it takes follow.
struct instruction {
  unsigned operation;  // 0 to 15
  unsigned target;     // 0 to 3
  way how;
  unsigned number;

  explicit instruction(program& steps) : instruction(steps.byte(), steps) {}

 private:
  instruction(unsigned code, program& steps)
      : operation(code >> 2 & 15), target(code & 3), how(static_cast<way>(code >> 6)), number(steps.byte()) {}
};

/// Assigns one version to another: copied, moved, or exchanged.
template <class Version>
void copy_or_move(Version& target, Version& from, way how) {
  if (how == way::copy) {
    target = from;
  } else if (how == way::in_place) {
    Version taken = std::move(from);
    from = {};
    target = std::move(taken);
  } else {
    std::swap(target, from);
  }
}

/// A key without an order.
struct unordered_key {
  unsigned of;
  friend bool operator==(unordered_key, unordered_key) = default;
};

/// Elements from small numbers, and back.
template <class T>
[[nodiscard]] T made_from(unsigned number) {
  if constexpr (std::is_same_v<T, std::string>) {
    return std::string(number % 3 * 12, '-') + std::to_string(number);
  } else {
    return T{number};
  }
}
[[nodiscard]] inline unsigned number_of(std::uint64_t from) { return static_cast<unsigned>(from); }
[[nodiscard]] inline unsigned number_of(unordered_key from) { return from.of; }
[[nodiscard]] inline unsigned number_of(const std::string& from) {
  return static_cast<unsigned>(std::stoul(from.substr(from.find_last_of('-') + 1)));
}

/// Full hashes for every other key; the rest share a few hashes, which agree in long prefixes.
struct few_hashes {
  template <class Key>
  std::uint64_t operator()(const Key& key, std::uint64_t seed) const noexcept {
    const std::uint64_t full = hash<unsigned>{}(number_of(key), seed);
    return number_of(key) % 2 == 0 ? full : full & 0xc000000000000001U;
  }
};

}  // namespace coppice::fuzz
