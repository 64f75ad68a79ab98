// Nodes of the collections that a pack is written of: in memory of this module's own, given back all together with it.
//
// Versions are made of each other. While one is made its own nodes are changed in place; next_version() ends that, as
// the records of the nodes before it are known by their addresses.
//
// Thread safety: one thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/pack/scratch_memory.hpp"

namespace coppice::packer {

class nodes {
 public:
  using ref_type = std::byte*;
  static constexpr unsigned entries_of_room = 12;

  [[nodiscard]] static const std::byte* address(ref_type node) noexcept { return node; }
  [[nodiscard]] detail::allocation<ref_type> allocate(std::size_t bytes) noexcept { return memory_.allocate(bytes); }
  [[nodiscard]] std::uint64_t edit_token() const noexcept { return token_; }
  [[nodiscard]] bool editable(ref_type node) const noexcept {
    return detail::load<detail::node_header>(node).edit_token() == token_;
  }
  [[nodiscard]] static std::byte* writable(ref_type node) noexcept { return node; }
  static void retain(ref_type) noexcept {}
  static void release(ref_type) noexcept {}
  [[nodiscard]] static std::uint32_t filled(const std::byte* leaf) noexcept { return detail::count_of(leaf); }
  /// Places of a vector's leaf after the last that is taken: whoever knows fewer elements never looks at them.
  [[nodiscard]] static bool claim(ref_type leaf, std::uint32_t from, std::uint32_t to) noexcept {
    if (detail::count_of(leaf) != from) return false;
    detail::store(leaf + offsetof(detail::node_header, count), to);
    return true;
  }

  void next_version() noexcept { ++token_; }

 private:
  detail::scratch_memory memory_;
  std::uint64_t token_ = 1;
};
static_assert(detail::node_memory<nodes>);

/// Those of tries, where a node that is given up and is the version's own has no other owner: its bytes are used again.
class trie_nodes : public nodes {
 public:
  [[nodiscard]] detail::allocation<ref_type> allocate(std::size_t bytes) noexcept {
    const std::size_t granules = bytes / detail::granule_bytes;
    if (granules >= most_granules || free_[granules] == nullptr) return nodes::allocate(bytes);
    std::byte* const found = free_[granules];
    free_[granules] = detail::load<std::byte*>(found);
    return {found, found};
  }
  void release(ref_type node) noexcept {
    if (node == nullptr || !editable(node)) return;
    const std::size_t granules = detail::bytes_of(node) / detail::granule_bytes;
    if (granules >= most_granules) return;
    detail::store(node, free_[granules]);
    free_[granules] = node;
  }

 private:
  static constexpr std::size_t most_granules = 256;
  std::byte* free_[most_granules] = {};
};
static_assert(detail::node_memory<trie_nodes>);

}  // namespace coppice::packer
