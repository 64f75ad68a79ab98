// Nodes of vectors in stores, of which only the collection's record tells how they are made: rrb_layout where the
// parameters are known when the program runs.
//
// Thread safety: values.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/node.hpp"

namespace coppice::detail {

/// `Link`: how children are stored (heap/link.hpp).
template <class Link>
struct stored_layout {
  unsigned leaf_bits = 0;
  unsigned branch_bits = 0;
  std::uint32_t element_bytes = 0;
  node_kind leaf_kind = node_kind::rrb_leaf;  ///< or rrb_leaf_refs: elements are refs of blobs

  static constexpr std::size_t elements_offset = sizeof(node_header);
  static constexpr std::size_t refs_offset = sizeof(node_header);

  [[nodiscard]] std::uint32_t leaf_capacity() const noexcept { return 1U << leaf_bits; }
  [[nodiscard]] std::uint32_t width() const noexcept { return 1U << branch_bits; }
  [[nodiscard]] std::size_t ends_offset() const noexcept { return refs_offset + width() * Link::bytes; }
  [[nodiscard]] unsigned shift(unsigned height) const noexcept { return rrb_shift(leaf_bits, branch_bits, height); }
  [[nodiscard]] std::uint64_t full(unsigned height) const noexcept { return std::uint64_t{1} << shift(height); }
  [[nodiscard]] bool is_low(unsigned height, std::uint64_t size) const noexcept {
    return rrb_is_low(branch_bits, height, size);
  }

  [[nodiscard]] static bool is_relaxed(const std::byte* node) noexcept {
    return kind_of(node) == node_kind::rrb_relaxed;
  }
  [[nodiscard]] static std::byte* child(const std::byte* branch, unsigned slot) noexcept {
    return Link::get(branch + refs_offset + slot * Link::bytes);
  }
  static void set_child(std::byte* branch, unsigned slot, std::byte* node) noexcept {
    Link::put(branch + refs_offset + slot * Link::bytes, node);
  }
  [[nodiscard]] std::uint64_t end(const std::byte* branch, unsigned slot) const noexcept {
    return load<std::uint64_t>(branch + ends_offset() + slot * sizeof(std::uint64_t));
  }
  void set_end(std::byte* branch, unsigned slot, std::uint64_t end) const noexcept {
    store(branch + ends_offset() + slot * sizeof(std::uint64_t), end);
  }
  [[nodiscard]] std::size_t branch_bytes(bool relaxed) const noexcept {
    const std::size_t bytes = ends_offset() + (relaxed ? width() * sizeof(std::uint64_t) : 0);
    return std::max((bytes + granule_bytes - 1) / granule_bytes * granule_bytes, min_node_bytes);
  }
  /// Bytes of a leaf with room for so many elements.
  [[nodiscard]] std::size_t leaf_bytes(std::uint32_t room) const noexcept {
    const std::size_t bytes = elements_offset + std::size_t{room} * element_bytes;
    return std::max((bytes + granule_bytes - 1) / granule_bytes * granule_bytes, min_node_bytes);
  }
  [[nodiscard]] std::byte* element(std::byte* leaf, std::uint32_t index) const noexcept {
    return leaf + elements_offset + std::size_t{index} * element_bytes;
  }
  [[nodiscard]] const std::byte* element(const std::byte* leaf, std::uint32_t index) const noexcept {
    return leaf + elements_offset + std::size_t{index} * element_bytes;
  }
};

}  // namespace coppice::detail
