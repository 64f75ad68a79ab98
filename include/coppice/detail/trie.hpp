// The trie: reading. A map from keys to values as a binary trie over the bits of a 64-bit hash.
//
// Invariants (the checker, trie_check.hpp, names them):
//   T1 prefix leaves: a prefix of the hash is one leaf if and only if its entries satisfy `Leaf::fits` or have one
//   hash, and
//      no shorter prefix of it does. Branches pack W levels (branch.hpp); an empty prefix is the null ref.
//   T2 leaves carry tags, entries in hash order, and the length of their prefix.
//   T3 canonical: the shape depends on content and seed alone. Branches carry the count of their subtree.
//   T4 equal hashes are in the order of their keys.
//   T6 an update that changes nothing returns the same root and allocates nothing.
//
// A root is a ref to a branch of depth 0, a leaf of depth 0, or null for the empty map.
//
// A Leaf policy has the types ref_type, key_type, value_type, item (hash, key, value of an entry to be stored), entry
// (what iteration yields) and segment (leaf_segment<item>) and change (a prepared change of
// one entry, with `size` and `shrinks()`), and the functions hash, make_item, is_leaf, fits, measure,
// entry_bytes, item_bytes, item_less, find, locate, hash_at, tag_at, key_at, entry_at, has_value, each, make, plan,
// splice and edit: see packed_policy.hpp and heap/typed_leaf.hpp. A policy never sees a branch, and the trie
// never looks into a leaf beyond its header.
//
// Files: trie_path.hpp (a path and how a change climbs it), trie_edit.hpp (set, erase, update), trie_build.hpp (bulk
// build and splitting), trie_cursor.hpp (iteration), trie_diff.hpp, trie_join.hpp, trie_check.hpp.
//
// Thread safety: any number of threads may read a version; a memory belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/branch.hpp"
#include "coppice/detail/leaf.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/node.hpp"

namespace coppice::detail {

/// Number of entries; constant time.
template <readable_memory Memory>
[[nodiscard]] inline std::uint64_t trie_size(const Memory& memory, typename Memory::ref_type root) noexcept {
  return root == typename Memory::ref_type{} ? 0 : count_of(memory.address(root));
}

/// The value of a key whose hash is known, or nothing. `Key` is Leaf::key_type, or what Leaf::find takes besides.
template <readable_memory Memory, class Leaf, class Key>
[[nodiscard]] inline auto trie_find(const Memory& memory, const Leaf& leaf, typename Memory::ref_type root,
                                    const Key& key, std::uint64_t hash) noexcept
    -> decltype(leaf.find(memory, nullptr, key, hash)) {
  using Ref = typename Memory::ref_type;
  if (root == Ref{}) return {};
  const std::byte* node = memory.address(root);
  for (std::uint64_t rest = hash; kind_of(node) == node_kind::branch; rest <<= trie_branch_bits) {
    const Ref ref = child_of<Ref>(node, hash_slot(rest, 0, trie_branch_bits));
    if (ref == Ref{}) return {};
    const std::byte* child = memory.address(ref);
    fetch_likely_leaf<Leaf::max_entries>(node, child);
    node = child;
  }
  return leaf.find(memory, node, key, hash);
}

/// The value of a key, or nothing.
template <readable_memory Memory, class Leaf>
[[nodiscard]] inline auto trie_find(const Memory& memory, const Leaf& leaf, typename Memory::ref_type root,
                                    const typename Leaf::key_type& key) noexcept {
  return trie_find(memory, leaf, root, key, leaf.hash(key));
}

/// An entry of a version, by place.
struct entry_place {
  const std::byte* node = nullptr;  // null: the key is missing
  std::uint32_t index = 0;
};

template <readable_memory Memory, class Leaf>
[[nodiscard]] inline entry_place trie_locate(const Memory& memory, const Leaf& leaf, typename Memory::ref_type root,
                                             const typename Leaf::key_type& key, std::uint64_t hash) noexcept {
  using Ref = typename Memory::ref_type;
  std::uint64_t rest = hash;
  for (Ref ref = root; ref != Ref{}; rest <<= trie_branch_bits) {
    const std::byte* node = memory.address(ref);
    if (kind_of(node) != node_kind::branch) {
      const leaf_position at = leaf.locate(memory, node, key, hash);
      return at.found ? entry_place{node, at.index} : entry_place{};
    }
    ref = child_of<Ref>(node, hash_slot(rest, 0, trie_branch_bits));
  }
  return {};
}

}  // namespace coppice::detail
