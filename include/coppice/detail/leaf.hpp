// What the trie and its leaf policies speak of: the size of a leaf, a place in it, a run of entries.
//
// Thread safety: values.
#pragma once

#include <cstddef>
#include <cstdint>

namespace coppice::detail {

/// Entries and their encoded bytes.
struct leaf_measure {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

/// Where a key is, or where it would be inserted.
struct leaf_position {
  std::uint32_t index = 0;
  bool found = false;
};

/// A run of consecutive entries that goes into a new leaf: out of a leaf (whose prefix is given), or new items. Has no
/// initialisers, so that arrays of segments cost nothing.
template <class Item>
struct leaf_segment {
  const std::byte* node;  // null: items
  const Item* items;
  std::uint32_t from;
  std::uint32_t to;
  std::uint64_t prefix;  // of the leaf; the bits after it are zero

  [[nodiscard]] std::uint32_t size() const noexcept { return to - from; }
};

}  // namespace coppice::detail
