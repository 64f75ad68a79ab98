// The checker: verifies every invariant of a version (R1-R6; see rrb_layout.hpp) and names the first that is broken.
//
// Thread safety: see rrb_tree.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

template <class Layout, class Memory>
class rrb_checker {
 public:
  explicit rrb_checker(const Memory& memory) noexcept : memory_(memory) {}

  [[nodiscard]] const char* check(const rrb_version& version) const noexcept {
    if (version.size() == 0) {
      const bool bare = version.root == nullptr && version.tail == nullptr && version.tail_count == 0;
      return bare ? nullptr : "R6 an empty version has no nodes";
    }
    if (version.tail == nullptr || version.tail_count == 0) return "R6 a version has a tail";
    if (const char* broken = check_leaf(version.tail, version.tail_count); broken != nullptr) return broken;
    if (version.root == nullptr) return version.tree_size == 0 ? nullptr : "R6 without a tree all is in the tail";
    if (!Layout::is_low(version.height, version.tree_size)) return "R5 a tree is not higher than its elements allow";
    if (version.height > 0 && count_of(version.root) == 1) return "R6 a root has several children";
    return check_node(version.root, version.height, version.tree_size);
  }

 private:
  [[nodiscard]] const char* check_leaf(std::byte* leaf, std::uint64_t size) const noexcept {
    if (kind_of(leaf) != Layout::leaf_kind) return "R1 leaves are at one depth";
    if (size == 0) return "R4 no leaf is empty";
    if (size > Layout::leaf_capacity) return "R4 no leaf is larger than its capacity";
    const std::uint32_t filled = memory_.filled(leaf);
    if (size > filled) return "R4 a leaf has the elements that it is said to have";
    if (Layout::leaf_bytes(filled) > bytes_of(leaf)) return "R4 a leaf has room for its elements";
    if (Layout::leaf_bytes(1U << depth_of(leaf)) > bytes_of(leaf)) return "R4 a leaf has the room that it claims";
    return nullptr;
  }

  [[nodiscard]] const char* check_node(std::byte* node, unsigned height, std::uint64_t size) const noexcept {
    if (height == 0) return check_leaf(node, size);
    const bool relaxed = Layout::is_relaxed(node);
    if (!relaxed && kind_of(node) != node_kind::rrb_branch) return "R1 leaves are at one depth";
    if (depth_of(node) != height) return "R1 a branch has the height of its place";
    if (bytes_of(node) != Layout::branch_bytes(relaxed)) return "R4 a branch has its size";
    const std::uint32_t count = count_of(node);
    if (count == 0 || count > Layout::width) return "R4 a branch has 1 to 2^B children";
    if (relaxed ? Layout::end(node, count - 1) != size : !spans(count, height, size)) {
      return relaxed ? "R2 the last size is that of all" : "R3 a branch without a table is radix";
    }
    return check_children(node, height, size);
  }

  [[nodiscard]] const char* check_children(std::byte* node, unsigned height, std::uint64_t size) const noexcept {
    const std::uint32_t count = count_of(node);
    std::uint64_t before = 0;
    for (unsigned slot = 0; slot < count; ++slot) {
      const rrb_place at = rrb_child_at<Layout>(node, height, size, slot);
      if (at.first != before || at.end <= at.first) return "R2 sizes are cumulative";
      before = at.end;
      std::byte* const child = Layout::child(node, slot);
      if (height > 1 && !Layout::is_relaxed(node) && Layout::is_relaxed(child)) {
        return "R3 below a branch without a table there is none";
      }
      if (const char* broken = check_node(child, height - 1, at.end - at.first); broken != nullptr) return broken;
    }
    return nullptr;
  }

  /// Whether `count` children, all perfect but the last, have so many elements.
  [[nodiscard]] static bool spans(std::uint32_t count, unsigned height, std::uint64_t size) noexcept {
    const std::uint64_t full = Layout::full(height - 1);
    return size > (count - 1) * full && size <= count * full;
  }

  const Memory& memory_;
};

/// Null, or the invariant that is broken.
template <class Layout, class Memory>
[[nodiscard]] inline const char* rrb_check(const Memory& memory, const rrb_version& version) noexcept {
  return rrb_checker<Layout, Memory>(memory).check(version);
}

}  // namespace coppice::detail
