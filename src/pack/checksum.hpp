// XXH3 over bytes that do not lie together.
//
// Thread safety: pure functions.
#pragma once

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace coppice::pack {

[[nodiscard]] inline std::uint64_t checksum(std::initializer_list<std::span<const std::byte>> parts) noexcept {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (const std::span<const std::byte> part : parts) XXH3_64bits_update(&state, part.data(), part.size());
  return XXH3_64bits_digest(&state);
}

}  // namespace coppice::pack
