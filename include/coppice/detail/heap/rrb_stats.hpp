// Counting nodes and bytes of versions, each shared node once.
//
// Thread safety: see rrb_tree.hpp. It allocates, and throws std::bad_alloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

/// Calls `f(node)` once for every node of a version that is not in `seen`, and adds it. Below a node that is, all are.
template <class Layout, class F>
class rrb_node_visitor {
 public:
  rrb_node_visitor(std::unordered_set<const std::byte*>& seen, F& f) noexcept : seen_(seen), f_(f) {}

  void visit(const rrb_version& version) {
    if (version.root != nullptr) visit(version.root, version.height);
    if (version.tail != nullptr) visit(version.tail, 0);
  }

 private:
  void visit(const std::byte* node, unsigned height) {
    if (!seen_.insert(node).second) return;
    f_(node);
    if (height == 0) return;
    const std::uint32_t count = count_of(node);
    for (unsigned slot = 0; slot < count; ++slot) visit(Layout::child(node, slot), height - 1);
  }

  std::unordered_set<const std::byte*>& seen_;
  F& f_;
};

}  // namespace coppice::detail
