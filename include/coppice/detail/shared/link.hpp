// How a branch of an RRB tree in an arena stores where its children are: as refs, like all nodes of an arena.
//
// The address of the branch tells where the arena is mapped: mappings reserve 64 GiB of addresses that begin at a
// multiple of 64 GiB (platform::map_file). So the algorithms have addresses in an arena as on the heap.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/node.hpp"

namespace coppice::detail {

/// The addresses of an arena; a multiple of it is where one begins.
inline constexpr std::uint64_t arena_span_bytes = std::uint64_t{64} << 30;

/// The first byte of the arena that an address lies in.
[[nodiscard]] inline std::byte* arena_of(const std::byte* address) noexcept {
  const auto bits = reinterpret_cast<std::uintptr_t>(address);
  return const_cast<std::byte*>(address) - (bits & (arena_span_bytes - 1));
}
/// The ref of a node at an address in an arena; 0 for null.
[[nodiscard]] inline std::uint32_t ref_of(const std::byte* address) noexcept {
  const auto bits = reinterpret_cast<std::uintptr_t>(address);
  return static_cast<std::uint32_t>((bits & (arena_span_bytes - 1)) / granule_bytes);
}

struct arena_link {
  static constexpr std::size_t bytes = sizeof(std::uint32_t);
  [[nodiscard]] static std::byte* get(const std::byte* at) noexcept {
    return arena_of(at) + std::uint64_t{load<std::uint32_t>(at)} * granule_bytes;
  }
  static void put(std::byte* at, std::byte* node) noexcept { store(at, ref_of(node)); }
};

}  // namespace coppice::detail
