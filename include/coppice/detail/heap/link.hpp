// How a branch of an RRB tree stores where its children are.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>

#include "coppice/detail/bits.hpp"

namespace coppice::detail {

/// As addresses: on the heap.
struct pointer_link {
  static constexpr std::size_t bytes = sizeof(std::byte*);
  [[nodiscard]] static std::byte* get(const std::byte* at) noexcept { return load<std::byte*>(at); }
  static void put(std::byte* at, std::byte* node) noexcept { store(at, node); }
};

}  // namespace coppice::detail
