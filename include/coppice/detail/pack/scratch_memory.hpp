// Nodes for as long as a pack is written: taken one after the other from large pieces, and given back all together.
//
// Versions may be made of each other; nodes that belong to one are never changed.
//
// Thread safety: one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "coppice/detail/memory.hpp"

namespace coppice::detail {

/// Reads nodes by their addresses.
struct scratch_view {
  using ref_type = std::byte*;
  [[nodiscard]] static const std::byte* address(ref_type node) noexcept { return node; }
};

class scratch_memory {
 public:
  using ref_type = std::byte*;

  [[nodiscard]] static const std::byte* address(ref_type node) noexcept { return node; }
  [[nodiscard]] allocation<ref_type> allocate(std::size_t bytes) noexcept {
    if (bytes > left_ && !add_piece(bytes)) return {};
    std::byte* const made = at_;
    at_ += bytes;
    left_ -= bytes;
    return {made, made};
  }
  [[nodiscard]] static std::uint64_t edit_token() noexcept { return 0; }
  [[nodiscard]] static bool editable(ref_type) noexcept { return false; }
  [[nodiscard]] static std::byte* writable(ref_type node) noexcept { return node; }
  static void retain(ref_type) noexcept {}
  static void release(ref_type) noexcept {}

 private:
  static constexpr std::size_t piece_bytes = std::size_t{1} << 20;
  struct free_bytes {
    void operator()(std::byte* piece) const noexcept { ::operator delete(piece); }
  };

  [[nodiscard]] bool add_piece(std::size_t bytes) noexcept {
    const std::size_t size = std::max(bytes, piece_bytes);
    auto* const made = static_cast<std::byte*>(::operator new(size, std::nothrow));
    if (made == nullptr) return false;
    if (pieces_.size() == pieces_.capacity()) {
      try {
        pieces_.reserve(2 * pieces_.size() + 16);
      } catch (const std::bad_alloc&) {
        ::operator delete(made);
        return false;
      }
    }
    pieces_.emplace_back(made);
    at_ = made;
    left_ = size;
    return true;
  }

  std::vector<std::unique_ptr<std::byte, free_bytes>> pieces_;
  std::byte* at_ = nullptr;
  std::size_t left_ = 0;
};
static_assert(node_memory<scratch_memory>);

}  // namespace coppice::detail
