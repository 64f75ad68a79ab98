// Appending many elements.
//
// Leaves are filled whole and moved to the tree, whose right edge is edited in place: per leaf that costs what a
// bottom-up build costs, and it begins anywhere.
//
// Ownership: see rrb_edit.hpp. After a failure the version has some of the elements: for callers that drop it then.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "coppice/detail/heap/rrb_concat.hpp"
#include "coppice/detail/heap/rrb_edit.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_leaf.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

/// Appends copies of elements that lie side by side.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_append_copies(Memory& memory, rrb_version& version, const typename Layout::element* from,
                                            std::size_t count) noexcept {
  while (count != 0) {
    if (version.tail_count == Layout::leaf_capacity && !rrb_push_tail<Layout>(memory, version)) return false;
    const auto run =
        static_cast<std::uint32_t>(std::min<std::size_t>(count, Layout::leaf_capacity - version.tail_count));
    if (version.tail_count != 0) {
      if (!rrb_append_run<Layout>(memory, version, from, run)) return false;
    } else {
      version.tail = rrb_copy_leaf<Layout>(memory, from, run, rrb_tail_room<Layout>(run, version.root != nullptr));
      if (version.tail == nullptr) return false;
      version.tail_count = run;
    }
    from += run;
    count -= run;
  }
  return true;
}

}  // namespace coppice::detail
