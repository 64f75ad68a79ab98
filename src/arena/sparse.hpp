// Blocks that are mostly free: what is left in them keeps 64 KiB each from being given back.
//
// Thread safety: one thread; a picture of the blocks as they were when it was made.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/arena/mapping.hpp"

namespace coppice::arena {

class sparse_blocks {
 public:
  /// Looks at every block, as the last sweep left it. Empty if there is no scratch memory. O(blocks).
  explicit sparse_blocks(const mapping& map) noexcept;
  sparse_blocks(const sparse_blocks&) = delete;
  sparse_blocks& operator=(const sparse_blocks&) = delete;
  ~sparse_blocks();

  [[nodiscard]] bool hold(ref node) const noexcept {
    const std::uint32_t block = mapping::block_of(node);
    return block < blocks_ && ((set_[block / 64] >> (block % 64)) & 1U) != 0;
  }
  /// The block is kept for what lies in it: it is sparse no more. O(lines of a block).
  void exclude(std::uint32_t block) noexcept;
  /// Their free lines, in bytes.
  [[nodiscard]] std::uint64_t free_bytes() const noexcept { return free_bytes_; }

 private:
  [[nodiscard]] std::size_t bytes() const noexcept { return (std::size_t{blocks_ / 64} + 1) * sizeof(std::uint64_t); }

  const mapping& map_;
  std::uint32_t blocks_;
  std::uint64_t* set_;
  std::uint64_t free_bytes_ = 0;
};

}  // namespace coppice::arena
