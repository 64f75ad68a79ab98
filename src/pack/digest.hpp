// Content hashes: BLAKE2b of 256 bits, for which nobody finds two contents with one hash.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <span>

#include "coppice/detail/pack/input.hpp"
#include "coppice/detail/pack/output.hpp"
#include "coppice/result.hpp"

namespace coppice::pack {

[[nodiscard]] detail::pack_digest digest_of(std::span<const std::byte> bytes) noexcept;
/// Of all bytes of a pack. Errors: the source's.
[[nodiscard]] result<detail::pack_digest> digest_of(const pack_source& source);

}  // namespace coppice::pack
