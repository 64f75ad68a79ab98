// See sparse.hpp.
#include "src/arena/sparse.hpp"

#include "src/arena/lines.hpp"

namespace coppice::arena {

namespace {
constexpr std::uint32_t least_free_lines = lines_per_block / 2;
}

sparse_blocks::sparse_blocks(const mapping& map) noexcept
    : map_(map), blocks_(map.block_count()), set_(reinterpret_cast<std::uint64_t*>(platform::map_scratch(bytes()))) {
  if (set_ == nullptr) blocks_ = 0;
  for (std::uint32_t block = first_data_block; block < blocks_; ++block) {
    const block_word word = block_word::from(map.block(block).load(std::memory_order_acquire));
    if (word.state != block_state::swept) continue;
    const std::uint32_t free = line_count(free_lines(map, block, word));
    if (free < least_free_lines) continue;
    set_[block / 64] |= std::uint64_t{1} << (block % 64);
    free_bytes_ += std::uint64_t{free} * line_bytes;
  }
}

void sparse_blocks::exclude(std::uint32_t block) noexcept {
  if (block >= blocks_ || ((set_[block / 64] >> (block % 64)) & 1U) == 0) return;
  set_[block / 64] &= ~(std::uint64_t{1} << (block % 64));
  const block_word word = block_word::from(map_.block(block).load(std::memory_order_acquire));
  const std::uint64_t free = std::uint64_t{line_count(free_lines(map_, block, word))} * line_bytes;
  free_bytes_ -= free < free_bytes_ ? free : free_bytes_;
}

sparse_blocks::~sparse_blocks() {
  if (set_ != nullptr) platform::unmap_scratch(reinterpret_cast<std::byte*>(set_), bytes());
}

}  // namespace coppice::arena
