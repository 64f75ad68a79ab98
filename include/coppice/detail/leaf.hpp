// What the trie and its leaf policies speak of: the size of a leaf, a place in it, a run of entries; and what is alike
// for all policies.
//
// Thread safety: values, and functions that only read.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/memory.hpp"

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

/// Whether all entries of a leaf have one hash.
template <class Leaf, readable_memory Memory>
[[nodiscard]] inline bool has_one_hash(const Leaf& leaf, const Memory& memory, const std::byte* node) noexcept {
  const std::uint32_t count = count_of(node);
  if (count <= 1 || count > Leaf::max_entries) return true;
  return leaf.tag_at(node, 0) == leaf.tag_at(node, count - 1) &&
         leaf.hash_at(memory, node, 0) == leaf.hash_at(memory, node, count - 1);
}

/// Entries [first, last) of a leaf.
struct entry_range {
  std::uint32_t first;
  std::uint32_t last;
};

/// Where a missing key belongs among the entries that have its tag.
template <class Leaf, readable_memory Memory>
[[nodiscard]] inline std::uint32_t place_among(const Leaf& leaf, const Memory& memory, const std::byte* node,
                                               const typename Leaf::key_type& key, std::uint64_t hash,
                                               entry_range candidates) noexcept {
  for (std::uint32_t i = candidates.first; i < candidates.last; ++i) {
    const std::uint64_t other = leaf.hash_at(memory, node, i);
    if (other > hash || (other == hash && leaf.key_at(memory, node, i).compare(key) > 0)) return i;
  }
  return candidates.last;
}

}  // namespace coppice::detail
