// Appending leaves to a tree, and making trees that are low.
//
// R5: a tree of height h has at least 2^((B-1)(h-2)) elements. Trees that were appended to, and those that were joined
// from such trees, have far more. But a slice leaves thin nodes along both edges of a tree, down to one child each, and
// a concatenation evens out only the nodes along its seam: where it makes one branch of two thin ones, what is below
// their children stays as thin as it was. So no bound holds for each branch, not even off the edges: few random slices
// and concatenations give a branch of 8 whose 8 children have 21 children, where 3 branches and `rrb_slack` would do,
// and one of 4 whose 4 children have one each. Whoever goes on cutting out the piece around the middle of the root and
// concatenating it with itself would get a higher tree each time, of a few dozen elements.
//
// Hence no operation makes a tree that is higher than R5 allows. Where a level would have to be added that there are
// too few elements for, or a slice would leave too few, the leaves are put below new branches instead, all of which are
// full but those at the right edge: for leaves of one element or more these satisfy R5. That costs O(1) for each leaf,
// but they are few: less than 2^((B-1)(h-2)) elements are left of a tree that had room for 2^(L+Bh), or the tree is
// made of thin nodes, of which it has none then.
//
// Ownership and failure: see rrb_edit.hpp. What is made here is new, so that nothing is changed where that fails.
//
// Thread safety: see rrb_tree.hpp.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/rrb_branch.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_leaf.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

/// Whether a leaf can be appended below a branch without a further level.
template <class Layout>
[[nodiscard]] inline bool rrb_has_slot(const std::byte* branch, unsigned height) noexcept {
  for (; height > 0; --height) {
    const std::uint32_t count = count_of(branch);
    if (count < Layout::width) return true;
    branch = Layout::child(branch, count - 1);
  }
  return false;
}

/// A leaf below so many branches of one child each, which takes it over; null if there is no space.
template <class Layout, class Memory>
[[nodiscard]] inline std::byte* rrb_raise(Memory& memory, rrb_child leaf, unsigned height) noexcept {
  std::byte* top = leaf.ref;
  for (unsigned level = 1; level <= height; ++level) {
    const rrb_child below{top, leaf.size};
    std::byte* const made = rrb_make_branch<Layout>(memory, level, &below, 1);
    if (made == nullptr) {
      memory.retain(leaf.ref);
      memory.release(top);
      return nullptr;
    }
    top = made;
  }
  return top;
}

/// Whether a branch can take `changed` as its last child, in `slot`, without becoming another kind of node.
template <class Layout>
[[nodiscard]] inline bool rrb_takes_last(const std::byte* branch, unsigned height, std::uint64_t size, unsigned slot,
                                         const std::byte* changed) noexcept {
  if (Layout::is_relaxed(branch)) return true;
  if (height > 1 && Layout::is_relaxed(changed)) return false;
  return slot < count_of(branch) || size == std::uint64_t{slot} << Layout::shift(height - 1);
}

/// Appends a leaf below a branch that has a slot for it, and takes it over. Returns the node that stands for the
/// branch, `node` itself if it was edited in place, which only happens if it is `unique` with all above it.
template <class Layout, class Memory>
[[nodiscard]] inline std::byte* rrb_append_below(Memory& memory, std::byte* node, unsigned height, std::uint64_t size,
                                                 rrb_child leaf, bool unique) noexcept {
  unique = unique && memory.editable(node);
  const std::uint32_t count = count_of(node);
  const rrb_place last = rrb_child_at<Layout>(node, height, size, count - 1);
  std::byte* const child = Layout::child(node, last.slot);
  const bool below = rrb_has_slot<Layout>(child, height - 1);
  std::byte* const made = below
                              ? rrb_append_below<Layout>(memory, child, height - 1, last.end - last.first, leaf, unique)
                              : rrb_raise<Layout>(memory, leaf, height - 1);
  if (made == nullptr) return nullptr;
  const unsigned slot = below ? last.slot : count;
  if (unique && rrb_takes_last<Layout>(node, height, size, slot, made)) {
    Layout::set_child(node, slot, made);
    Layout::set_count(node, slot + 1);
    if (Layout::is_relaxed(node)) Layout::set_end(node, slot, size + leaf.size);
    if (below && made != child) memory.release(child);
    return node;
  }
  // A child that was edited in place is what it was, so its parent is too: nothing here would have to be undone.
  assert(!below || made != child);
  rrb_child children[Layout::width];
  rrb_children<Layout>(node, height, size, 0, slot, children);
  children[slot] = {made, leaf.size + (below ? last.end - last.first : 0)};
  std::byte* const copy = rrb_make_branch<Layout>(memory, height, children, slot + 1);
  if (copy == nullptr) {
    memory.retain(leaf.ref);
    memory.release(made);
    return nullptr;
  }
  fetch_counts<Layout>(node, slot);
  for (unsigned i = 0; i < slot; ++i) memory.retain(children[i].ref);
  return copy;
}

/// Appends a leaf to the tree of a version, which takes it over. For leaves that are not full too.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_push_leaf(Memory& memory, rrb_version& version, rrb_child leaf) noexcept {
  const std::uint64_t size = version.tree_size;
  if (version.root == nullptr) {
    version.root = leaf.ref;
  } else if (rrb_has_slot<Layout>(version.root, version.height)) {
    std::byte* const made = rrb_append_below<Layout>(memory, version.root, version.height, size, leaf, true);
    if (made == nullptr) return false;
    if (made != version.root) memory.release(std::exchange(version.root, made));
  } else {
    std::byte* const side = rrb_raise<Layout>(memory, leaf, version.height);
    if (side == nullptr) return false;
    const rrb_child children[2] = {{version.root, size}, {side, leaf.size}};
    std::byte* const made = rrb_make_branch<Layout>(memory, version.height + 1, children, 2);
    if (made == nullptr) {
      memory.retain(leaf.ref);
      memory.release(side);
      return false;
    }
    version.root = made;
    ++version.height;
  }
  version.tree_size += leaf.size;
  return true;
}

/// Appends elements [from, to) of a tree to the tree of a version, leaf by leaf. They keep their owners.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_add_leaves(Memory& memory, rrb_version& version, std::byte* node, unsigned height,
                                         std::uint64_t size, std::uint64_t from, std::uint64_t to) noexcept {
  if (height == 0) {
    if (from == 0) {
      memory.retain(node);
    } else {
      const auto left = static_cast<std::uint32_t>(to - from);
      node = rrb_copy_leaf<Layout>(memory, Layout::elements(node) + from, left, left);
      if (node == nullptr) return false;
    }
    if (rrb_push_leaf<Layout>(memory, version, {node, to - from})) return true;
    memory.release(node);
    return false;
  }
  const std::uint32_t count = count_of(node);
  for (unsigned slot = 0; slot < count; ++slot) {
    const rrb_place at = rrb_child_at<Layout>(node, height, size, slot);
    if (at.end <= from || at.first >= to) continue;
    if (!rrb_add_leaves<Layout>(memory, version, Layout::child(node, slot), height - 1, at.end - at.first,
                                std::max(from, at.first) - at.first, std::min(to, at.end) - at.first)) {
      return false;
    }
  }
  return true;
}
/// All elements of a tree.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_add_leaves(Memory& memory, rrb_version& version, std::byte* node, unsigned height,
                                         std::uint64_t size) noexcept {
  return node == nullptr || rrb_add_leaves<Layout>(memory, version, node, height, size, 0, size);
}

/// Gives up a tree that has no tail yet.
template <class Memory>
inline void rrb_discard(Memory& memory, const rrb_version& version) noexcept {
  if (version.root != nullptr) memory.release(version.root);
}

/// A tree of elements [from, to) of the tree of a version, as low as they allow; without a root if it could not be
/// made.
template <class Layout, class Memory>
[[nodiscard, gnu::noinline]] inline rrb_version rrb_low_tree(Memory& memory, const rrb_version& of, std::uint64_t from,
                                                             std::uint64_t to) noexcept {
  rrb_version low;
  if (rrb_add_leaves<Layout>(memory, low, of.root, of.height, of.tree_size, from, to)) return low;
  rrb_discard(memory, low);
  return {};
}

}  // namespace coppice::detail
