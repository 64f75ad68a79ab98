// The memory of a worker as the algorithms see it.
//
// Thread safety: see heap.hpp.
#pragma once

#include "coppice/detail/memory.hpp"
#include "src/arena/allocator.hpp"

namespace coppice::worker {

using arena::ref;

/// To read versions.
class view {
 public:
  using ref_type = ref;
  view() noexcept = default;
  explicit view(const arena::mapping& map) noexcept : map_(&map) {}
  [[nodiscard]] const std::byte* address(ref node) const noexcept { return map_->at(node); }

 private:
  const arena::mapping* map_ = nullptr;
};
static_assert(detail::readable_memory<view>);

/// To make nodes. Unlike an allocator by itself it does not want to know which published nodes are replaced: whether
/// others have them, only a collection finds out.
class space {
 public:
  using ref_type = ref;
  /// A leaf that is changed is likely to be changed again: versions are edited in place until others have them.
  static constexpr unsigned entries_of_room = 12;
  explicit space(arena::allocator& nodes) noexcept : nodes_(&nodes) {}

  [[nodiscard]] const std::byte* address(ref node) const noexcept { return nodes_->address(node); }
  [[nodiscard]] detail::allocation<ref> allocate(std::size_t bytes) noexcept { return nodes_->allocate(bytes); }
  [[nodiscard]] std::uint64_t edit_token() const noexcept { return nodes_->edit_token(); }
  [[nodiscard]] bool editable(ref node) const noexcept { return nodes_->editable(node); }
  [[nodiscard]] std::byte* writable(ref node) noexcept { return nodes_->writable(node); }
  void retain(ref) noexcept {}
  void release(ref node) noexcept { nodes_->release(node); }

 private:
  arena::allocator* nodes_;
};
static_assert(detail::node_memory<space>);

}  // namespace coppice::worker
