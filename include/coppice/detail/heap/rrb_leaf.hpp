// Making and filling the leaves of an RRB tree.
//
// Shared tails. Several versions may have the same leaf as tail, each with its own number of elements: after
// `b = a.push_back(x)` both do. The first who appends to a version claims the place after its last element, by
// compare-and-swap of the number of places taken, and makes the element there; versions that know fewer elements never
// look at it. Whoever finds the place taken copies the leaf. So appending to the newest version copies nothing: 5
// locked instructions, against those and half a leaf. What it costs: an element lives as long as its leaf, which may
// be longer than the versions that have it, as long as another version of the same tail is kept. Likewise a leaf cut
// short by take() is shared, not copied.
//
// Exceptions: what an element throws when it is copied is kept by the memory, all that was made is destroyed, and the
// function returns null, as if there were no space.
//
// Thread safety: a version whose tail is shared may be appended to by several threads, each with its own copy.
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

/// Fills a new leaf from the first element on.
template <class Memory, class Layout>
class rrb_leaf_writer {
 public:
  using T = typename Layout::element;

  explicit rrb_leaf_writer(Memory& memory) noexcept : memory_(memory) {}

  /// Makes a leaf with room for so many elements. False: no space.
  [[nodiscard]] bool open(std::uint32_t room) noexcept {
    assert(room >= 1 && room <= Layout::leaf_capacity);
    const std::size_t bytes = std::max(Layout::leaf_bytes(room), min_node_bytes);
    const auto made = memory_.allocate(bytes);
    leaf_ = made.ref;
    if (made.address == nullptr) return false;
    const auto log_room = static_cast<unsigned>(std::bit_width(room)) - 1;
    write_header(leaf_, Layout::leaf_kind, log_room, bytes, 0, memory_.edit_token());
    return true;
  }

  /// Copies elements.
  [[nodiscard]] bool copy(const T* from, std::uint64_t count) noexcept {
    if constexpr (std::is_trivially_copyable_v<T>) {
      std::memcpy(static_cast<void*>(Layout::places(leaf_) + done_), from, count * sizeof(T));
      done_ += static_cast<std::uint32_t>(count);
      return true;
    } else {
      for (std::uint64_t i = 0; i < count; ++i) {
        if (!make(from[i])) return false;
      }
      return true;
    }
  }
  /// Moves elements.
  void move(T* from, std::uint32_t count) noexcept {
    static_assert(Layout::moves_safely);
    std::uninitialized_move_n(from, count, Layout::places(leaf_) + done_);
    done_ += count;
  }
  /// Makes the next element from `arguments`.
  template <class... Arguments>
  [[nodiscard]] bool make(Arguments&&... arguments) noexcept {
    T* const place = Layout::places(leaf_) + done_;
    if constexpr (std::is_nothrow_constructible_v<T, Arguments...>) {
      std::construct_at(place, std::forward<Arguments>(arguments)...);
    } else {
      try {
        std::construct_at(place, std::forward<Arguments>(arguments)...);
      } catch (...) {
        memory_.keep_exception();
        return false;
      }
    }
    ++done_;
    return true;
  }

  /// The leaf, owned by the caller.
  [[nodiscard]] std::byte* finish() noexcept {
    Layout::set_count(leaf_, done_);
    return std::exchange(leaf_, nullptr);
  }
  /// Destroys what was made. Returns null.
  std::byte* give_up() noexcept {
    memory_.release(finish());
    return nullptr;
  }

 private:
  Memory& memory_;
  std::byte* leaf_ = nullptr;
  std::uint32_t done_ = 0;
};

/// A new leaf with copies of elements.
template <class Layout, class Memory>
[[nodiscard]] inline std::byte* rrb_copy_leaf(Memory& memory, const typename Layout::element* from, std::uint32_t count,
                                              std::uint32_t room) noexcept {
  rrb_leaf_writer<Memory, Layout> into(memory);
  if (!into.open(room)) return nullptr;
  return into.copy(from, count) ? into.finish() : into.give_up();
}

/// How much room a new tail gets that will have `count` elements. Short vectors grow by doubling.
template <class Layout>
[[nodiscard]] constexpr std::uint32_t rrb_tail_room(std::uint32_t count, bool has_tree) noexcept {
  constexpr std::size_t first = 64 / sizeof(typename Layout::element);
  if (has_tree) return Layout::leaf_capacity;
  return std::min(Layout::leaf_capacity, std::bit_ceil(std::max(count, static_cast<std::uint32_t>(first))));
}

/// Destroys elements of a leaf that has one owner, who has the first `count` of them only.
template <class Layout, class Memory>
inline void rrb_cut_leaf(Memory& memory, std::byte* leaf, std::uint32_t count) noexcept {
  if constexpr (Layout::holds_objects) {
    typename Layout::element* const places = Layout::places(leaf);
    std::destroy(places + count, places + memory.filled(leaf));
  }
  Layout::set_count(leaf, count);
}

/// Makes the next element of a tail with `count` elements, in place, if nothing can go wrong: a place is free and is
/// claimed, or nobody else has the leaf. Arguments are used only if so.
template <class Layout, class Memory, class... Arguments>
[[nodiscard]] inline bool rrb_append_in_place(Memory& memory, std::byte* leaf, std::uint32_t count,
                                              Arguments&&... arguments) noexcept {
  using T = typename Layout::element;
  static_assert(std::is_nothrow_constructible_v<T, Arguments...>, "a place that was claimed must be filled");
  if (!Layout::has_room(leaf, count) || !memory.claim(leaf, count, count + 1)) return false;
  std::construct_at(Layout::places(leaf) + count, std::forward<Arguments>(arguments)...);
  return true;
}

}  // namespace coppice::detail
