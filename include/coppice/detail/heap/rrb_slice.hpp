// Taking and dropping the first elements of a version.
//
// take(n) makes the leaf that has element n - 1 the tail, shared with the version that it was taken from, and copies
// the branches to the left of it. drop(n) copies the rest of the leaf that has element n, and the branches to the right
// of it. Both leave one node at each height that may have one child only. Where so few elements are left that the tree
// could be higher than R5 allows, it is made anew (rrb_low.hpp).
//
// Ownership and failure: see rrb_edit.hpp.
#pragma once

#include <cassert>
#include <cstdint>
#include <utility>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/rrb_branch.hpp"
#include "coppice/detail/heap/rrb_edit.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_leaf.hpp"
#include "coppice/detail/heap/rrb_low.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

/// Replaces roots of one child by that child.
template <class Layout, class Memory>
inline void rrb_collapse(Memory& memory, rrb_version& version) noexcept {
  while (version.height > 0 && count_of(version.root) == 1) {
    std::byte* const root = std::exchange(version.root, Layout::child(version.root, 0));
    --version.height;
    if (memory.editable(root)) {
      rrb_release_husk<Layout>(memory, root);
    } else {
      memory.retain(version.root);
      memory.release(root);
    }
  }
}

/// The branch without what is behind its first `keep` elements, which are those of whole leaves. Returns the node that
/// stands for it, as rrb_set_below does.
template <class Layout, class Memory>
[[nodiscard]] inline std::byte* rrb_take_below(Memory& memory, std::byte* node, unsigned height, std::uint64_t size,
                                               std::uint64_t keep, bool unique) noexcept {
  unique = unique && memory.editable(node);
  const rrb_place at = rrb_locate<Layout>(node, height, size, keep - 1);
  std::byte* const child = Layout::child(node, at.slot);
  std::byte* made = child;
  if (keep != at.end) {
    made = rrb_take_below<Layout>(memory, child, height - 1, at.end - at.first, keep - at.first, unique);
    if (made == nullptr) return nullptr;
  }
  if (unique) {
    const std::uint32_t count = count_of(node);
    if (made != child) {
      Layout::set_child(node, at.slot, made);
      memory.release(child);
    }
    Layout::set_count(node, at.slot + 1);
    if (Layout::is_relaxed(node)) Layout::set_end(node, at.slot, keep);
    for (unsigned slot = at.slot + 1; slot < count; ++slot) memory.release(Layout::child(node, slot));
    return node;
  }
  rrb_child children[Layout::width];
  rrb_children<Layout>(node, height, size, 0, at.slot, children);
  children[at.slot] = {made, keep - at.first};
  std::byte* const copy = rrb_make_branch<Layout>(memory, height, children, at.slot + 1);
  if (copy == nullptr) {
    if (made != child) memory.release(made);
    return nullptr;
  }
  fetch_counts<Layout>(node, at.slot);
  for (unsigned slot = 0; slot < at.slot; ++slot) memory.retain(children[slot].ref);
  if (made == child) memory.retain(child);
  return copy;
}

/// A new node with what is behind the first `skip` elements of a node; null if it could not be made.
template <class Layout, class Memory>
[[nodiscard]] inline std::byte* rrb_drop_below(Memory& memory, const std::byte* node, unsigned height,
                                               std::uint64_t size, std::uint64_t skip) noexcept {
  if (height == 0) {
    const auto left = static_cast<std::uint32_t>(size - skip);
    return rrb_copy_leaf<Layout>(memory, Layout::elements(node) + skip, left, left);
  }
  const rrb_place at = rrb_locate<Layout>(node, height, size, skip);
  std::byte* const child = Layout::child(node, at.slot);
  std::byte* made = child;
  if (skip != at.first) {
    made = rrb_drop_below<Layout>(memory, child, height - 1, at.end - at.first, skip - at.first);
    if (made == nullptr) return nullptr;
  }
  const std::uint32_t count = count_of(node);
  rrb_child children[Layout::width];
  children[0] = {made, at.end - skip};
  rrb_children<Layout>(node, height, size, at.slot + 1, count, children + 1);
  std::byte* const copy = rrb_make_branch<Layout>(memory, height, children, count - at.slot);
  if (copy == nullptr) {
    if (made != child) memory.release(made);
    return nullptr;
  }
  fetch_counts<Layout>(copy, count - at.slot);
  for (unsigned slot = at.slot + 1; slot < count; ++slot) memory.retain(Layout::child(node, slot));
  if (made == child) memory.retain(child);
  return copy;
}

/// The leaf that has a position of the tree.
template <class Layout>
[[nodiscard]] inline std::pair<std::byte*, std::uint64_t> rrb_leaf_at(const rrb_version& version,
                                                                      std::uint64_t index) noexcept {
  std::byte* node = version.root;
  std::uint64_t first = 0, end = version.tree_size;
  for (unsigned height = version.height; height > 0; --height) {
    const rrb_place at = rrb_locate<Layout>(node, height, end - first, index - first);
    node = Layout::child(node, at.slot);
    end = first + at.end;
    first += at.first;
  }
  return {node, first};
}

/// Shortens a version to its first `count` elements; 0 < count < size.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_take(Memory& memory, rrb_version& version, std::uint64_t count) noexcept {
  assert(count > 0 && count < version.size());
  const std::uint64_t in_tree = version.tree_size;
  if (count <= in_tree) {
    const auto [leaf, first] = rrb_leaf_at<Layout>(version, count - 1);
    memory.retain(leaf);
    std::byte* root = nullptr;
    std::uint32_t height = 0;
    if (first != 0) {
      if (Layout::is_low(version.height, first)) [[likely]] {
        root = rrb_take_below<Layout>(memory, version.root, version.height, in_tree, first, true);
        height = version.height;
      } else {
        const rrb_version low = rrb_low_tree<Layout>(memory, version, 0, first);
        root = low.root;
        height = low.height;
      }
      if (root == nullptr) {
        memory.release(leaf);
        return false;
      }
    }
    if (root != version.root) memory.release(version.root);
    memory.release(version.tail);
    version = {root, leaf, first, static_cast<std::uint32_t>(count - first), height};
    if (root != nullptr) rrb_collapse<Layout>(memory, version);
  } else {
    version.tail_count = static_cast<std::uint32_t>(count - in_tree);
  }
  if (Layout::holds_objects && memory.editable(version.tail)) {
    rrb_cut_leaf<Layout>(memory, version.tail, version.tail_count);
  }
  return true;
}

/// Removes the first `count` elements; 0 < count < size.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_drop(Memory& memory, rrb_version& version, std::uint64_t count) noexcept {
  assert(count > 0 && count < version.size());
  const std::uint64_t in_tree = version.tree_size;
  if (count < in_tree) {
    rrb_version left;
    if (Layout::is_low(version.height, in_tree - count)) [[likely]] {
      left.root = rrb_drop_below<Layout>(memory, version.root, version.height, in_tree, count);
      left.height = version.height;
    } else {
      left = rrb_low_tree<Layout>(memory, version, count, in_tree);
    }
    if (left.root == nullptr) return false;
    memory.release(std::exchange(version.root, left.root));
    version.height = left.height;
    version.tree_size -= count;
    rrb_collapse<Layout>(memory, version);
    return true;
  }
  const auto skip = static_cast<std::uint32_t>(count - in_tree);
  if (skip != 0) {
    const std::uint32_t left = version.tail_count - skip;
    std::byte* const tail =
        rrb_copy_leaf<Layout>(memory, Layout::elements(version.tail) + skip, left, rrb_tail_room<Layout>(left, false));
    if (tail == nullptr) return false;
    memory.release(std::exchange(version.tail, tail));
    version.tail_count = left;
  }
  if (version.root != nullptr) memory.release(std::exchange(version.root, nullptr));
  version.tree_size = 0;
  version.height = 0;
  return true;
}

}  // namespace coppice::detail
