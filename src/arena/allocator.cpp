// See allocator.hpp.
#include "src/arena/allocator.hpp"

#include <bit>
#include <cstring>

#include "src/arena/collector.hpp"
#include "src/arena/grow.hpp"
#include "src/arena/steps.hpp"

namespace coppice::arena {

namespace {

/// First line >= from that is in the set; lines_per_block if none.
std::uint32_t find_set(const line_set& set, std::uint32_t from) noexcept {
  for (std::uint32_t word = from / 64; word < set.size(); ++word) {
    std::uint64_t bits = set[word];
    if (word == from / 64) bits &= ~std::uint64_t{0} << (from % 64);
    if (bits != 0) return (word * 64) + static_cast<std::uint32_t>(std::countr_zero(bits));
  }
  return lines_per_block;
}

/// First line >= from that is not.
std::uint32_t find_clear(const line_set& set, std::uint32_t from) noexcept {
  for (std::uint32_t word = from / 64; word < set.size(); ++word) {
    std::uint64_t bits = ~set[word];
    if (word == from / 64) bits &= ~std::uint64_t{0} << (from % 64);
    if (bits != 0) return (word * 64) + static_cast<std::uint32_t>(std::countr_zero(bits));
  }
  return lines_per_block;
}

}  // namespace

std::uint32_t allocator::current_cycle() const noexcept {
  return cycle_word::from(session_->map().words().cycle.load(std::memory_order_acquire)).number;
}

void allocator::begin(bool edits) noexcept {
  assert(filled_ == 0);
  token_ = 0;
  if (edits) {
    const std::uint64_t token = session_->map().words().edit_tokens.fetch_add(1, std::memory_order_relaxed);
    if (token <= detail::max_edit_token) token_ = token;
  }
  may_use_reserve_ = false;
  only_free_blocks_ = false;
  allocated_ = 0;
  released_ = 0;
  taken_ = 0;
  main_at_begin_ = main_;
  spare_at_begin_ = spare_;
  current_at_begin_ = current_;
  next_line_at_begin_ = next_line_;
  retired_.begin();
}

void allocator::give_up(std::uint32_t block, std::uint32_t stamp) noexcept {
  std::atomic<std::uint64_t>& word = session_->map().block(block);
  std::uint64_t seen = word.load(std::memory_order_relaxed);
  const block_word mine = block_word::from(seen);
  // Not ours any more only after a wrong verdict on our slot: then it is not ours to give.
  if (mine.state != block_state::owned || !mine.is_owned_by(session_->self())) return;
  word.compare_exchange_strong(seen, mine.settled(block_state::unswept, stamp).bits(), std::memory_order_acq_rel);
  COPPICE_STEP(commit_block_given_up);
}

void allocator::settle(std::uint64_t version) noexcept {
  retired_.published(version);
  give_up_filled();
}

void allocator::give_up_filled() noexcept {
  if (recycled_any_) {
    std::memset(recycled_, 0, sizeof(recycled_));
    recycled_any_ = false;
  }
  token_ = 0;
  if (filled_ == 0) return;
  const mapping& map = session_->map();
  // A remainder in a block that is given up is not ours any more.
  if (spare_.end != 0 && spare_.at / block_bytes != current_) spare_ = {};
  // After the publication, behind a fence (w7, in publish()): see A5.
  const std::uint32_t stamp = current_cycle();
  while (filled_ != 0) {
    const std::uint32_t block = filled_;
    filled_ = map.metadata(block).next[block % segment_blocks].load(std::memory_order_relaxed);
    give_up(block, stamp);
  }
}

void allocator::roll_back() noexcept {
  if (current_ == current_at_begin_ && filled_ == 0) {
    // Every byte since begin() was never seen by anybody: hand it out again.
    main_ = main_at_begin_;
    spare_ = spare_at_begin_;
    next_line_ = next_line_at_begin_;
  }
  retired_.rolled_back();
  give_up_filled();
}

void allocator::give_up_all() noexcept {
  retired_.detach();
  give_up_filled();
  if (current_ == 0) return;
  give_up(current_, current_cycle());
  current_ = 0;
  next_line_ = lines_per_block;
  main_ = {};
  spare_ = {};
  COPPICE_STEP(close_after_blocks);
}

void allocator::use_free_blocks() noexcept {
  only_free_blocks_ = true;
  retired_.forget_ready();
  if (current_was_free_) return;
  retire_current();
  main_ = {};
  spare_ = {};
}

void allocator::push_filled(std::uint32_t block) noexcept {
  session_->map().metadata(block).next[block % segment_blocks].store(filled_, std::memory_order_relaxed);
  filled_ = block;
}

void allocator::retire_current() noexcept {
  if (current_ != 0) push_filled(current_);
  current_ = 0;
  next_line_ = lines_per_block;
}

void allocator::start_block(std::uint32_t block, const line_set& free) noexcept {
  retire_current();
  platform::reach((std::uint64_t{block} + 1) * block_bytes);
  current_ = block;
  next_line_ = 0;
  main_ = {};
  free_lines_ = free;
  const std::uint32_t lines = line_count(free);
  current_was_free_ = lines == lines_per_block;
  taken_ += std::uint64_t{lines} * line_bytes;
  session_->map().words().allocated_bytes.fetch_add(std::uint64_t{lines} * line_bytes, std::memory_order_relaxed);
  COPPICE_STEP(allocate_after_claim);
}

bool allocator::claim(std::uint32_t block, bool must_be_free) noexcept {
  const mapping& map = session_->map();
  std::atomic<std::uint64_t>& word = map.block(block);
  std::uint64_t seen = word.load(std::memory_order_acquire);
  const block_word now = block_word::from(seen);
  if (now.state != block_state::free && (must_be_free || now.state != block_state::swept)) return false;
  const line_set free = free_lines(map, block, now);
  // The word carries the cycle of the map: the swap succeeds only if what was copied is still current.
  if (!word.compare_exchange_strong(seen, now.owned_by(session_->self()).bits(), std::memory_order_acq_rel))
    return false;
  start_block(block, free);
  return true;
}

bool allocator::take_existing() noexcept {
  control_words& words = session_->map().words();
  const std::uint32_t count = session_->map().block_count();
  for (;;) {
    const std::uint64_t at = words.block_cursor.load(std::memory_order_relaxed);
    if (at >= count) return false;
    words.block_cursor.store(at + 1, std::memory_order_relaxed);  // a hint: losing a race costs a second look
    if (at >= first_data_block && claim(static_cast<std::uint32_t>(at), false)) return true;
  }
}

bool allocator::take_free() noexcept {
  const std::uint32_t count = session_->map().block_count();
  for (std::uint32_t tried = 0; tried < count; ++tried, ++free_hint_) {
    if (free_hint_ < first_data_block || free_hint_ >= count) free_hint_ = first_data_block;
    const block_state state = block_word::from(session_->map().block(free_hint_).load(std::memory_order_relaxed)).state;
    if (state == block_state::free && claim(free_hint_, true)) return true;
  }
  return false;
}

bool allocator::take_reserve() noexcept {
  const mapping& map = session_->map();
  const std::uint32_t count = map.block_count();
  for (std::uint32_t block = first_reserve_block; block < count; ++block) {
    std::uint64_t seen = map.block(block).load(std::memory_order_acquire);
    const block_word now = block_word::from(seen);
    if (now.state != block_state::reserve) continue;
    if (!map.block(block).compare_exchange_strong(seen, now.owned_by(session_->self()).bits(),
                                                  std::memory_order_acq_rel)) {
      continue;
    }
    line_set all;
    all.fill(~std::uint64_t{0});
    start_block(block, all);
    return true;
  }
  return false;
}

void allocator::pace() noexcept {
  collector_->pace(retired_.taken());
  retired_.notice_cycle();
}

result<void> allocator::collect_for_space() noexcept {
  const result<void> collected = collector_->collect_for_space(retired_.taken());
  retired_.notice_cycle();
  return collected;
}

bool allocator::take_block(bool must_be_free) noexcept {
  pace();
  const auto take = [&] { return must_be_free ? take_free() : take_existing(); };
  if (take()) return true;
  // Growing is cheaper than collecting as long as it is allowed; the pace of collections bounds it.
  for (bool collected = false;;) {
    const result<std::uint32_t> grown = grow(*session_);
    if (grown) {
      free_hint_ = *grown;
      if (!must_be_free) session_->map().words().block_cursor.store(*grown, std::memory_order_relaxed);
      if (take()) return true;
      continue;  // others took all that was added: add more
    }
    trouble_ = grown.why();
    // Who asks for free blocks only has just collected, and can do without (compaction).
    if (trouble_.code != errc::out_of_space || collected || only_free_blocks_) break;
    if (const result<void> done = collect_for_space(); !done) {
      trouble_ = done.why();
      break;
    }
    collected = true;
    if (take()) return true;
  }
  return may_use_reserve_ && take_reserve();
}

bool allocator::next_hole(std::size_t bytes) noexcept {
  const auto lines = static_cast<std::uint32_t>((bytes + line_bytes - 1) / line_bytes);
  if (main_.end - main_.at > spare_.end - spare_.at) spare_ = main_;
  main_ = {};
  const std::uint64_t base = std::uint64_t{current_} * block_bytes;
  while (next_line_ < lines_per_block) {
    const std::uint32_t first = find_set(free_lines_, next_line_);
    if (first == lines_per_block) break;
    const std::uint32_t end = find_clear(free_lines_, first);
    next_line_ = end;
    const hole found{base + (std::uint64_t{first} * line_bytes), base + (std::uint64_t{end} * line_bytes)};
    if (end - first >= lines) {
      main_ = found;
      return true;
    }
    if (found.end - found.at > spare_.end - spare_.at) spare_ = found;
  }
  next_line_ = lines_per_block;
  return false;
}

detail::allocation<ref> allocator::allocate_large(std::size_t bytes) noexcept {
  const auto blocks = static_cast<std::uint32_t>((bytes + block_bytes - 1) / block_bytes);
  pace();
  for (int attempt = 0; attempt < 2; ++attempt) {
    const result<std::uint32_t> first = claim_run(*session_, blocks);
    if (first) return publishable_run(*first, blocks);
    trouble_ = first.why();
    if (trouble_.code != errc::out_of_space || only_free_blocks_ || !collect_for_space()) break;
  }
  return {};
}

detail::allocation<ref> allocator::publishable_run(std::uint32_t first, std::uint32_t blocks) noexcept {
  for (std::uint32_t i = 0; i < blocks; ++i) push_filled(first + i);
  taken_ += std::uint64_t{blocks} * block_bytes;
  session_->map().words().allocated_bytes.fetch_add(std::uint64_t{blocks} * block_bytes, std::memory_order_relaxed);
  const ref made = first * granules_per_block;
  return {made, session_->map().at(made)};
}

detail::allocation<ref> allocator::allocate_slowly(std::size_t bytes) noexcept {
  if (bytes > large_bytes) return allocate_large(bytes);
  if (bytes <= line_bytes && spare_.end - spare_.at >= bytes) return bump(spare_, bytes);
  const bool must_be_free = bytes > medium_bytes || only_free_blocks_;
  while (!next_hole(bytes)) {
    if (!take_block(must_be_free)) return {};
  }
  return bump(main_, bytes);
}

void allocator::recycle(ref node) noexcept {
  const std::uint32_t granules = session_->map().node(node).granules;
  released_ += std::uint64_t{granules} * detail::granule_bytes;
  if (granules >= recycled_granules) return;
  // The node's own bytes link the list: it was never published, so nobody reads it.
  std::byte* bytes = session_->map().at(node);
  std::memcpy(bytes + sizeof(detail::node_header), &recycled_[granules], sizeof(ref));
  recycled_[granules] = node;
  recycled_any_ = true;
}

ref allocator::take_recycled(std::size_t bytes) noexcept {
  const std::size_t granules = bytes / detail::granule_bytes;
  if (granules >= recycled_granules) return 0;
  const ref found = recycled_[granules];
  if (found != 0) {
    std::memcpy(&recycled_[granules], session_->map().at(found) + sizeof(detail::node_header), sizeof(ref));
  }
  return found;
}

}  // namespace coppice::arena
