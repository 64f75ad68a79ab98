// Growth: turning holes into memory, and adding segments.
//
// Whoever changes what stands behind a block first takes it: a hole becomes `changing`, owned, then its memory is made
// real, then it is free or owned. Giving memory back goes the other way (sweep.cpp). So no two processes work on the
// memory of one block. Dying in between leaves a changing block, which the next cycle makes a hole; the memory behind
// it, if any, is used by the next growth, for committing is idempotent.
//
// A group of segments is added under the grow lock: metadata blocks committed, zeroed and marked as control, directory
// entries written, and then, in one store, segment_count raised. Until then nothing of it is visible.
//
// Thread safety: any thread of any process.
#pragma once

#include <cstdint>

#include "coppice/result.hpp"
#include "src/arena/session.hpp"

namespace coppice::arena {

/// Makes at least one more block free, in steps of 256 KiB to 4 MiB; returns the first. O(blocks). Errors: out_of_space
/// (limit: os_error 0; disk: ENOSPC), busy, system.
result<std::uint32_t> grow(session& self) noexcept;

/// Claims `count` consecutive blocks, committed, for the session. O(blocks). Errors as grow().
result<std::uint32_t> claim_run(session& self, std::uint32_t count) noexcept;

/// Gives `link`, unless another was first, a zeroed block of state control, for more pins or records. The link is
/// stored before the state: a block of a dead owner that is linked is control (collector.cpp), one that is not is free.
/// Precondition: the caller does not hold the grow lock, which this may take. Errors as grow().
result<void> link_control_block(session& self, std::atomic<std::uint32_t>& link) noexcept;

/// Is the block linked as a chunk of records or of pins? O(slots + chunks); for blocks that a dead owner left.
[[nodiscard]] bool is_linked_control(const mapping& map, std::uint32_t block) noexcept;

}  // namespace coppice::arena
