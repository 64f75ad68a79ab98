// Leaves of tries in stores whose elements are copied as bytes, for who knows of the elements only their size: the
// layout is that of typed_leaf.
//
// Thread safety: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/leaf.hpp"
#include "coppice/detail/node.hpp"

namespace coppice::detail {

class image_leaf {
 public:
  /// `max_entries`: B.
  image_leaf(std::uint32_t max_entries, std::uint32_t element_size) noexcept
      : max_entries_(max_entries), element_size_(element_size) {}

  [[nodiscard]] std::uint32_t max_entries() const noexcept { return max_entries_; }
  [[nodiscard]] std::uint32_t element_size() const noexcept { return element_size_; }
  [[nodiscard]] bool fits(const leaf_measure& size) const noexcept { return size.count <= max_entries_; }

  [[nodiscard]] std::size_t node_bytes(std::uint32_t count) const noexcept {
    const std::size_t bytes = elements_offset() + std::size_t{count} * element_size_;
    return (bytes + granule_bytes - 1) / granule_bytes * granule_bytes;
  }
  /// All of a leaf of more than B elements are alike.
  [[nodiscard]] std::byte tag_at(const std::byte* node, std::uint32_t index) const noexcept {
    return node[tags_offset + (index < tag_bytes() ? index : 0)];
  }
  void set_tag(std::byte* node, std::uint32_t index, std::byte tag) const noexcept {
    if (index < tag_bytes()) node[tags_offset + index] = tag;
  }
  [[nodiscard]] const std::byte* element_at(const std::byte* node, std::uint32_t index) const noexcept {
    return node + elements_offset() + std::size_t{index} * element_size_;
  }
  [[nodiscard]] std::byte* element_at(std::byte* node, std::uint32_t index) const noexcept {
    return node + elements_offset() + std::size_t{index} * element_size_;
  }

 private:
  static constexpr std::size_t tags_offset = sizeof(node_header);
  static constexpr std::size_t tag_lanes = 16;

  [[nodiscard]] std::size_t tag_bytes() const noexcept {
    return (max_entries_ + tag_lanes - 1) / tag_lanes * tag_lanes;
  }
  // No element is aligned to more than a granule.
  [[nodiscard]] std::size_t elements_offset() const noexcept { return tags_offset + tag_bytes(); }

  std::uint32_t max_entries_;
  std::uint32_t element_size_;
};

}  // namespace coppice::detail
