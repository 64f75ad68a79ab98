// The lines of a block that its word and its current line map show free.
//
// Thread safety: reads shared words; what it returns is as old as `word`. Who claims the block by a swap of that word
// proves it current.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "src/arena/mapping.hpp"

namespace coppice::arena {

/// One bit for each line of a block.
using line_set = std::array<std::uint64_t, lines_per_block / 64>;

[[nodiscard]] inline std::uint32_t line_count(const line_set& set) noexcept {
  int total = 0;
  for (const std::uint64_t bits : set) total += std::popcount(bits);
  return static_cast<std::uint32_t>(total);
}

/// What the map that the word names shows under the word's stamp; all lines of a free block.
[[nodiscard]] inline line_set free_lines(const mapping& map, std::uint32_t block, const block_word& word) noexcept {
  line_set free;
  free.fill(~std::uint64_t{0});
  if (word.state == block_state::free) return free;
  const auto& lines = map.metadata(block).lines[block % segment_blocks][word.map];
  for (std::uint32_t i = 0; i < line_words; ++i) {
    const tagged_bits live = tagged_bits::from(lines[i].load(std::memory_order_acquire));
    if (live.cycle == word.cycle) free[i / 2] &= ~(std::uint64_t{live.bits} << (i % 2 * 32));
  }
  return free;
}

}  // namespace coppice::arena
