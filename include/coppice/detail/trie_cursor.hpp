// Iteration in canonical order: by hash, then by key.
//
// `trie_cursor` is a place between entries with a bounded stack: it can be kept, and moved on one entry at a time.
// `trie_for_each` visits all entries, a little faster. Both fetch the following leaves into the cache while they are at
// one.
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

  leaf_walker() noexcept = default;
  leaf_walker(const Memory& memory, Ref root) noexcept : memory_(memory), pending_(root) {}
  /// Starts at the leaf of the entry that has `before` others before it, and takes from `before` those of other leaves.
  leaf_walker(const Memory& memory, Ref root, std::uint64_t& before) noexcept : memory_(memory), pending_(root) {
    if (before >= trie_size(memory, root)) {  // the end
      pending_ = Ref{};
      before = 0;
    }
    while (pending_ != Ref{} && kind_of(memory.address(pending_)) == node_kind::branch) enter_child(before);
  }
  leaf_walker(const leaf_walker& other) noexcept { *this = other; }
  // NOLINTNEXTLINE(bugprone-unhandled-self-assignment): it assigns each member to itself
  leaf_walker& operator=(const leaf_walker& other) noexcept {
    memory_ = other.memory_;
    levels_ = other.levels_;
    pending_ = other.pending_;
    for (unsigned i = 0; i < levels_; ++i) stack_[i] = other.stack_[i];  // not more: the others have no value
    return *this;
  }
  ~leaf_walker() = default;

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

  /// From a pending branch to the child with the entry.
  void enter_child(std::uint64_t& before) noexcept {
    const std::byte* branch = memory_->address(pending_);
    unsigned slot = 0;
    while (true) {
      const Ref ref = child_of<Ref>(branch, slot);
      slot = end_of_child<Ref>(branch, slot);
      const std::uint64_t count = trie_size(*memory_, ref);
      pending_ = ref;
      if (before < count) break;
      before -= count;
    }
    stack_[levels_++] = {branch, slot};
  }

  void fetch_children(const std::byte* branch) const noexcept {
    Ref previous{};
    for (unsigned slot = 0; slot < trie_fan_out; ++slot) {
      const Ref ref = child_of<Ref>(branch, slot);
      if (ref != previous && ref != Ref{}) prefetch(memory_->address(ref));
      previous = ref;
    }
  }

  [[no_unique_address]] kept_memory<Memory> memory_;
  unsigned levels_ = 0;
  Ref pending_{};
  level stack_[max_branch_levels];  // the first levels_ of them
};

/// Walks the leaves of a version in order and has the next few on their way into the cache.
template <readable_memory Memory>
class leaf_stream {
 public:
  leaf_stream() noexcept = default;
  leaf_stream(const Memory& memory, typename Memory::ref_type root) noexcept : walker_(memory, root) { fill(); }
  /// See leaf_walker.
  leaf_stream(const Memory& memory, typename Memory::ref_type root, std::uint64_t& before) noexcept
      : walker_(memory, root, before) {
    fill();
  }
  /// The next leaf, or null after the last.
  [[nodiscard]] const std::byte* next() noexcept {
    const std::byte* leaf = queue_[at_];
    if (leaf != nullptr) queue_[at_] = fetch();
    at_ = (at_ + 1) % ahead;
    return leaf;
  }

 private:
  static constexpr unsigned ahead = 2;  // more compete for the same buffers: 4 cost a tenth more at a million entries
  void fill() noexcept {
    for (const std::byte*& slot : queue_) slot = fetch();
  }
  [[nodiscard]] const std::byte* fetch() noexcept {
    const std::byte* leaf = walker_.next();
    if (leaf != nullptr) fetch_node(leaf);
    return leaf;
  }

  leaf_walker<Memory> walker_;
  const std::byte* queue_[ahead] = {};
  unsigned at_ = 0;
};

/// A place in a version: before an entry, or at the end.
template <readable_memory Memory, class Leaf>
class trie_cursor {
 public:
  using Ref = typename Memory::ref_type;

  trie_cursor(const Memory& memory, Ref root) noexcept : memory_(memory), leaves_(memory, root) { next_leaf(); }

  [[nodiscard]] bool done() const noexcept { return position_.done(); }
  /// Precondition: !done(). Valid as long as the version.
  [[nodiscard]] typename Leaf::entry entry() const noexcept {
    assert(!done());
    return position_.get(*memory_);
  }
  /// Precondition: !done().
  void advance() noexcept {
    assert(!done());
    position_.advance();
    if (position_.done()) next_leaf();
  }

 private:
  void next_leaf() noexcept {
    const std::byte* leaf = leaves_.next();
    if (leaf != nullptr) position_ = typename Leaf::position(leaf);
  }

  kept_memory<Memory> memory_;
  leaf_stream<Memory> leaves_;
  typename Leaf::position position_;
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
  leaf_stream<Memory> leaves(memory, root);
  while (const std::byte* node = leaves.next()) {
    if (!leaf.each(memory, node, visit)) return false;
  }
  return true;
}

}  // namespace coppice::detail
