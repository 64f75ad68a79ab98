// Versions of a vector, and reading them.
//
// A version is a tree and a tail: the leaf with the last elements, which is kept apart so that appending touches
// nothing else. R6: the tail has 1 to 2^L elements, unless the version is empty; then there is no tree either. A tree
// whose root has one child is replaced by that child.
//
// Thread safety: a version may be read by any number of threads.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"

namespace coppice::detail {

/// No vector is longer.
inline constexpr std::uint64_t rrb_max_size = std::uint64_t{1} << 48;

struct rrb_version {
  std::byte* root = nullptr;
  std::byte* tail = nullptr;
  std::uint64_t tree_size = 0;
  std::uint32_t tail_count = 0;
  std::uint32_t height = 0;  // of the root; 0: it is a leaf

  [[nodiscard]] std::uint64_t size() const noexcept { return tree_size + tail_count; }
};

/// A node with the number of elements below it that belong to the version.
struct rrb_child {
  std::byte* ref = nullptr;
  std::uint64_t size = 0;
};

/// Has the first lines of a node on their way into the cache; what reads on fetches the others.
inline void fetch_begin(const std::byte* node) noexcept {
  for (std::size_t at = 0; at < 256; at += 64) prefetch(node + at);
}

/// A child of a branch: its slot, and which elements of the branch are below it.
struct rrb_place {
  unsigned slot;
  std::uint64_t first;
  std::uint64_t end;
};

/// Where a child of a branch of `size` elements is.
template <class Layout>
[[nodiscard]] inline rrb_place rrb_child_at(const Layout& layout, const std::byte* branch, unsigned height,
                                            std::uint64_t size, unsigned slot) noexcept {
  if (Layout::is_relaxed(branch)) {
    return {slot, slot == 0 ? 0 : layout.end(branch, slot - 1), layout.end(branch, slot)};
  }
  const std::uint64_t first = std::uint64_t{slot} << layout.shift(height - 1);
  const std::uint64_t end = first + layout.full(height - 1);
  return {slot, first, end < size ? end : size};
}
template <class Layout>
[[nodiscard]] inline rrb_place rrb_child_at(const std::byte* branch, unsigned height, std::uint64_t size,
                                            unsigned slot) noexcept {
  return rrb_child_at(Layout{}, branch, height, size, slot);
}

/// The slot of a relaxed branch below which a position is. The search begins where the child would be if all before it
/// were perfect; the fuller the nodes are, the less further it is.
template <class Layout>
[[nodiscard]] inline unsigned rrb_relaxed_slot(const std::byte* branch, unsigned height, std::uint64_t index) noexcept {
  auto slot = static_cast<unsigned>(index >> Layout::shift(height - 1));
  while (Layout::end(branch, slot) <= index) ++slot;
  return slot;
}

/// The child of a branch of `size` elements below which position `index` is.
template <class Layout>
[[nodiscard]] inline rrb_place rrb_locate(const std::byte* branch, unsigned height, std::uint64_t size,
                                          std::uint64_t index) noexcept {
  assert(index < size);
  const unsigned slot = Layout::is_relaxed(branch) ? rrb_relaxed_slot<Layout>(branch, height, index)
                                                   : static_cast<unsigned>(index >> Layout::shift(height - 1));
  return rrb_child_at<Layout>(branch, height, size, slot);
}

/// Elements that lie side by side: positions [first, end), the first of them at `data`.
template <class T>
struct rrb_chunk {
  const T* data;
  std::uint64_t first;
  std::uint64_t end;
};

/// The element at a position. Precondition: index < version.size().
template <class Layout>
[[nodiscard]] inline const typename Layout::element& rrb_at(const rrb_version& version, std::uint64_t index) noexcept {
  assert(index < version.size());
  const std::uint64_t in_tree = version.tree_size;
  const std::byte* node = version.root;
  unsigned height = version.height;
  if (height == 1 && !Layout::is_relaxed(node)) {
    // The tail of a short vector is a good part of it, so whether a position is in it cannot be predicted: both leaves
    // are looked up, and one is chosen. The slot may be unused, but there is one.
    // (By masks: compilers would branch.)
    const std::uint64_t in_tail = std::uint64_t{0} - static_cast<std::uint64_t>(index >= in_tree);
    const auto slot = static_cast<unsigned>(index >> Layout::leaf_bits) & (Layout::width - 1);
    const auto leaf = reinterpret_cast<std::uintptr_t>(Layout::child(node, slot));
    const auto tail = reinterpret_cast<std::uintptr_t>(version.tail);
    const std::uintptr_t chosen = leaf ^ ((leaf ^ tail) & static_cast<std::uintptr_t>(in_tail));
    const std::uint64_t offset =
        index - ((in_tree & in_tail) | (index & ~in_tail & ~std::uint64_t{Layout::leaf_capacity - 1}));
    return Layout::elements(reinterpret_cast<const std::byte*>(chosen))[offset];
  }
  if (index >= in_tree) return Layout::elements(version.tail)[index - in_tree];
  for (; Layout::is_relaxed(node); --height) {
    const unsigned slot = rrb_relaxed_slot<Layout>(node, height, index);
    if (slot != 0) index -= Layout::end(node, slot - 1);
    node = Layout::child(node, slot);
  }
  // Without a table the headers of nodes need not be read (R3).
  for (unsigned shift = Layout::leaf_bits + Layout::branch_bits * height; shift > Layout::leaf_bits;) {
    shift -= Layout::branch_bits;
    node = Layout::child(node, static_cast<unsigned>(index >> shift) & (Layout::width - 1));
  }
  return Layout::elements(node)[index & (Layout::leaf_capacity - 1)];
}

/// The leaf that has a position, as far as it belongs to the version. Precondition: index < version.size().
template <class Layout>
[[nodiscard]] inline rrb_chunk<typename Layout::element> rrb_chunk_at(const rrb_version& version,
                                                                      std::uint64_t index) noexcept {
  assert(index < version.size());
  std::uint64_t first = 0, end = version.tree_size;
  if (index >= end) return {Layout::elements(version.tail), end, version.size()};
  const std::byte* node = version.root;
  for (unsigned height = version.height; height > 0; --height) {
    const rrb_place at = rrb_locate<Layout>(node, height, end - first, index - first);
    node = Layout::child(node, at.slot);
    end = first + at.end;
    first += at.first;
  }
  return {Layout::elements(node), first, end};
}

/// Calls `f(data, count)` for the leaves of a tree in order.
template <class Layout, class F>
inline void rrb_each_leaf(const std::byte* node, unsigned height, std::uint64_t size, F& f) {
  if (height == 0) {
    f(Layout::elements(node), static_cast<std::size_t>(size));
    return;
  }
  const std::uint32_t count = count_of(node);
  for (unsigned slot = 0; slot < count; ++slot) {
    if (slot + 1 < count) fetch_begin(Layout::child(node, slot + 1));
    const rrb_place at = rrb_child_at<Layout>(node, height, size, slot);
    rrb_each_leaf<Layout>(Layout::child(node, slot), height - 1, at.end - at.first, f);
  }
}

/// Calls `f(data, count)` for the leaves of a version in order.
template <class Layout, class F>
inline void rrb_each_chunk(const rrb_version& version, F& f) {
  if (version.root != nullptr) rrb_each_leaf<Layout>(version.root, version.height, version.tree_size, f);
  if (version.tail_count != 0) f(Layout::elements(version.tail), std::size_t{version.tail_count});
}

}  // namespace coppice::detail
