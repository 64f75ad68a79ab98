// Equality and order of versions, which skip what the two share.
//
// Thread safety: see rrb_tree.hpp.
#pragma once

#include <algorithm>
#include <cstdint>

#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

/// The nodes above a position, by height; those of the tail are leaves.
template <class Layout>
struct rrb_path {
  struct node {
    const std::byte* at;
    std::uint64_t first;
    std::uint64_t end;
  };
  node nodes[Layout::max_height + 1];
  unsigned height = 0;

  rrb_path(const rrb_version& version, std::uint64_t index) noexcept {
    std::uint64_t first = 0, end = version.tree_size;
    if (index >= end) {
      nodes[0] = {version.tail, end, version.size()};
      return;
    }
    const std::byte* at = version.root;
    height = version.height;
    for (unsigned level = height;; --level) {
      nodes[level] = {at, first, end};
      if (level == 0) return;
      const rrb_place place = rrb_locate<Layout>(at, level, end - first, index - first);
      at = Layout::child(at, place.slot);
      end = first + place.end;
      first += place.first;
    }
  }
};

/// The first position from `index` on at which two versions of different elements may differ: what stands before it in
/// one and the same node is passed. `compare(a, b, count)` looks at elements side by side; it returns how many of them
/// are equal before the first that are not.
template <class Layout, class Compare>
[[nodiscard]] inline std::uint64_t rrb_first_difference(const rrb_version& a, const rrb_version& b,
                                                        const Compare& compare) {
  const std::uint64_t size = std::min(a.size(), b.size());
  std::uint64_t index = 0;
  while (index < size) {
    const rrb_path<Layout> left(a, index), right(b, index);
    std::uint64_t passed = 0;
    for (unsigned level = std::min(left.height, right.height) + 1; level-- > 0 && passed == 0;) {
      const auto& x = left.nodes[level];
      const auto& y = right.nodes[level];
      if (x.at == y.at && x.first == y.first) passed = std::min(x.end, y.end) - index;
    }
    if (passed == 0) {
      const auto& x = left.nodes[0];
      const auto& y = right.nodes[0];
      const std::uint64_t count = std::min({x.end, y.end, size}) - index;
      passed = compare(Layout::elements(x.at) + (index - x.first), Layout::elements(y.at) + (index - y.first), count);
      if (passed != count) return index + passed;
    }
    index += passed;
  }
  return size;
}

}  // namespace coppice::detail
