// Nodes on the private heap, each with a count of the refs to it.
//
// The count stands where nodes of an arena have the low half of their edit token, so that a node which the trie makes
// under edit_token() is born with one owner. A node may be changed in place while it has one owner and its owners have.
//
// Policies: Count is how counts change (atomic_count: versions may be shared by threads; plain_count: they stay in
// one). Leaf::destroy ends the lifetime of a leaf's elements. Source gives and takes raw memory, so that tests can make
// it fail.
//
// A release that frees a node releases its children. Depth is bounded within one trie, but elements may hold further
// collections without end: beyond a depth the nodes are put on a list and freed by the outermost release.
//
// Thread safety: a memory object belongs to one thread; with atomic_count any number of threads may hold the nodes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/typed_leaf.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/node.hpp"

namespace coppice::detail {

/// Counts that several threads change.
struct atomic_count {
  static void increase(std::uint32_t& count) noexcept {
    // Relaxed: whoever copies a ref has it from somebody who keeps the node alive meanwhile.
    std::atomic_ref<std::uint32_t>(count).fetch_add(1, std::memory_order_relaxed);
  }
  /// True: that was the last one. Acquire and release: the last one sees what all others did to the node.
  [[nodiscard]] static bool decrease(std::uint32_t& count) noexcept {
    const std::atomic_ref<std::uint32_t> shared(count);
    return shared.load(std::memory_order_acquire) == 1 || shared.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  [[nodiscard]] static bool is_one(std::uint32_t& count) noexcept {
    return std::atomic_ref<std::uint32_t>(count).load(std::memory_order_acquire) == 1;
  }
};

/// Counts of one thread.
struct plain_count {
  static void increase(std::uint32_t& count) noexcept { ++count; }
  [[nodiscard]] static bool decrease(std::uint32_t& count) noexcept { return --count == 0; }
  [[nodiscard]] static bool is_one(std::uint32_t& count) noexcept { return count == 1; }
};

/// Raw memory from the global heap.
struct global_source {
  [[nodiscard]] static std::byte* allocate(std::size_t bytes, std::size_t alignment) noexcept {
    return static_cast<std::byte*>(alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
                                       ? ::operator new(bytes, std::nothrow)
                                       : ::operator new(bytes, std::align_val_t{alignment}, std::nothrow));
  }
  static void deallocate(std::byte* node, std::size_t bytes, std::size_t alignment) noexcept {
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      ::operator delete(node, bytes);
    } else {
      ::operator delete(node, bytes, std::align_val_t{alignment});
    }
  }
};

/// Leaves that this thread is destroying, each inside the destructor of an element of the one before.
struct leaf_destruction {
  static constexpr unsigned most = 32;
  unsigned depth = 0;
  std::byte* waiting = nullptr;  // linked by waiting_leaf

  [[nodiscard]] static leaf_destruction& here() noexcept {
    static thread_local leaf_destruction state;
    return state;
  }
};

template <class Count, class Leaf, class Source = global_source>
class heap_memory {
 public:
  using ref_type = std::byte*;

  [[nodiscard]] const std::byte* address(ref_type ref) const noexcept { return ref; }
  [[nodiscard]] allocation<ref_type> allocate(std::size_t bytes) noexcept {
    std::byte* made = Source::allocate(bytes, Leaf::alignment);
    return {made, made};
  }
  [[nodiscard]] std::uint64_t edit_token() const noexcept { return 1; }
  [[nodiscard]] bool editable(ref_type ref) const noexcept { return Count::is_one(count(ref)); }
  [[nodiscard]] std::byte* writable(ref_type ref) noexcept { return ref; }
  void retain(ref_type ref) noexcept { Count::increase(count(ref)); }
  void release(ref_type ref) noexcept {
    if (Count::decrease(count(ref))) free_node(ref);
  }

  /// Called inside a handler: the exception is why the next allocation seems to fail.
  void keep_exception() noexcept { exception_ = std::current_exception(); }
  /// Throws the exception kept, or std::bad_alloc.
  [[noreturn]] void raise() {
    if (exception_ != nullptr) std::rethrow_exception(std::exchange(exception_, nullptr));
    throw std::bad_alloc();
  }

 private:
  [[nodiscard]] static std::uint32_t& count(ref_type ref) noexcept {
    return reinterpret_cast<node_header*>(ref)->edit_low;
  }

  void free_node(ref_type node) noexcept {
    if (kind_of(node) != node_kind::branch) return free_leaf(node);
    const auto* refs = reinterpret_cast<const ref_type*>(node + branch_refs_offset);
    each_distinct(refs, trie_fan_out, [&](ref_type child) { release(child); });
    Source::deallocate(node, bytes_of(node), Leaf::alignment);
  }

  static void free_leaf(std::byte* leaf) noexcept {
    if constexpr (!std::is_trivially_destructible_v<typename Leaf::element>) {
      leaf_destruction& state = leaf_destruction::here();
      if (state.depth == leaf_destruction::most) {
        store(leaf + sizeof(node_header), waiting_leaf{state.waiting, &free_leaf});
        state.waiting = leaf;
        return;
      }
      ++state.depth;
      Leaf::destroy(leaf);
      --state.depth;
      Source::deallocate(leaf, bytes_of(leaf), Leaf::alignment);
      while (state.depth == 0 && state.waiting != nullptr) {
        std::byte* next = state.waiting;
        const auto link = load<waiting_leaf>(next + sizeof(node_header));
        state.waiting = link.next;
        link.free(next);
      }
    } else {
      Source::deallocate(leaf, bytes_of(leaf), Leaf::alignment);
    }
  }

  std::exception_ptr exception_;
};

}  // namespace coppice::detail
