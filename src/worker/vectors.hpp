// Vectors of a worker: RRB trees of cells.
//
// A cell is 8 bytes: a number as a double; or, where the upper 16 bits say so, another small value, a short string, or
// a ref to a blob with the bytes of a larger one (docs/formats/arena.md). No number has these bits: NaN is stored as
// one.
//
// Thread safety: see heap.hpp.
#pragma once

#include <bit>
#include <cstdint>

#include "coppice/detail/heap/rrb_compare.hpp"
#include "coppice/detail/heap/rrb_concat.hpp"
#include "coppice/detail/heap/rrb_edit.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_slice.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"
#include "coppice/detail/packed_entry.hpp"
#include "coppice/value_kind.hpp"
#include "src/worker/heap.hpp"
#if !defined(__wasm__)
#include "coppice/detail/shared/link.hpp"
#endif

namespace coppice::worker {

/// One element.
struct cell {
  using is_cell = void;
  std::uint64_t bits = 0;

  static constexpr std::uint64_t simple_tag = 0xfffc;  // the kind in the low bits, nothing else
  static constexpr std::uint64_t text_tag = 0xfffe;    // length in bits 40 to 47, then up to 5 ASCII bytes
  static constexpr std::size_t most_text = 5;
  static constexpr std::uint64_t nan_bits = 0x7ff8000000000000U;

  [[nodiscard]] static cell of_number(double number) noexcept {
    return {number == number ? std::bit_cast<std::uint64_t>(number) : nan_bits};
  }
  [[nodiscard]] static cell of_simple(value_kind kind) noexcept {
    return {(simple_tag << 48) | static_cast<std::uint64_t>(kind)};
  }
  [[nodiscard]] static cell of_blob(value_kind kind, ref blob) noexcept {
    return {(detail::cell_ref_tag << 48) | (static_cast<std::uint64_t>(kind) << 32) | blob};
  }
  [[nodiscard]] static cell of_text(const std::byte* text, std::size_t size) noexcept {
    return {(text_tag << 48) | (std::uint64_t{size} << 40) | detail::load_short(text, size)};
  }

  [[nodiscard]] std::uint64_t tag() const noexcept { return bits >> 48; }
  [[nodiscard]] bool is_number() const noexcept { return tag() < simple_tag; }
  [[nodiscard]] bool is_blob() const noexcept { return tag() == detail::cell_ref_tag; }
  [[nodiscard]] double number() const noexcept { return std::bit_cast<double>(bits); }
  [[nodiscard]] ref blob() const noexcept { return static_cast<ref>(bits); }
  [[nodiscard]] value_kind kind() const noexcept {
    if (tag() == text_tag) return value_kind::string_ascii;
    return static_cast<value_kind>(is_blob() ? (bits >> 32) & 0xffU : bits & 0xffU);
  }
  [[nodiscard]] std::size_t text_size() const noexcept { return (bits >> 40) & 0xffU; }
};

#if defined(__wasm__)
/// How a branch stores its children: by refs; the memory begins at a fixed address.
struct cell_link {
  static constexpr std::size_t bytes = sizeof(ref);
  [[nodiscard]] static std::byte* get(const std::byte* at) noexcept { return address(detail::load<ref>(at)); }
  static void put(std::byte* at, std::byte* node) noexcept { detail::store(at, ref_of(node)); }

  [[nodiscard]] static std::byte* address(ref node) noexcept {
    return reinterpret_cast<std::byte*>(platform::region_offset + std::size_t{node} * detail::granule_bytes);
  }
  [[nodiscard]] static ref ref_of(const std::byte* node) noexcept {
    return static_cast<ref>((reinterpret_cast<std::size_t>(node) - platform::region_offset) / detail::granule_bytes);
  }
};
#else
using cell_link = detail::arena_link;
#endif

/// Nodes by address. What is released may live on in other versions; so it is left to the collector.
class vector_space {
 public:
  using ref_type = std::byte*;
  explicit vector_space(arena::allocator& nodes) noexcept : nodes_(&nodes) {}

  [[nodiscard]] static const std::byte* address(ref_type node) noexcept { return node; }
  [[nodiscard]] detail::allocation<ref_type> allocate(std::size_t bytes) noexcept {
    const auto made = nodes_->allocate(bytes);
    return {made.address, made.address};
  }
  [[nodiscard]] std::uint64_t edit_token() const noexcept { return nodes_->edit_token(); }
  [[nodiscard]] bool editable(ref_type node) const noexcept {
    const std::uint64_t token = nodes_->edit_token();
    return token != 0 && detail::load<detail::node_header>(node).edit_token() == token;
  }
  [[nodiscard]] static std::byte* writable(ref_type node) noexcept { return node; }
  static void retain(ref_type) noexcept {}
  static void release(ref_type) noexcept {}
  [[nodiscard]] static std::uint32_t filled(const std::byte* leaf) noexcept { return detail::count_of(leaf); }
  /// Only in a leaf of this version alone: what others have never changes.
  [[nodiscard]] bool claim(ref_type leaf, std::uint32_t from, std::uint32_t to) const noexcept {
    if (!editable(leaf) || detail::count_of(leaf) != from) return false;
    detail::store(leaf + offsetof(detail::node_header, count), to);
    return true;
  }

 private:
  arena::allocator* nodes_;
};

class vectors {
 public:
  using layout = detail::rrb_layout<cell, 0, 4, cell_link>;

  explicit vectors(heap& from) noexcept : heap_(from) {}

  [[nodiscard]] static std::uint32_t size(const version& of) noexcept { return of.tree_size + of.tail_count; }
  /// Precondition: index < size().
  [[nodiscard]] cell at(const version& in, std::uint32_t index) const noexcept {
    return detail::rrb_at<layout>(tree(in), index);
  }
  /// The elements that lie beside the one at `index`, up to the end of their leaf.
  [[nodiscard]] detail::rrb_chunk<cell> chunk_at(const version& in, std::uint32_t index) const noexcept {
    return detail::rrb_chunk_at<layout>(tree(in), index);
  }

  /// The first position at which two versions differ; see rrb_first_difference.
  template <class Equal>
  [[nodiscard]] std::uint64_t first_difference(const version& a, const version& b, const Equal& equal) const noexcept {
    return detail::rrb_first_difference<layout>(tree(a), tree(b), equal);
  }

  // The most common changes, in nodes that are the version's own. What takes more is left to those below.

  /// The place of an element that may be changed there; null: it may not. Precondition: index < size().
  [[nodiscard]] cell* own_place(const version& in, std::uint32_t index) const noexcept {
    if (index >= in.tree_size) {
      std::byte* const tail = address(in.tail);
      return heap_.owns(in, tail) ? layout::places(tail) + (index - in.tree_size) : nullptr;
    }
    std::byte* node = address(in.root);
    std::uint64_t size = in.tree_size, left = index;
    for (std::uint32_t height = in.height; height > 0; --height) {
      if (!heap_.owns(in, node)) return nullptr;
      const detail::rrb_place at = detail::rrb_locate<layout>(node, height, size, left);
      node = layout::child(node, at.slot);
      size = at.end - at.first;
      left -= at.first;
    }
    return heap_.owns(in, node) ? layout::places(node) + left : nullptr;
  }
  /// Appends in the tail, if it has room.
  [[nodiscard]] bool push_in_place(version& to, cell added) const noexcept {
    const std::uint32_t count = to.tail_count;
    if (count == 0 || count == layout::leaf_capacity) return false;
    std::byte* const tail = address(to.tail);
    if (!heap_.owns(to, tail) || !layout::has_room(tail, count) || detail::count_of(tail) != count) return false;
    layout::places(tail)[count] = added;
    layout::set_count(tail, ++to.tail_count);
    return true;
  }
  /// Takes the last element off the tail, if it has more.
  [[nodiscard]] bool pop_in_place(version& from) const noexcept {
    if (from.tail_count < 2) return false;
    std::byte* const tail = address(from.tail);
    if (!heap_.owns(from, tail)) return false;
    layout::set_count(tail, --from.tail_count);
    return true;
  }

  // Changes in place; false: no space, and nothing changed.

  [[nodiscard]] bool push(version& to, cell added) noexcept {
    return change(
        to, [&](vector_space& nodes, detail::rrb_version& now) { return detail::rrb_push<layout>(nodes, now, added); });
  }
  /// Precondition: index < size().
  [[nodiscard]] bool set(version& in, std::uint32_t index, cell given) noexcept {
    return change(in, [&](vector_space& nodes, detail::rrb_version& now) {
      return detail::rrb_set<layout>(nodes, now, index, given);
    });
  }
  /// Keeps the first `count` elements; count <= size().
  [[nodiscard]] bool take(version& from, std::uint32_t count) noexcept {
    if (count == size(from)) return true;
    return change(from, [&](vector_space& nodes, detail::rrb_version& now) {
      if (count != 0) return detail::rrb_take<layout>(nodes, now, count);
      now = {};
      return true;
    });
  }
  /// Removes the first `count` elements; count <= size().
  [[nodiscard]] bool drop(version& from, std::uint32_t count) noexcept {
    if (count == 0) return true;
    return change(from, [&](vector_space& nodes, detail::rrb_version& now) {
      if (count != now.size()) return detail::rrb_drop<layout>(nodes, now, count);
      now = {};
      return true;
    });
  }
  /// Appends another version, which from now on has no nodes of its own.
  [[nodiscard]] bool append(version& to, version& other) noexcept {
    other.token = 0;
    return change(to, [&](vector_space& nodes, detail::rrb_version& now) {
      return detail::rrb_concat<layout>(nodes, now, true, tree(other), false, now);
    });
  }

 private:
  [[nodiscard]] std::byte* address(ref node) const noexcept { return node == 0 ? nullptr : heap_.map().at(node); }
  [[nodiscard]] ref ref_at(const std::byte* node) const noexcept {
    return node == nullptr
               ? 0
               : static_cast<ref>(static_cast<std::size_t>(node - heap_.map().base()) / detail::granule_bytes);
  }
  [[nodiscard]] detail::rrb_version tree(const version& of) const noexcept {
    return {address(of.root), address(of.tail), of.tree_size, of.tail_count, of.height};
  }
  template <class F>
  [[nodiscard]] bool change(version& changed, F&& f) noexcept {
    vector_space nodes(heap_.edit(changed));
    detail::rrb_version now = tree(changed);
    const bool made = f(nodes, now);
    if (made) {
      changed.root = ref_at(now.root);
      changed.tail = ref_at(now.tail);
      changed.tree_size = static_cast<std::uint32_t>(now.tree_size);
      changed.tail_count = now.tail_count;
      changed.height = now.height;
    }
    heap_.edited(changed);
    return made;
  }

  heap& heap_;
};

}  // namespace coppice::worker
