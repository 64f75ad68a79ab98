// Growth: see grow.hpp.
#include "src/arena/grow.hpp"

#include <cstring>

#include "src/arena/steps.hpp"

namespace coppice::arena {

namespace {

constexpr std::uint64_t grow_lock_timeout_ns = 10'000'000'000;
constexpr std::uint32_t smallest_step = 4;  // blocks: 256 KiB

result<void> commit_blocks(const mapping& map, std::uint32_t first, std::uint32_t count) noexcept {
  const std::uint64_t begin = std::uint64_t{first} * block_bytes;
  const std::uint64_t length = std::uint64_t{count} * block_bytes;
  // In pieces of at most a segment: one call for a gigabyte would stop every page fault of the file for its length.
  for (std::uint64_t done = 0; done < length; done += segment_bytes) {
    const std::uint64_t piece = length - done < segment_bytes ? length - done : segment_bytes;
    if (const result<void> made = platform::commit(map.file(), begin + done, piece); !made) return made.why();
  }
  std::atomic<std::uint64_t>& end = map.words().file_end;
  std::uint64_t seen = end.load(std::memory_order_relaxed);
  while (seen < begin + length && !end.compare_exchange_weak(seen, begin + length, std::memory_order_release)) {
  }
  COPPICE_STEP(grow_after_commit);
  return {};
}

block_word word_at(const mapping& map, std::uint32_t block) noexcept {
  return block_word::from(map.block(block).load(std::memory_order_acquire));
}

failure limit_reached(const mapping& map, const char* reason) noexcept {
  return {errc::out_of_space, 0, reason, std::uint64_t{map.block_count()} * block_bytes, map.id().limit_bytes};
}

/// Adds `segments` segments whose metadata lies in the first blocks of the group.
result<void> add_segments(session& self, std::uint32_t segments, std::uint32_t expected_count) noexcept {
  const mapping& map = self.map();
  control_words& words = map.words();
  if (const result<void> locked = acquire(self, words.grow_lock, grow_lock_timeout_ns); !locked) return locked.why();
  const held_lock guard(self, words.grow_lock);
  const std::uint32_t first_segment = words.segment_count.load(std::memory_order_acquire);
  if (first_segment != expected_count) return {};  // somebody else grew it: look again
  const std::uint32_t first_block = first_segment * segment_blocks;
  if (first_segment + segments > max_segments || first_block + segments >= map.limit_blocks()) {
    return limit_reached(map, "adding a segment");
  }
  if (const result<void> made = commit_blocks(map, first_block, segments); !made) return made.why();
  for (std::uint32_t i = 0; i < segments; ++i) {
    // A grower that died here may have left words of its own: start from zero, every time.
    std::memset(map.at_block(first_block + i), 0, block_bytes);
    map.directory(first_segment + i).store(first_block + i, std::memory_order_relaxed);
  }
  COPPICE_STEP(grow_after_metadata);
  for (std::uint32_t i = 0; i < segments; ++i) {
    map.block(first_block + i).store(block_word{block_state::control}.bits(), std::memory_order_relaxed);
  }
  // Release: who reads the new count sees metadata and directory.
  words.segment_count.store(first_segment + segments, std::memory_order_release);
  COPPICE_STEP(grow_after_segment);
  return {};
}

/// Takes a free block (then owned) or a hole (then changing) for the session.
bool take_block(session& self, std::uint32_t block, bool only_holes) noexcept {
  std::atomic<std::uint64_t>& at = self.map().block(block);
  std::uint64_t seen = at.load(std::memory_order_acquire);
  const block_word word = block_word::from(seen);
  const bool is_hole = word.state == block_state::hole;
  if (!is_hole && (only_holes || word.state != block_state::free)) return false;
  const block_word mine = word.owned_by(self.self(), is_hole ? block_state::changing : block_state::owned);
  return at.compare_exchange_strong(seen, mine.bits(), std::memory_order_acq_rel);
}

/// Ends what take_block() began: changing blocks become `as`, owned ones `owned_as`. They keep their stamps, for
/// nothing was written to them.
void settle_blocks(session& self, std::uint32_t first, std::uint32_t count, block_state as,
                   block_state owned_as) noexcept {
  for (std::uint32_t i = 0; i < count; ++i) {
    std::atomic<std::uint64_t>& at = self.map().block(first + i);
    std::uint64_t seen = at.load(std::memory_order_relaxed);
    const block_word word = block_word::from(seen);
    if (!word.is_owned_by(self.self())) continue;
    const block_state next = word.state == block_state::changing ? as : owned_as;
    const block_word then = next == block_state::owned ? word.owned_by(self.self()) : word.settled(next, word.cycle);
    at.compare_exchange_strong(seen, then.bits(), std::memory_order_acq_rel);
  }
}

/// Commits the holes among up to `step` blocks from `first` and frees them; returns how many became free.
result<std::uint32_t> fill_holes(session& self, std::uint32_t first, std::uint32_t step) noexcept {
  const std::uint32_t count = self.map().block_count();
  std::uint32_t length = 0;
  while (length < step && first + length < count && take_block(self, first + length, true)) ++length;
  if (length == 0) return length;
  const result<void> made = commit_blocks(self.map(), first, length);
  settle_blocks(self, first, length, made ? block_state::free : block_state::hole, block_state::owned);
  if (!made) return made.why();
  return length;
}

/// The first block in [from, count) of this state, or count.
std::uint32_t find_state(const mapping& map, std::uint32_t from, std::uint32_t count, block_state state) noexcept {
  while (from < count && word_at(map, from).state != state) ++from;
  return from;
}

std::uint32_t segments_for(std::uint32_t blocks) noexcept {
  // m segments hold 64 m blocks, m of them metadata.
  return (blocks + segment_blocks - 2) / (segment_blocks - 1);
}

/// Finds and claims a run among the blocks that exist; 0 if there is none.
std::uint32_t claim_existing_run(session& self, std::uint32_t count, result<void>& trouble) noexcept {
  const mapping& map = self.map();
  const std::uint32_t total = map.block_count();
  for (std::uint32_t first = first_data_block; first + count <= total;) {
    std::uint32_t length = 0;
    while (length < count) {
      const block_state state = word_at(map, first + length).state;
      if (state != block_state::free && state != block_state::hole) break;
      ++length;
    }
    if (length < count) {
      first += length + 1;
      continue;
    }
    std::uint32_t taken = 0;
    while (taken < count && take_block(self, first + taken, false)) {
      ++taken;
      COPPICE_STEP(allocate_large_claimed_some);
    }
    if (taken == count) {
      if (trouble = commit_blocks(map, first, count); trouble.ok()) {
        settle_blocks(self, first, count, block_state::owned, block_state::owned);
        return first;
      }
    }
    settle_blocks(self, first, taken, block_state::hole, block_state::free);
    if (!trouble.ok()) return 0;
    first += taken + 1;
  }
  return 0;
}

}  // namespace

result<std::uint32_t> grow(session& self) noexcept {
  const mapping& map = self.map();
  for (;;) {
    const std::uint32_t segments = map.words().segment_count.load(std::memory_order_acquire);
    const std::uint32_t count = map.block_count();
    std::uint32_t step = count / 32;
    if (step < smallest_step) step = smallest_step;
    if (step > segment_blocks) step = segment_blocks;
    for (std::uint32_t at = find_state(map, first_data_block, count, block_state::hole); at < count;
         at = find_state(map, at + 1, count, block_state::hole)) {
      const result<std::uint32_t> freed = fill_holes(self, at, step);
      if (!freed) return freed.why();
      if (*freed != 0) return at;
    }
    if (const result<void> added = add_segments(self, 1, segments); !added) return added.why();
  }
}

result<std::uint32_t> claim_run(session& self, std::uint32_t count) noexcept {
  const mapping& map = self.map();
  for (;;) {
    const std::uint32_t segments = map.words().segment_count.load(std::memory_order_acquire);
    result<void> trouble;
    const std::uint32_t first = claim_existing_run(self, count, trouble);
    if (!trouble) return trouble.why();
    if (first != 0) return first;
    const std::uint32_t needed = segments_for(count);
    if ((std::uint64_t{segments} * segment_blocks) + needed + count > map.limit_blocks()) {
      return limit_reached(map, "looking for consecutive blocks for a large value");
    }
    if (const result<void> added = add_segments(self, needed, segments); !added) return added.why();
  }
}

result<void> link_control_block(session& self, std::atomic<std::uint32_t>& link) noexcept {
  const result<std::uint32_t> block = claim_run(self, 1);
  if (!block) return block.why();
  const mapping& map = self.map();
  std::memset(map.at_block(*block), 0, block_bytes);
  std::uint32_t nothing = 0;
  // Release: who follows the link sees zeros.
  if (!link.compare_exchange_strong(nothing, *block, std::memory_order_acq_rel)) {
    settle_blocks(self, *block, 1, block_state::free, block_state::free);
    return {};
  }
  COPPICE_STEP(grow_after_link);
  map.block(*block).store(block_word{block_state::control}.bits(), std::memory_order_release);
  return {};
}

bool is_linked_control(const mapping& map, std::uint32_t block) noexcept {
  for (const std::atomic<std::uint32_t>& chunk : map.head().record_directory) {
    if (chunk.load(std::memory_order_acquire) == block) return true;
  }
  const std::uint32_t slots = map.words().slot_high.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < slots; ++i) {
    for (std::uint32_t at = map.slot(i).extension.load(std::memory_order_acquire); at != 0;
         at = map.extension(at).next.load(std::memory_order_acquire)) {
      if (at == block) return true;
    }
  }
  return false;
}

}  // namespace coppice::arena
