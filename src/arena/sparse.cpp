// See sparse.hpp.
#include "src/arena/sparse.hpp"

#include "src/arena/lines.hpp"

namespace coppice::arena {

namespace {
constexpr std::uint32_t least_free_lines = lines_per_block / 2;
}

sparse_blocks::sparse_blocks(const mapping& map) noexcept
    : blocks_(map.block_count()), set_(reinterpret_cast<std::uint64_t*>(platform::map_scratch(bytes()))) {
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

sparse_blocks::~sparse_blocks() {
  if (set_ != nullptr) platform::unmap_scratch(reinterpret_cast<std::byte*>(set_), bytes());
}

}  // namespace coppice::arena
