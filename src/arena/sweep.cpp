// Sweeping: from marks to free lines. See collector.hpp; g5 and A5 of docs/decisions/arena-reclamation.md.
#include "src/arena/collector.hpp"
#include "src/arena/grow.hpp"
#include "src/arena/lines.hpp"
#include "src/arena/steps.hpp"

namespace coppice::arena {

namespace {

constexpr std::uint32_t least_free_lines = lines_per_block / 16;  // fewer are not worth a claim
constexpr std::uint64_t kept_free_bytes = std::uint64_t{16} << 20;
constexpr std::uint32_t most_given_back = 16;  // blocks at the end of a paced cycle: it happens inside a write

}  // namespace

void collector::sweep_block(std::uint32_t block) noexcept {
  const mapping& map = session_->map();
  std::atomic<std::uint64_t>& word = map.block(block);
  std::uint64_t seen = word.load(std::memory_order_seq_cst);
  const block_word now = block_word::from(seen);
  // Judged before CYCLE is read: an owner that died while this cycle was the newest had published before any later
  // scan.
  const bool has_owner = now.state == block_state::owned || now.state == block_state::changing;
  const bool owner_is_dead = has_owner && !map.lives(now);
  // After the word was read: whoever took the cycle over changed CYCLE before it looked at this word (outdate_words).
  if (!ours(cycle_word::from(map.words().cycle.load(std::memory_order_seq_cst)))) return;
  switch (now.state) {
    case block_state::hole:
    case block_state::control:
      return;
    case block_state::reserve:
      ++reserves_seen_;
      return;
    case block_state::free:
      free_lines_ += lines_per_block;
      return;
    case block_state::owned:
      if (!owner_is_dead) return;
      // A dead owner's: what it published last may have come after our scan, so it is swept by the next cycle (A5).
      // Unless it died while it linked the block as control.
      word.compare_exchange_strong(
          seen,
          now.settled(is_linked_control(map, block) ? block_state::control : block_state::unswept, number_).bits(),
          std::memory_order_acq_rel);
      return;
    case block_state::changing:
      if (!owner_is_dead) return;
      word.compare_exchange_strong(seen, now.settled(block_state::hole, number_).bits(), std::memory_order_acq_rel);
      return;
    case block_state::swept:
    case block_state::unswept:
      break;
  }
  if (now.cycle == number_) return;  // given up, or claimed and given up, in this cycle
  block_word next = now.settled(block_state::unswept, number_);
  next.map = static_cast<std::uint8_t>(1 - now.map);
  const std::uint32_t free = line_count(free_lines(map, block, next));
  if (free == lines_per_block) {
    next.state = block_state::free;
  } else if (free >= least_free_lines) {
    next.state = block_state::swept;
  }
  if (!word.compare_exchange_strong(seen, next.bits(), std::memory_order_acq_rel)) return;
  COPPICE_STEP(collect_swept_a_block);
  if (next.state != block_state::unswept) free_lines_ += free;
}

collector::progress collector::sweep_some(std::uint32_t blocks) noexcept {
  const std::uint32_t count = session_->map().block_count();
  for (std::uint32_t i = 0; i < blocks && sweep_at_ < count; ++i) sweep_block(sweep_at_++);
  if (sweep_at_ < count) return progress::working;
  finish_cycle();
  return progress::finished;
}

void collector::refill_reserve() noexcept {
  const mapping& map = session_->map();
  const std::uint32_t count = map.block_count();
  for (std::uint32_t block = first_reserve_block; block < count && reserves_seen_ < reserve_blocks; ++block) {
    std::uint64_t seen = map.block(block).load(std::memory_order_acquire);
    const block_word now = block_word::from(seen);
    if (now.state != block_state::free) continue;
    if (map.block(block).compare_exchange_strong(seen, now.settled(block_state::reserve, now.cycle).bits(),
                                                 std::memory_order_acq_rel)) {
      ++reserves_seen_;
    }
  }
}

void collector::finish_cycle() noexcept {
  refill_reserve();
  control_words& words = session_->map().words();
  words.live_bytes.store(live_bytes_, std::memory_order_relaxed);
  words.free_lines.store(free_lines_, std::memory_order_relaxed);
  words.block_cursor.store(first_data_block, std::memory_order_relaxed);
  words.collections.fetch_add(1, std::memory_order_relaxed);
  words.allocated_at_end.store(words.allocated_bytes.load(std::memory_order_relaxed), std::memory_order_relaxed);
  std::uint64_t seen = words.cycle.load(std::memory_order_acquire);
  if (ours(cycle_word::from(seen))) {
    words.cycle.compare_exchange_strong(seen, cycle_word{number_}.bits(), std::memory_order_seq_cst);
  }
  number_ = 0;
  COPPICE_STEP(collect_cycle_done);
  const std::uint64_t wanted = (2 * live_bytes_) + kept_free_bytes;
  if (free_lines_ * line_bytes > 2 * wanted)
    give_back(static_cast<std::uint32_t>(wanted / block_bytes), most_given_back);
}

void collector::give_back(std::uint32_t keep_blocks, std::uint32_t most) noexcept {
  const mapping& map = session_->map();
  std::uint32_t kept = 0;
  const std::uint32_t count = map.block_count();
  for (std::uint32_t block = first_data_block; block < count && most != 0; ++block) {
    std::uint64_t seen = map.block(block).load(std::memory_order_acquire);
    const block_word now = block_word::from(seen);
    if (now.state != block_state::free || kept++ < keep_blocks) continue;
    const block_word changing = now.owned_by(session_->self(), block_state::changing);
    if (!map.block(block).compare_exchange_strong(seen, changing.bits(), std::memory_order_acq_rel)) continue;
    COPPICE_STEP(collect_block_changing);
    const result<void> gone =
        platform::decommit(map.file(), std::uint64_t{block} * block_bytes, std::uint64_t{block_bytes});
    COPPICE_STEP(collect_block_decommitted);
    // A stamp that no earlier growth saw, so that a grower who is late cannot take this hole for the one it filled.
    const cycle_word cycle = cycle_word::from(map.words().cycle.load(std::memory_order_acquire));
    const block_word left = changing.settled(gone ? block_state::hole : block_state::free, cycle.number);
    std::uint64_t expected = changing.bits();
    map.block(block).compare_exchange_strong(expected, left.bits(), std::memory_order_acq_rel);
    if (!gone) return;
    --most;
  }
}

}  // namespace coppice::arena
