// Iteration in canonical order: by hash, then by key.
//
// `trie_cursor` is a place between entries with a bounded stack: it can be kept, and moved on one entry at a time.
// `trie_for_each` visits all entries, faster: it fetches the following leaves into the cache while it visits one.
//
// Thread safety: see trie.hpp. A cursor is valid as long as the version that it walks.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/trie.hpp"

namespace coppice::detail {

/// Walks the leaves of a version in order.
template <readable_memory Memory>
class leaf_walker {
 public:
  using Ref = typename Memory::ref_type;

  leaf_walker(const Memory& memory, Ref root) noexcept : memory_(&memory), pending_(root) {}

  /// The next leaf, or null after the last.
  [[nodiscard]] const std::byte* next() noexcept {
    while (true) {
      Ref ref = pending_;
      pending_ = Ref{};
      if (ref == Ref{}) {
        if (levels_ == 0) return nullptr;
        level& top = stack_[levels_ - 1];
        if (top.slot == trie_fan_out) {
          --levels_;
          continue;
        }
        ref = child_of<Ref>(top.branch, top.slot);
        top.slot = end_of_child<Ref>(top.branch, top.slot);
        if (ref == Ref{}) continue;
      }
      const std::byte* node = memory_->address(ref);
      if (kind_of(node) != node_kind::branch) return node;
      assert(levels_ < max_branch_levels);
      stack_[levels_++] = {node, 0};
      fetch_children(node);
    }
  }

 private:
  struct level {
    const std::byte* branch;
    unsigned slot;
  };

  void fetch_children(const std::byte* branch) const noexcept {
    Ref previous{};
    for (unsigned slot = 0; slot < trie_fan_out; ++slot) {
      const Ref ref = child_of<Ref>(branch, slot);
      if (ref != previous && ref != Ref{}) prefetch(memory_->address(ref));
      previous = ref;
    }
  }

  const Memory* memory_;
  level stack_[max_branch_levels];
  unsigned levels_ = 0;
  Ref pending_;
};

/// A place in a version: before an entry, or at the end.
template <readable_memory Memory, class Leaf>
class trie_cursor {
 public:
  using Ref = typename Memory::ref_type;

  trie_cursor(const Memory& memory, const Leaf& leaf, Ref root) noexcept
      : memory_(&memory), leaf_(&leaf), walker_(memory, root), node_(walker_.next()) {}

  [[nodiscard]] bool done() const noexcept { return node_ == nullptr; }
  /// Precondition: !done(). Valid as long as the version.
  [[nodiscard]] typename Leaf::entry entry() const noexcept {
    assert(!done());
    return leaf_->entry_at(*memory_, node_, index_);
  }
  /// Precondition: !done().
  void advance() noexcept {
    assert(!done());
    if (++index_ < count_of(node_)) return;
    index_ = 0;
    node_ = walker_.next();
  }

 private:
  const Memory* memory_;
  const Leaf* leaf_;
  leaf_walker<Memory> walker_;
  const std::byte* node_;
  std::uint32_t index_ = 0;
};

/// Calls `f(entry)` for every entry in order. If `f` returns bool, false stops. Returns whether all were visited.
template <readable_memory Memory, class Leaf, class F>
bool trie_for_each(const Memory& memory, const Leaf& leaf, typename Memory::ref_type root, F&& f) {
  const auto visit = [&](const typename Leaf::entry& entry) -> bool {
    if constexpr (std::is_void_v<decltype(f(entry))>) {
      f(entry);
      return true;
    } else {
      return f(entry);
    }
  };
  constexpr unsigned ahead = 4;  // leaves whose bytes are on their way while one is visited
  leaf_walker<Memory> walker(memory, root);
  const std::byte* queue[ahead];
  const auto fetch = [&]() noexcept {
    const std::byte* node = walker.next();
    if (node != nullptr) fetch_node(node);
    return node;
  };
  for (const std::byte*& slot : queue) slot = fetch();
  for (unsigned i = 0; queue[i] != nullptr; i = (i + 1) % ahead) {
    const std::byte* node = queue[i];
    queue[i] = fetch();
    if (!leaf.each(memory, node, visit)) return false;
  }
  return true;
}

}  // namespace coppice::detail
