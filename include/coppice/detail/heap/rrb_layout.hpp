// Nodes of an RRB tree: a radix tree over positions whose nodes may be relaxed, that is, hold fewer elements than their
// place allows (Bagwell and Rompf, "RRB-Trees: Efficient Immutable Vectors", 2011; L'orange, "Improving RRB-Tree
// Performance through Transience", 2014).
//
// Invariants of a tree; rrb_check names the one that is broken:
// - R1 heights equal: all leaves are at the same depth, and a branch at height h has children at height h - 1.
// - R2 a table of sizes is cumulative and exact.
// - R3 a branch without a table is truly radix: all children but the last are perfect, and none has a table. Below such
//   a branch a position alone tells the way.
// - R4 a branch has 1 to 2^B children, a leaf 1 to 2^L elements and room for them.
// - R5 a tree of height h has at least 2^((B-1)(h-2)) elements, so that its height is O(log n) whatever was done to it:
//   see rrb_low.hpp.
// - R6 the tail: see rrb_tree.hpp.
//
// Layout of a leaf: node_header, whose `count` is how many elements were made and whose `depth` is log2 of how many
// there is room for, rounded down; then, where elements have destructors, 16 bytes that heap_memory uses; then the
// elements. How many of them belong to a version is told by the version: the table above the leaf, or the size of the
// tail. Those after them belong to other versions (rrb_leaf.hpp).
//
// Layout of a branch: node_header, whose `count` is the number n of children and whose `depth` is the height; ref[2^B]
// at 16, addresses on the heap; in a relaxed branch then u64 end[2^B], the number of elements in the first 1, 2, ... n
// children.
//
// B = 4 by default. What an update of a counted tree costs is the counts of the children of the nodes on its path, once
// when they are copied and once when the old path is freed: 5 to 6 ns each, half of the time of a random update with B
// = 5. With B = 4 and leaves four times as long as branches are wide (L = 7 for 8 byte elements) the tree is no deeper
// at 100k elements than with B = L = 5, and by one at 1M.
//
// Thread safety: see node.hpp.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/link.hpp"
#include "coppice/detail/node.hpp"

namespace coppice::detail {

/// log2 of the elements in a full leaf. Leaves of 1 KiB are copied about as fast as a few counts are changed; elements
/// that have to be copied one by one get shorter leaves.
template <class T>
[[nodiscard]] constexpr unsigned default_leaf_bits() noexcept {
  constexpr std::size_t wanted = std::is_trivially_copyable_v<T> ? 1024 : 256;
  constexpr std::size_t elements = wanted / sizeof(T);
  return elements < 4 ? 2U : static_cast<unsigned>(std::bit_width(elements)) - 1;
}

/// Children that a branch has at most, whatever its layout.
inline constexpr std::uint32_t rrb_max_width = 32;

/// R5 for 2^48 elements, which no vector has more of.
[[nodiscard]] constexpr unsigned rrb_max_height(unsigned branch_bits) noexcept { return 48 / (branch_bits - 1) + 2; }
/// Whether a tree of so many elements may be so high (R5).
[[nodiscard]] constexpr bool rrb_is_low(unsigned branch_bits, unsigned height, std::uint64_t size) noexcept {
  return height <= 2 || (height <= rrb_max_height(branch_bits) && size >> ((branch_bits - 1) * (height - 2)) != 0);
}
/// log2 of the elements in a perfect tree of the height. Relaxed trees may be higher than positions have bits.
[[nodiscard]] constexpr unsigned rrb_shift(unsigned leaf_bits, unsigned branch_bits, unsigned height) noexcept {
  const unsigned bits = leaf_bits + branch_bits * height;
  return bits < 63 ? bits : 63;
}

/// LeafBits 0: the default for the type. Link: how children are stored (link.hpp).
template <class T, unsigned LeafBits, unsigned BranchBits, class Link = pointer_link>
struct rrb_layout {
  static_assert(std::is_copy_constructible_v<T>,
                "the elements of a coppice::vector must be copy constructible, because versions share and copy them; "
                "hold objects that can only be moved by std::shared_ptr");
  static_assert(BranchBits >= 2 && BranchBits <= 5, "R5 needs branches of 4 or more; width is at most 32");
  using element = T;

  static constexpr unsigned leaf_bits = LeafBits != 0 ? LeafBits : default_leaf_bits<T>();
  static constexpr unsigned branch_bits = BranchBits;
  static constexpr std::uint32_t leaf_capacity = 1U << leaf_bits;
  static constexpr std::uint32_t width = 1U << branch_bits;
  static_assert(width <= rrb_max_width);
  /// R5 for 2^48 elements, which no vector has more of.
  static constexpr unsigned max_height = rrb_max_height(branch_bits);

  static constexpr std::size_t alignment = alignof(T) > granule_bytes ? alignof(T) : granule_bytes;
  static constexpr bool holds_objects = !std::is_trivially_destructible_v<T>;
  static constexpr bool copies_safely = std::is_nothrow_copy_constructible_v<T>;
  static constexpr bool moves_safely = std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>;

  static constexpr std::size_t elements_offset =
      (sizeof(node_header) + (holds_objects ? granule_bytes : 0) + alignof(T) - 1) / alignof(T) * alignof(T);
  static constexpr std::size_t refs_offset = sizeof(node_header);
  static constexpr std::size_t ref_bytes = Link::bytes;
  /// Elements that are refs say so: whoever traces must find them.
  static constexpr node_kind leaf_kind = [] {
    if constexpr (requires { typename T::is_ref; }) {
      static_assert(elements_offset == kind_table[static_cast<unsigned>(node_kind::rrb_leaf_refs)].refs_offset);
      return node_kind::rrb_leaf_refs;
    } else if constexpr (requires { typename T::is_cell; }) {
      static_assert(elements_offset == kind_table[static_cast<unsigned>(node_kind::rrb_leaf_cells)].refs_offset &&
                    sizeof(T) == cell_bytes);
      return node_kind::rrb_leaf_cells;
    } else {
      return node_kind::rrb_leaf;
    }
  }();
  static constexpr std::size_t ends_offset = refs_offset + width * Link::bytes;

  /// log2 of the elements in a perfect tree of the height. Relaxed trees may be higher than positions have bits.
  [[nodiscard]] static constexpr unsigned shift(unsigned height) noexcept {
    return rrb_shift(leaf_bits, branch_bits, height);
  }
  [[nodiscard]] static constexpr std::uint64_t full(unsigned height) noexcept {
    return std::uint64_t{1} << shift(height);
  }
  /// Whether a tree of so many elements may be so high (R5).
  [[nodiscard]] static constexpr bool is_low(unsigned height, std::uint64_t size) noexcept {
    return rrb_is_low(branch_bits, height, size);
  }

  // ---- leaves

  [[nodiscard]] static constexpr std::size_t leaf_bytes(std::uint32_t room) noexcept {
    return (elements_offset + room * sizeof(T) + granule_bytes - 1) / granule_bytes * granule_bytes;
  }
  [[nodiscard]] static const T* elements(const std::byte* leaf) noexcept {
    return reinterpret_cast<const T*>(leaf + elements_offset);
  }
  [[nodiscard]] static T* places(std::byte* leaf) noexcept { return reinterpret_cast<T*>(leaf + elements_offset); }
  /// Whether a leaf has room for more than `count` elements.
  [[nodiscard]] static bool has_room(const std::byte* leaf, std::uint32_t count) noexcept {
    return count >> depth_of(leaf) == 0;
  }

  // ---- branches

  [[nodiscard]] static constexpr std::size_t branch_bytes(bool relaxed) noexcept {
    return ends_offset + (relaxed ? width * sizeof(std::uint64_t) : 0);
  }
  [[nodiscard]] static bool is_relaxed(const std::byte* node) noexcept {
    return kind_of(node) == node_kind::rrb_relaxed;
  }
  [[nodiscard]] static std::byte* child(const std::byte* branch, unsigned slot) noexcept {
    return Link::get(branch + refs_offset + slot * Link::bytes);
  }
  static void set_child(std::byte* branch, unsigned slot, std::byte* ref) noexcept {
    Link::put(branch + refs_offset + slot * Link::bytes, ref);
  }
  /// Elements in children [0, slot] of a relaxed branch.
  [[nodiscard]] static std::uint64_t end(const std::byte* branch, unsigned slot) noexcept {
    return load<std::uint64_t>(branch + ends_offset + slot * sizeof(std::uint64_t));
  }
  static void set_end(std::byte* branch, unsigned slot, std::uint64_t end) noexcept {
    store(branch + ends_offset + slot * sizeof(std::uint64_t), end);
  }
  static void set_count(std::byte* node, std::uint32_t count) noexcept {
    store(node + offsetof(node_header, count), count);
  }
};
static_assert(kind_table[static_cast<unsigned>(node_kind::rrb_branch)].refs_offset == sizeof(node_header));
static_assert(kind_table[static_cast<unsigned>(node_kind::rrb_relaxed)].refs_offset == sizeof(node_header));
static_assert(kind_table[static_cast<unsigned>(node_kind::rrb_relaxed)].count_offset == offsetof(node_header, count));

/// Has the counts of children on their way into the cache, all at once: changing them one after another, each with a
/// locked instruction, waits for each.
template <class Layout>
inline void fetch_counts(const std::byte* branch, std::uint32_t count) noexcept {
  for (unsigned slot = 0; slot < count; ++slot) __builtin_prefetch(Layout::child(branch, slot), 1, 3);
}

/// Where the nodes of such a tree have their children and elements, for heap_memory.
template <class Layout>
struct rrb_nodes {
  static constexpr std::size_t alignment = Layout::alignment;
  static constexpr bool holds_objects = Layout::holds_objects;
  [[nodiscard]] static bool is_leaf(const std::byte* node) noexcept { return kind_of(node) == Layout::leaf_kind; }
  template <class F>
  static void each_child(std::byte* branch, F&& f) noexcept {
    const std::uint32_t count = count_of(branch);
    fetch_counts<Layout>(branch, count);
    for (unsigned slot = 0; slot < count; ++slot) f(Layout::child(branch, slot));
  }
  static void destroy(std::byte* leaf) noexcept { std::destroy_n(Layout::places(leaf), count_of(leaf)); }
};

}  // namespace coppice::detail
