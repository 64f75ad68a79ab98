// Nodes on the private heap, each with a count of the refs to it.
//
// The count stands where nodes of an arena have the low half of their edit token, so that a node which an algorithm
// makes under edit_token() is born with one owner. A node may be changed in place while it has one owner and its owners
// have.
//
// Policies: Count is how counts change (atomic_count: versions may be shared by threads; plain_count: they stay in
// one). Nodes tells where a node has its children, and ends the lifetime of a leaf's elements. Source gives and takes
// raw memory, so that tests can make it fail.
//
// Nodes has `alignment`, `holds_objects` (whether elements have destructors), `is_leaf(node)`, `each_child(node, f)`
// for other nodes, and `destroy(leaf)`. In a leaf that holds objects the sixteen bytes after the header hold none of
// them.
//
// A release that frees a node releases its children. Depth is bounded within one collection, but elements may hold
// further collections without end: beyond a depth the leaves are put on a list and freed by the outermost release.
//
// Thread safety: heap_memory has no state; a heap_edit belongs to one thread. With atomic_count any number of threads
// may hold the nodes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/branch.hpp"
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
  // How many places of a leaf are taken: written by whoever claims one, read by others who want to. Relaxed: nothing is
  // read by it. Who reads an element has a version that was made after it, and who destroys it was the last to
  // decrease the leaf's count.
  [[nodiscard]] static std::uint32_t filled(std::uint32_t& places) noexcept {
    return std::atomic_ref<std::uint32_t>(places).load(std::memory_order_relaxed);
  }
  [[nodiscard]] static bool claim(std::uint32_t& places, std::uint32_t from, std::uint32_t to) noexcept {
    const std::atomic_ref<std::uint32_t> shared(places);
    return shared.load(std::memory_order_relaxed) == from &&
           shared.compare_exchange_strong(from, to, std::memory_order_relaxed);
  }
};

/// Counts of one thread.
struct plain_count {
  static void increase(std::uint32_t& count) noexcept { ++count; }
  [[nodiscard]] static bool decrease(std::uint32_t& count) noexcept { return --count == 0; }
  [[nodiscard]] static bool is_one(std::uint32_t& count) noexcept { return count == 1; }
  [[nodiscard]] static std::uint32_t filled(std::uint32_t& places) noexcept { return places; }
  [[nodiscard]] static bool claim(std::uint32_t& places, std::uint32_t from, std::uint32_t to) noexcept {
    if (places != from) return false;
    places = to;
    return true;
  }
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

/// In the sixteen bytes after the header of a leaf that waits to be destroyed.
struct waiting_leaf {
  std::byte* next;
  void (*free)(std::byte* leaf) noexcept;
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

/// Reads nodes, and shares and gives up refs to them.
template <class Count, class Nodes, class Source = global_source>
class heap_memory {
 public:
  using ref_type = std::byte*;

  [[nodiscard]] static const std::byte* address(ref_type ref) noexcept { return ref; }
  static void retain(ref_type ref) noexcept { Count::increase(count(ref)); }
  static void release(ref_type ref) noexcept {
    if (Count::decrease(count(ref))) free_node(ref);
  }

  /// How many elements a leaf has, if other versions may add some after those that one's own version knows.
  [[nodiscard]] static std::uint32_t filled(ref_type leaf) noexcept { return Count::filled(places(leaf)); }
  /// Takes places [from, to) of such a leaf. False: somebody else was first. Whoever got them makes elements there, at
  /// once and without an exception: whoever destroys the leaf will destroy them too.
  [[nodiscard]] static bool claim(ref_type leaf, std::uint32_t from, std::uint32_t to) noexcept {
    return Count::claim(places(leaf), from, to);
  }

 protected:
  [[nodiscard]] static std::uint32_t& count(ref_type ref) noexcept {
    return reinterpret_cast<node_header*>(ref)->edit_low;
  }
  [[nodiscard]] static std::uint32_t& places(ref_type leaf) noexcept {
    return reinterpret_cast<node_header*>(leaf)->count;
  }

 private:
  static void free_node(ref_type node) noexcept {
    if (Nodes::is_leaf(node)) return free_leaf(node);
    Nodes::each_child(node, [](ref_type child) { release(child); });
    Source::deallocate(node, bytes_of(node), Nodes::alignment);
  }

  static void free_leaf(std::byte* leaf) noexcept {
    if constexpr (!Nodes::holds_objects) {
      Source::deallocate(leaf, bytes_of(leaf), Nodes::alignment);
    } else {
      leaf_destruction& state = leaf_destruction::here();
      if (state.depth == leaf_destruction::most) {
        store(leaf + sizeof(node_header), waiting_leaf{state.waiting, &free_leaf});
        state.waiting = leaf;
        return;
      }
      ++state.depth;
      Nodes::destroy(leaf);
      --state.depth;
      Source::deallocate(leaf, bytes_of(leaf), Nodes::alignment);
      if (state.depth != 0) return;
      ++state.depth;  // so that no leaf that is freed here begins a loop of its own, inside this one
      while (state.waiting != nullptr) {
        std::byte* next = state.waiting;
        const auto link = load<waiting_leaf>(next + sizeof(node_header));
        state.waiting = link.next;
        link.free(next);
      }
      --state.depth;
    }
  }
};

/// One change of a collection: makes nodes, and keeps the exception that an element threw meanwhile.
template <class Count, class Nodes, class Source = global_source>
class heap_edit : public heap_memory<Count, Nodes, Source> {
  using base = heap_memory<Count, Nodes, Source>;

 public:
  using ref_type = typename base::ref_type;

  heap_edit() = default;
  explicit heap_edit(const base&) noexcept {}

  [[nodiscard]] static allocation<ref_type> allocate(std::size_t bytes) noexcept {
    std::byte* made = Source::allocate(bytes, Nodes::alignment);
    return {made, made};
  }
  [[nodiscard]] static std::uint64_t edit_token() noexcept { return 1; }
  [[nodiscard]] static bool editable(ref_type ref) noexcept { return Count::is_one(base::count(ref)); }
  [[nodiscard]] static std::byte* writable(ref_type ref) noexcept { return ref; }

  /// Called inside a handler: the exception is why the next allocation seems to fail.
  void keep_exception() noexcept { exception_ = std::current_exception(); }
  /// Throws the exception kept, or std::bad_alloc.
  [[noreturn]] void raise() {
    if (exception_ != nullptr) std::rethrow_exception(std::exchange(exception_, nullptr));
    throw std::bad_alloc();
  }

 private:
  std::exception_ptr exception_;
};

}  // namespace coppice::detail
