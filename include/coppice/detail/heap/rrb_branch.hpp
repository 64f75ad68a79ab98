// Making branches of an RRB tree.
//
// Thread safety: see rrb_tree.hpp.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

/// Whether a branch at `height` over these children needs no table (R3).
template <class Layout>
[[nodiscard]] inline bool rrb_is_radix(const Layout& layout, unsigned height, const rrb_child* children,
                                       std::uint32_t count) noexcept {
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i + 1 < count && children[i].size != layout.full(height - 1)) return false;
    if (height > 1 && Layout::is_relaxed(children[i].ref)) return false;
  }
  return true;
}
template <class Layout>
[[nodiscard]] inline bool rrb_is_radix(unsigned height, const rrb_child* children, std::uint32_t count) noexcept {
  return rrb_is_radix(Layout{}, height, children, count);
}

/// A new branch over children, which it takes over; null if there is no space. (Not inlined: many functions call it.)
template <class Layout, class Memory>
[[nodiscard, gnu::noinline]] inline std::byte* rrb_make_branch(Memory& memory, unsigned height,
                                                               const rrb_child* children,
                                                               std::uint32_t count) noexcept {
  assert(count >= 1 && count <= Layout::width && height >= 1 && height <= Layout::max_height);
  const bool radix = rrb_is_radix<Layout>(height, children, count);
  const std::size_t bytes = Layout::branch_bytes(!radix);
  const auto made = memory.allocate(bytes);
  if (made.address == nullptr) return nullptr;
  const node_kind kind = radix ? node_kind::rrb_branch : node_kind::rrb_relaxed;
  write_header(made.address, kind, height, bytes, count, memory.edit_token());
  std::uint64_t end = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    Layout::set_child(made.address, i, children[i].ref);
    end += children[i].size;
    if (!radix) Layout::set_end(made.address, i, end);
  }
  return made.ref;
}

/// A copy of a branch with another child in one slot, of the same size and relaxed or not as that one. Takes over
/// `child`, unless there is no space: then null.
template <class Layout, class Memory>
[[nodiscard]] inline std::byte* rrb_copy_branch(Memory& memory, const std::byte* branch, unsigned slot,
                                                std::byte* child) noexcept {
  const bool relaxed = Layout::is_relaxed(branch);
  const std::size_t bytes = Layout::branch_bytes(relaxed);
  const auto made = memory.allocate(bytes);
  if (made.address == nullptr) return nullptr;
  const std::uint32_t count = count_of(branch);
  fetch_counts<Layout>(branch, count);
  // Not the header, which holds the count of owners that others may be changing.
  write_header(made.address, kind_of(branch), depth_of(branch), bytes, count, memory.edit_token());
  const std::size_t used = relaxed ? bytes - Layout::refs_offset : count * Layout::ref_bytes;
  std::memcpy(made.address + Layout::refs_offset, branch + Layout::refs_offset, used);
  for (unsigned i = 0; i < count; ++i) {
    if (i != slot) memory.retain(Layout::child(branch, i));
  }
  Layout::set_child(made.address, slot, child);
  return made.ref;
}

/// Gives up a branch whose children have other owners now.
template <class Layout, class Memory>
inline void rrb_release_husk(Memory& memory, std::byte* branch) noexcept {
  Layout::set_count(branch, 0);
  memory.release(branch);
}

/// The children of a branch: reads [from, to) into `into`; returns how many.
template <class Layout>
inline std::uint32_t rrb_children(const std::byte* branch, unsigned height, std::uint64_t size, std::uint32_t from,
                                  std::uint32_t to, rrb_child* into) noexcept {
  for (std::uint32_t slot = from; slot < to; ++slot) {
    const rrb_place at = rrb_child_at<Layout>(branch, height, size, slot);
    into[slot - from] = {Layout::child(branch, slot), at.end - at.first};
  }
  return to - from;
}

}  // namespace coppice::detail
