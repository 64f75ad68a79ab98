// Compression of sections.
//
// Thread safety: functions without state.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "coppice/result.hpp"

namespace coppice::pack {

/// Compresses into `to`, which is resized. False: it is no smaller then.
[[nodiscard]] bool compress(std::span<const std::byte> raw, int level, std::vector<std::byte>& to);

/// Fills `raw` with what was compressed. False: `stored` is not one frame of exactly so many bytes.
[[nodiscard]] bool decompress(std::span<const std::byte> stored, std::span<std::byte> raw);

}  // namespace coppice::pack
