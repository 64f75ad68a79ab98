// A path from the root to the place of a hash, and how a change below climbs it: branches of this edit are changed in
// place, all others are copied.
//
// Ownership: `commit_change` takes over the new children and gives up those that they replace. It allocates every copy
// before it writes to any existing node; when that fails it releases the new children, and the old tree is unchanged.
//
// Thread safety: see trie.hpp.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/trie.hpp"

namespace coppice::detail {

/// The branches above the place of a hash, and what is in that place.
template <class Ref>
struct trie_path {
  struct step {
    Ref ref;
    const std::byte* node;
  };
  step branches[max_branch_levels];
  unsigned levels = 0;           // branches on the path
  unsigned editable_levels = 0;  // so many of them, from the root, may be changed in place
  Ref leaf{};                    // null: the place is empty
  const std::byte* leaf_node = nullptr;
  bool leaf_editable = false;
  std::uint64_t hash = 0;

  /// Hash bits above the branch at a level.
  [[nodiscard]] static constexpr unsigned depth_at(unsigned level) noexcept { return level * trie_branch_bits; }
};

/// Fills a path that was default-initialised. It is not returned by value because it is large.
template <class Leaf, node_memory Memory>
inline void descend(Memory& memory, typename Memory::ref_type root, std::uint64_t hash,
                    trie_path<typename Memory::ref_type>& path) noexcept {
  using Ref = typename Memory::ref_type;
  path.hash = hash;
  bool editable = true;
  std::uint64_t rest = hash;
  for (Ref ref = root; ref != Ref{}; rest <<= trie_branch_bits) {
    const std::byte* node = memory.address(ref);
    editable = editable && memory.editable(ref);
    if (kind_of(node) != node_kind::branch) {
      fetch_node(node);
      path.leaf = ref;
      path.leaf_node = node;
      path.leaf_editable = editable;
      return;
    }
    path.branches[path.levels++] = {ref, node};
    if (editable) path.editable_levels = path.levels;
    ref = child_of<Ref>(node, hash_slot(rest, 0, trie_branch_bits));
    if (ref != Ref{}) fetch_likely_leaf<Leaf::max_entries>(node, memory.address(ref));
  }
}

/// New contents for the slots that a prefix covers: one child for all of them, or (in a split) one for each slot.
template <class Ref>
struct new_children {
  unsigned levels;            // branches of the path that stay
  unsigned prefix;            // length of the prefix; 0 if levels is 0
  Ref single;                 // the child, if `each` is null
  const Ref* each = nullptr;  // as many as the prefix covers
};

template <node_memory Memory>
inline void release_children(Memory& memory, const new_children<typename Memory::ref_type>& made,
                             unsigned width) noexcept {
  using Ref = typename Memory::ref_type;
  if (made.each != nullptr) {
    each_distinct(made.each, width, [&](Ref ref) { memory.release(ref); });
  } else if (made.single != Ref{}) {
    memory.release(made.single);
  }
}

template <class Ref>
inline void put_children(std::byte* branch, slot_range range, Ref single, const Ref* each) noexcept {
  if (each == nullptr) {
    for (unsigned i = 0; i < range.width; ++i) set_child(branch, range.first + i, single);
  } else {
    for (unsigned i = 0; i < range.width; ++i) set_child(branch, range.first + i, each[i]);
  }
}

inline void add_to_count(std::byte* branch, std::int64_t delta) noexcept {
  store(branch + offsetof(node_header, count), static_cast<std::uint32_t>(count_of(branch) + delta));
}

/// A copy of a branch with other children in `range`; null when there is no space.
template <node_memory Memory>
[[nodiscard]] inline typename Memory::ref_type copy_branch(Memory& memory, const std::byte* branch, slot_range range,
                                                           typename Memory::ref_type single,
                                                           const typename Memory::ref_type* each,
                                                           std::int64_t delta) noexcept {
  using Ref = typename Memory::ref_type;
  const auto made = memory.allocate(branch_bytes<Ref>);
  if (made.address == nullptr) return {};
  // The header is written, not copied: counts of references lie in it, which other threads may be changing.
  write_header(made.address, node_kind::branch, depth_of(branch), branch_bytes<Ref>,
               static_cast<std::uint32_t>(count_of(branch) + delta), memory.edit_token());
  std::memcpy(made.address + branch_refs_offset, branch + branch_refs_offset, trie_fan_out * sizeof(Ref));
  put_children(made.address, range, single, each);
  const auto* children = reinterpret_cast<const Ref*>(branch + branch_refs_offset);
  unsigned kept = first_slots(children, trie_fan_out) & ~(low_bits(range.width) << range.first);
  for (; kept != 0; kept &= kept - 1) {
    const Ref ref = children[static_cast<unsigned>(__builtin_ctz(kept))];
    if (ref != Ref{}) memory.retain(ref);
  }
  return made.ref;
}

/// Puts new children into the tree and returns the new root in `root`. False: out of space, `root` is as it was, and
/// the new children are released.
template <node_memory Memory>
[[nodiscard]] inline bool commit_change(Memory& memory, const trie_path<typename Memory::ref_type>& path,
                                        const new_children<typename Memory::ref_type>& made, std::int64_t delta,
                                        typename Memory::ref_type& root) noexcept {
  using Ref = typename Memory::ref_type;
  if (made.levels == 0) {
    assert(made.each == nullptr && made.prefix == 0);
    if (root != Ref{}) memory.release(root);
    root = made.single;
    return true;
  }
  unsigned level = made.levels - 1;
  slot_range range = range_of(path.hash, path.depth_at(level), made.prefix);
  Ref single = made.single;
  const Ref* each = made.each;
  const unsigned in_place = path.editable_levels < made.levels ? path.editable_levels : made.levels;
  for (unsigned left = made.levels; left > in_place; --left) {
    level = left - 1;
    const Ref copy = copy_branch(memory, path.branches[level].node, range, single, each, delta);
    if (copy == Ref{}) {
      release_children(memory, new_children<Ref>{left, made.prefix, single, each}, range.width);
      return false;
    }
    single = copy;
    each = nullptr;
    if (level > 0) range = range_of(path.hash, path.depth_at(level - 1), path.depth_at(level));
  }
  if (in_place == 0) {
    memory.release(root);
    root = single;
    return true;
  }
  for (unsigned i = 0; i < in_place; ++i) {
    if (delta != 0) add_to_count(memory.writable(path.branches[i].ref), delta);
  }
  std::byte* branch = memory.writable(path.branches[in_place - 1].ref);
  Ref replaced[trie_fan_out];
  for (unsigned i = 0; i < range.width; ++i) replaced[i] = child_of<Ref>(branch, range.first + i);
  put_children(branch, range, single, each);
  each_distinct(replaced, range.width, [&](Ref ref) { memory.release(ref); });
  return true;
}

}  // namespace coppice::detail
