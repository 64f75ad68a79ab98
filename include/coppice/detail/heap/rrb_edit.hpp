// Changing a version: replacing an element, appending.
//
// Functions that take a `rrb_version&` own it and change it, or leave it as it was and return false: there was no space
// or an element threw (rrb_leaf.hpp). Who wants to keep a version retains its root and tail first; then nothing in it
// can be edited in place and all that changes is copied. Nodes are edited in place if nobody else has them nor any node
// above them. What may fail is done before anything is changed: below a node that is copied nothing is edited in place,
// so whatever was made can be released again.
//
// Thread safety: see rrb_tree.hpp.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/rrb_branch.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_leaf.hpp"
#include "coppice/detail/heap/rrb_low.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

template <class Memory>
inline void rrb_retain(Memory&& memory, const rrb_version& version) noexcept {
  if (version.root != nullptr) memory.retain(version.root);
  if (version.tail != nullptr) memory.retain(version.tail);
}
template <class Memory>
inline void rrb_release(Memory&& memory, const rrb_version& version) noexcept {
  if (version.root != nullptr) memory.release(version.root);
  if (version.tail != nullptr) memory.release(version.tail);
}

// ---- replacing an element

/// A leaf like `leaf`, of `count` elements, with `given` at `index`: the same leaf if it is `unique`, else a new one.
template <class Layout, class Memory>
[[nodiscard]] inline std::byte* rrb_set_in_leaf(Memory& memory, std::byte* leaf, std::uint32_t count,
                                                std::uint32_t index, typename Layout::element& given,
                                                bool unique) noexcept {
  using T = typename Layout::element;
  if constexpr (Layout::moves_safely) {
    if (unique) {
      T* const place = Layout::places(leaf) + index;
      std::destroy_at(place);
      std::construct_at(place, std::move(given));
      return leaf;
    }
  }
  const T* const from = Layout::elements(leaf);
  rrb_leaf_writer<Memory, Layout> into(memory);
  if (!into.open(std::max(count, 1U << depth_of(leaf)))) return nullptr;
  const bool made =
      into.copy(from, index) && into.make(std::move(given)) && into.copy(from + index + 1, count - index - 1);
  return made ? into.finish() : into.give_up();
}

/// Replaces the element at `index` below `node`. Returns the node that stands for it, `node` itself if it was edited in
/// place, which only happens if it is `unique` with all above it; null if nothing could be made.
template <class Layout, class Memory>
[[nodiscard]] inline std::byte* rrb_set_below(Memory& memory, std::byte* node, unsigned height, std::uint64_t size,
                                              std::uint64_t index, typename Layout::element& given,
                                              bool unique) noexcept {
  unique = unique && memory.editable(node);
  if (height == 0) {
    return rrb_set_in_leaf<Layout>(memory, node, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(index),
                                   given, unique);
  }
  const rrb_place at = rrb_locate<Layout>(node, height, size, index);
  std::byte* const child = Layout::child(node, at.slot);
  std::byte* const made =
      rrb_set_below<Layout>(memory, child, height - 1, at.end - at.first, index - at.first, given, unique);
  if (made == nullptr) return nullptr;
  if (unique) {
    if (made == child) return node;
    Layout::set_child(node, at.slot, made);
    memory.release(child);
    return node;
  }
  std::byte* const copy = rrb_copy_branch<Layout>(memory, node, at.slot, made);
  if (copy == nullptr) memory.release(made);
  return copy;
}

/// Replaces the element at `index` by `given`, which is moved from.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_set(Memory& memory, rrb_version& version, std::uint64_t index,
                                  typename Layout::element& given) noexcept {
  const std::uint64_t in_tree = version.tree_size;
  const bool in_tail = index >= in_tree;
  std::byte*& top = in_tail ? version.tail : version.root;
  std::byte* const made = in_tail
                              ? rrb_set_below<Layout>(memory, top, 0, version.tail_count, index - in_tree, given, true)
                              : rrb_set_below<Layout>(memory, top, version.height, in_tree, index, given, true);
  if (made == nullptr) return false;
  if (made != top) memory.release(std::exchange(top, made));
  return true;
}

/// The same for a version that is kept: returns what differs in the new one, its tail or its root.
template <class Layout, class Memory>
[[nodiscard]] inline std::byte* rrb_set_apart(Memory& memory, const rrb_version& version, std::uint64_t index,
                                              typename Layout::element& given) noexcept {
  const std::uint64_t in_tree = version.tree_size;
  if (index >= in_tree) {
    return rrb_set_below<Layout>(memory, version.tail, 0, version.tail_count, index - in_tree, given, false);
  }
  return rrb_set_below<Layout>(memory, version.root, version.height, in_tree, index, given, false);
}

/// Tells a memory that wants to know which nodes a version does not have that rrb_set_apart made of this one.
template <class Layout, class Memory>
inline void rrb_supersede_path(Memory& memory, const rrb_version& version, std::uint64_t index) noexcept {
  if constexpr (requires { memory.supersede(version.root); }) {
    if (index >= version.tree_size) return memory.supersede(version.tail);
    std::byte* node = version.root;
    std::uint64_t size = version.tree_size;
    for (unsigned height = version.height; height > 0; --height) {
      const rrb_place at = rrb_locate<Layout>(node, height, size, index);
      std::byte* const child = Layout::child(node, at.slot);
      memory.supersede(node);
      node = child;
      index -= at.first;
      size = at.end - at.first;
    }
    memory.supersede(node);
  }
}

// ---- appending

/// Moves the tail, a full leaf, to the end of the tree, which is made anew where R5 does not allow the level that this
/// takes. The version has no tail then.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_push_tail(Memory& memory, rrb_version& version) noexcept {
  assert(version.tail_count == Layout::leaf_capacity);
  const rrb_child leaf{version.tail, version.tail_count};
  const std::uint64_t size = version.tree_size;
  if (!Layout::is_low(version.height + 1, size + leaf.size) && !rrb_has_slot<Layout>(version.root, version.height))
      [[unlikely]] {
    rrb_version low = rrb_low_tree<Layout>(memory, version, 0, size);
    if (low.root == nullptr) return false;
    if (!rrb_push_leaf<Layout>(memory, low, leaf)) {
      rrb_discard(memory, low);
      return false;
    }
    memory.release(version.root);
    version = low;
    return true;
  }
  if (!rrb_push_leaf<Layout>(memory, version, leaf)) return false;
  version.tail = nullptr;
  version.tail_count = 0;
  return true;
}

/// Gives the version a new tail with `given` after its elements.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_regrow_tail(Memory& memory, rrb_version& version,
                                          typename Layout::element& given) noexcept {
  const std::uint32_t count = version.tail_count;
  rrb_leaf_writer<Memory, Layout> into(memory);
  if (!into.open(rrb_tail_room<Layout>(count + 1, version.root != nullptr))) return false;
  if (count != 0) {
    bool moved = false;
    if constexpr (Layout::moves_safely) {
      moved = memory.editable(version.tail);
      if (moved) into.move(Layout::places(version.tail), count);
    }
    if (!moved && !into.copy(Layout::elements(version.tail), count)) {
      into.give_up();
      return false;
    }
  }
  if (!into.make(std::move(given))) {
    into.give_up();
    return false;
  }
  if (version.tail != nullptr) memory.release(version.tail);
  version.tail = into.finish();
  ++version.tail_count;
  return true;
}

/// Moves the full tail to the tree and begins a new one with `given`.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_push_into_fresh(Memory& memory, rrb_version& version,
                                              typename Layout::element& given) noexcept {
  rrb_leaf_writer<Memory, Layout> into(memory);
  if (!into.open(Layout::leaf_capacity)) return false;
  // What cannot fail comes last, so that `given` is still there if the rest fails.
  const bool made = Layout::moves_safely || into.make(std::move(given));
  if (!made || !rrb_push_tail<Layout>(memory, version)) {
    into.give_up();
    return false;
  }
  if constexpr (Layout::moves_safely) (void)into.make(std::move(given));  // NOLINT(bugprone-use-after-move): see above
  version.tail = into.finish();
  version.tail_count = 1;
  return true;
}

/// Appends `given`, which is moved from only if this succeeds, or if moving it throws.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_push(Memory& memory, rrb_version& version, typename Layout::element& given) noexcept {
  const std::uint32_t count = version.tail_count;
  if (count == Layout::leaf_capacity) return rrb_push_into_fresh<Layout>(memory, version, given);
  if constexpr (Layout::moves_safely) {
    if (count != 0) {
      if (memory.editable(version.tail) && memory.filled(version.tail) != count) {
        rrb_cut_leaf<Layout>(memory, version.tail, count);
      }
      if (rrb_append_in_place<Layout>(memory, version.tail, count, std::move(given))) {
        ++version.tail_count;
        return true;
      }
    }
  }
  return rrb_regrow_tail<Layout>(memory, version, given);
}

}  // namespace coppice::detail
