// Marking, pacing, and the course of a cycle. Sweeping is in sweep.cpp, the scan of roots in records.cpp. See
// collector.hpp.
#include "src/arena/collector.hpp"

#include "src/arena/records.hpp"
#include "src/arena/steps.hpp"

namespace coppice::arena {

namespace {

// A cycle begins when three quarters as many bytes were allocated as were live after the last one. For each byte that
// is allocated while it runs it marks four, and sweeps as if there were 16 times that to sweep. So with few writers it
// ends within a third of the live bytes, and under steady updates memory stays below 2.5 times those. Where writers die
// young, or an owner has its turn seldom, more steps are made at a time (steps_due()).
constexpr std::uint64_t least_trigger_bytes = std::uint64_t{2} << 20;
constexpr std::uint64_t marked_per_allocated = 4;
constexpr std::uint64_t swept_per_allocated = 16;
constexpr std::uint64_t least_paced_bytes = std::uint64_t{16} << 10;
constexpr std::uint32_t most_nodes = 16384;  // bounds a pause: about half a millisecond
constexpr std::uint32_t most_blocks = 4096;
constexpr std::uint64_t most_behind = 8;  // four times as many steps for each trigger without a finished cycle
constexpr std::uint64_t no_pace = std::uint64_t{1} << 32;  // bytes: as much as one step may do
constexpr std::uint32_t nodes_between_steps = 4096;
constexpr std::uint64_t space_timeout_ns = 10'000'000'000;
constexpr int cycles_to_free_all = 2;
constexpr int most_cycles = 64;                     // others may restart ours, but not for ever
constexpr std::uint64_t patience_ns = 100'000'000;  // for a transaction to end, with the collector lock held
// Workers apart write at the same time: together they could allocate much more than one of them can mark meanwhile. So
// those who do not collect wait, once three triggers have passed since the last cycle came to its end.
constexpr std::uint32_t steps_while_others_wait = 16;
constexpr std::uint64_t most_awaited_ns = 20'000'000;  // for each block
constexpr std::uint64_t nap_ns = 200'000;
constexpr std::uint64_t pause_ns = 10'000'000;  // between two attempts

}  // namespace

collector::~collector() { detach(); }

void collector::detach() noexcept {
  if (stack_ != nullptr && stack_is_mapped_) {
    platform::unmap_scratch(reinterpret_cast<std::byte*>(stack_), stack_bytes);
    stack_ = nullptr;
  }
  number_ = 0;
}

bool collector::ours(const cycle_word& now) const noexcept {
  return now.at != phase::idle && now.number == number_ &&
         now.slot == static_cast<std::uint16_t>(session_->self().slot) &&
         now.incarnation == static_cast<std::uint16_t>(session_->self().incarnation);
}

std::uint64_t collector::trigger_bytes() const noexcept {
  const std::uint64_t wanted = session_->map().words().live_bytes.load(std::memory_order_relaxed) / 4 * 3;
  return wanted < least_trigger_bytes ? least_trigger_bytes : wanted;
}

bool collector::owner_lives(const cycle_word& now) const noexcept {
  block_word owner;
  owner.slot = now.slot;
  owner.incarnation = now.incarnation;
  if (owner.is_owned_by(session_->self())) return true;  // our own, given up: the lock does not tell us of ourselves
  if (!session_->map().lives(owner)) return false;
  const result<bool> locked = platform::slot_is_locked(session_->map().file(), now.slot);
  return !locked || *locked;
}

bool collector::due() const noexcept {
  const control_words& words = session_->map().words();
  const cycle_word now = cycle_word::from(words.cycle.load(std::memory_order_acquire));
  if (ours(now)) return true;
  const std::uint64_t allocated = words.allocated_bytes.load(std::memory_order_relaxed);
  if (now.at == phase::idle) {
    return allocated - words.allocated_at_cycle.load(std::memory_order_relaxed) >= trigger_bytes();
  }
  // A cycle whose owner died, or does not write any more, is begun anew. That a new one begins is harmless whatever the
  // truth (A5), so a hint suffices.
  const std::uint64_t patience = is_apart() ? trigger_bytes() : trigger_bytes() / 4;
  return allocated - words.allocated_at_step.load(std::memory_order_relaxed) >= patience || !owner_lives(now);
}

std::uint64_t collector::paced_bytes() const noexcept {
  const control_words& words = session_->map().words();
  const std::uint64_t allocated = words.allocated_bytes.load(std::memory_order_relaxed);
  const std::uint64_t since_step = allocated - words.allocated_at_step.load(std::memory_order_relaxed);
  return since_step < least_paced_bytes ? least_paced_bytes : since_step;
}

std::uint64_t collector::bytes_since_end() const noexcept {
  const control_words& words = session_->map().words();
  return words.allocated_bytes.load(std::memory_order_relaxed) - words.allocated_at_end.load(std::memory_order_relaxed);
}

std::uint32_t collector::steps_due() const noexcept {
  const std::uint64_t behind = bytes_since_end() / trigger_bytes();
  if (behind < 2) return 1;
  return behind < most_behind ? 1U << (2 * (behind - 1)) : 1U << (2 * (most_behind - 1));
}

bool collector::is_apart() const noexcept {
  return session_->map().words().last_apart.load(std::memory_order_relaxed) != 0;
}

bool collector::await_cycle() const noexcept {
  const control_words& words = session_->map().words();
  const auto cycle = [&] { return cycle_word::from(words.cycle.load(std::memory_order_acquire)); };
  const std::uint64_t step = words.allocated_at_step.load(std::memory_order_relaxed);
  const std::uint32_t number = cycle().number;
  for (std::uint64_t waited = 0; waited < most_awaited_ns; waited += nap_ns) {
    platform::sleep_ns(nap_ns);
    const cycle_word now = cycle();
    if (now.number != number || now.at == phase::idle) return true;
  }
  return words.allocated_at_step.load(std::memory_order_relaxed) != step;
}

void collector::pace(std::span<const node_extent> taken) noexcept {
  control_words& words = session_->map().words();
  const bool waits = is_apart() && bytes_since_end() >= 3 * trigger_bytes() && platform::may_sleep();
  if (!due() && (!waits || await_cycle())) return;
  if (!try_acquire(*session_, words.collector_lock)) {
    if (waits) (void)await_cycle();
    return;
  }
  const held_lock guard(*session_, words.collector_lock);
  if (!ours(cycle_word::from(words.cycle.load(std::memory_order_acquire)))) {
    if (!begin_cycle(inside_transaction{taken})) return;
  }
  const std::uint64_t allocated = paced_bytes();
  std::uint32_t left = steps_due();
  if (waits && left < steps_while_others_wait) left = steps_while_others_wait;
  while (left-- != 0 && step(allocated) == progress::working) {
  }
}

bool collector::announce_cycle() noexcept {
  const mapping& map = session_->map();
  if (stack_ == nullptr) stack_ = reinterpret_cast<ref*>(platform::map_scratch(stack_bytes));
  if (stack_ == nullptr) {
    trouble_ = {errc::system, 0, "mapping scratch memory for a collection", stack_bytes, 0};
    return false;
  }
  std::uint64_t seen = map.words().cycle.load(std::memory_order_acquire);
  std::uint32_t number = cycle_word::from(seen).number + 1;
  if (number == 0) number = 1;
  const cycle_word begun{number, phase::marking, static_cast<std::uint16_t>(session_->self().slot),
                         static_cast<std::uint16_t>(session_->self().incarnation)};
  if (!map.words().cycle.compare_exchange_strong(seen, begun.bits(), std::memory_order_seq_cst)) return false;
  COPPICE_STEP(collect_cycle_started);
  number_ = number;
  if (cycle_word::from(seen).at != phase::idle) outdate_words();
  stack_size_ = 0;
  sweep_at_ = first_reserve_block;
  reserves_seen_ = 0;
  live_bytes_ = 0;
  free_lines_ = 0;
  const std::uint64_t allocated = map.words().allocated_bytes.load(std::memory_order_relaxed);
  map.words().allocated_at_cycle.store(allocated, std::memory_order_relaxed);
  map.words().allocated_at_step.store(allocated, std::memory_order_relaxed);
  return true;
}

bool collector::scan_for_cycle() noexcept {
  const root_sink sink{[](void* self, ref root) noexcept { return static_cast<collector*>(self)->push(root); }, this};
  const result<scan_result> scanned = scan_roots(*session_, &sink, true);
  if (!scanned) {
    trouble_ = scanned.why();
    number_ = 0;
    return false;
  }
  return true;
}

bool collector::begin_cycle(const inside_transaction& place) noexcept {
  if (!announce_cycle() || !scan_for_cycle()) return false;
  // No root reaches these yet, and nobody owns their blocks.
  for (const node_extent& node : place.taken) {
    if (!mark_lines(node.node, std::size_t{node.granules} * detail::granule_bytes)) return false;
  }
  return true;
}

bool collector::begin_cycle(const outside_transactions& place) noexcept {
  if (!announce_cycle()) return false;
  // Whoever takes the lock after this fence sees the new CYCLE and uses no retired node. Who has it now may be using
  // some that no root reaches yet: the scan must come after its publication.
  control_words& words = session_->map().words();
  session_->map().heavy_fence();
  // Once HEAD has moved on, what the one who moved it had taken is reachable from there.
  const awaited_change published{words.head, words.head.load(std::memory_order_acquire)};
  const result<void> quiet = await_release(*session_, words.writer_lock, published, place.patience_ns);
  if (!quiet) {
    trouble_ = quiet.why();
    number_ = 0;
    return false;
  }
  return scan_for_cycle();
}

void collector::outdate_words() noexcept {
  const mapping& map = session_->map();
  const std::uint32_t count = map.block_count();
  for (std::uint32_t block = first_reserve_block; block < count; ++block) {
    std::atomic<std::uint64_t>& word = map.block(block);
    std::uint64_t seen = word.load(std::memory_order_seq_cst);
    for (;;) {
      block_word next = block_word::from(seen);
      if (next.state != block_state::swept && next.state != block_state::unswept) break;
      next.incarnation = static_cast<std::uint16_t>(number_ | 0x8000U);  // never 0, and never the last one's
      if (word.compare_exchange_weak(seen, next.bits(), std::memory_order_acq_rel)) break;
    }
  }
}

bool collector::push(ref node) noexcept {
  if (stack_size_ == stack_capacity_) return false;
  stack_[stack_size_++] = node;
  return true;
}

bool collector::set_bits(std::atomic<std::uint64_t>& word, std::uint32_t bits, bool& already) noexcept {
  std::uint64_t seen = word.load(std::memory_order_relaxed);
  for (;;) {
    const tagged_bits now = tagged_bits::from(seen);
    const bool current = now.cycle == number_;
    // A number ahead of ours: we were taken for dead, and another cycle runs. Change nothing.
    if (!current && static_cast<std::int32_t>(now.cycle - number_) > 0) return false;
    already = current && (now.bits & bits) == bits;
    if (already) return true;
    const tagged_bits next{(current ? now.bits : 0U) | bits, number_};
    if (word.compare_exchange_weak(seen, next.word(), std::memory_order_relaxed)) return true;
  }
}

bool collector::mark_lines(ref node, std::size_t bytes) noexcept {
  const mapping& map = session_->map();
  const std::uint64_t begin = std::uint64_t{node} * detail::granule_bytes;
  std::uint64_t line = begin / line_bytes;
  const std::uint64_t last = (begin + bytes - 1) / line_bytes;
  while (line <= last) {
    const auto block = static_cast<std::uint32_t>(line / lines_per_block);
    segment_metadata& metadata = map.metadata(block);
    const block_word word = block_word::from(metadata.words[block % segment_blocks].load(std::memory_order_relaxed));
    auto& lines = metadata.lines[block % segment_blocks][1 - word.map];
    const auto first_bit = static_cast<std::uint32_t>(line % 32);
    std::uint64_t count = last - line + 1;
    if (count > 32 - first_bit) count = 32 - first_bit;
    const auto bits = static_cast<std::uint32_t>(((std::uint64_t{1} << count) - 1) << first_bit);
    bool already = false;
    if (!set_bits(lines[(line % lines_per_block) / 32], bits, already)) return false;
    line += count;
  }
  return true;
}

bool collector::push_children(ref node) noexcept {
  const mapping& map = session_->map();
  bool room = true;
  detail::for_each_ref<ref>(map.node(node), [&](ref child) {
    __builtin_prefetch(map.at(child));
    room = room && push(child);
  });
  return room;
}

bool collector::mark(ref node) noexcept {
  const mapping& map = session_->map();
  const std::uint64_t offset = std::uint64_t{node} * detail::granule_bytes;
  const std::uint32_t block = mapping::block_of(node);
  if (block >= map.block_count()) {
    trouble_ = {errc::corrupt, 0, "a ref leaves the arena", offset, 0};
    return false;
  }
  const std::uint64_t cell = (offset % block_bytes) / mark_bytes;
  bool already = false;
  std::atomic<std::uint64_t>& word = map.metadata(block).marks[block % segment_blocks][cell / 32];
  if (!set_bits(word, std::uint32_t{1} << (cell % 32), already)) return false;
  if (already) return true;
  const detail::node_header& header = map.node(node);
  const std::uint64_t end = offset + header.size_bytes();
  const bool known =
      static_cast<std::size_t>(header.kind) < detail::kind_count && header.kind != detail::node_kind::none;
  const bool fits = known && header.granules >= 2 && end <= std::uint64_t{map.block_count()} * block_bytes;
  const detail::ref_places refs = fits ? detail::refs_of(header) : detail::ref_places{};
  if (!fits || refs.end() > header.size_bytes()) {
    trouble_ = {errc::corrupt, 0, "a reachable node has no valid header", offset, 0};
    return false;
  }
  if (!mark_lines(node, header.size_bytes())) return false;
  live_bytes_ += header.size_bytes();
  if (!push_children(node)) {
    trouble_ = {errc::system, 0, "the mark stack is full", stack_capacity_, stack_capacity_};
    return false;
  }
  return true;
}

collector::progress collector::mark_some(std::uint64_t bytes) noexcept {
  // A few refs wait in a ring between the stack and their turn, so that the prefetch of their headers has time to
  // arrive.
  constexpr std::uint32_t ring_size = 8;
  const mapping& map = session_->map();
  ref ring[ring_size];
  std::uint32_t waiting = 0;
  std::uint32_t at = 0;
  const std::uint64_t enough = live_bytes_ + bytes;
  const auto go_on = [&](std::uint32_t done) { return live_bytes_ < enough && done < most_nodes; };
  for (std::uint32_t done = 0; go_on(done) || waiting != 0; ++done) {
    while (waiting < ring_size && stack_size_ != 0 && go_on(done)) {
      const ref next = stack_[--stack_size_];
      __builtin_prefetch(map.at(next));
      ring[(at + waiting++) % ring_size] = next;
    }
    if (waiting == 0) break;
    if (!mark(ring[at])) return progress::abandoned;
    at = (at + 1) % ring_size;
    --waiting;
    if (done % nodes_between_steps == nodes_between_steps - 1) COPPICE_STEP(collect_marked_some);
  }
  return stack_size_ == 0 ? progress::finished : progress::working;
}

collector::progress collector::step(std::uint64_t allocated) noexcept {
  control_words& words = session_->map().words();
  std::atomic<std::uint64_t>& cycle = words.cycle;
  words.allocated_at_step.store(words.allocated_bytes.load(std::memory_order_relaxed), std::memory_order_relaxed);
  std::uint64_t seen = cycle.load(std::memory_order_acquire);
  cycle_word now = cycle_word::from(seen);
  if (!ours(now)) return progress::abandoned;
  if (now.at == phase::marking) {
    const progress marked = mark_some(marked_per_allocated * allocated);
    if (marked == progress::abandoned) number_ = 0;
    if (marked != progress::finished) return marked;
    now.at = phase::sweeping;
    if (!cycle.compare_exchange_strong(seen, now.bits(), std::memory_order_seq_cst)) return progress::abandoned;
    COPPICE_STEP(collect_sweep_started);
    return progress::working;
  }
  // The file may be many times the live bytes: what it takes to sweep all of it within a sixteenth of those.
  const std::uint64_t live_blocks = (live_bytes_ / block_bytes) + 1;
  const std::uint64_t blocks =
      swept_per_allocated * allocated / block_bytes * session_->map().block_count() / live_blocks;
  return sweep_some(blocks < most_blocks ? static_cast<std::uint32_t>(blocks) + 1 : most_blocks);
}

template <class Place>
result<void> collector::run_cycle(const Place& place) noexcept {
  trouble_ = {};
  if (!begin_cycle(place)) {
    if (trouble_.code != errc::ok) return trouble_;
    return failure{errc::busy, 0, "another process began a collection", 0, 0};
  }
  for (;;) {
    switch (step(no_pace)) {
      case progress::finished:
        return {};
      case progress::abandoned:
        if (trouble_.code != errc::ok) return trouble_;
        return failure{errc::busy, 0, "another process took the collection over", 0, 0};
      case progress::working:
        break;
    }
  }
}

result<std::uint64_t> collector::collect(std::uint64_t timeout_ns, std::uint32_t keep_blocks) noexcept {
  control_words& words = session_->map().words();
  const std::uint64_t started = platform::monotonic_ns();
  // Two cycles: blocks that were given up, or lost their owner, during the first are swept by the second.
  for (int done = 0;;) {
    const std::uint64_t waited = platform::monotonic_ns() - started;
    const std::uint64_t left = waited < timeout_ns ? timeout_ns - waited : 0;
    if (const result<void> locked = acquire(*session_, words.collector_lock, left); !locked) return locked.why();
    const result<void> ran = run_cycle(outside_transactions{left < patience_ns ? left : patience_ns});
    if (ran && ++done == cycles_to_free_all) give_back(keep_blocks, ~std::uint32_t{0});
    const std::uint64_t found_free = free_lines_ * line_bytes;
    release(*session_, words.collector_lock);
    if (done == cycles_to_free_all) return found_free;
    if (!ran && (ran.why().code != errc::busy || left == 0)) return ran.why();
    // Who has the writers' lock may be waiting for the collector lock: leave it free for longer than a waiter naps.
    if (!ran) platform::sleep_ns(pause_ns);
  }
}

result<void> collector::collect_for_space(std::span<const node_extent> taken) noexcept {
  control_words& words = session_->map().words();
  if (const result<void> locked = acquire(*session_, words.collector_lock, space_timeout_ns); !locked) return locked;
  const held_lock guard(*session_, words.collector_lock);
  for (int cycle = 0, done = 0; done < cycles_to_free_all && cycle < most_cycles; ++cycle) {
    const result<void> ran = run_cycle(inside_transaction{taken});
    if (ran) {
      ++done;
    } else if (ran.why().code != errc::busy) {
      return ran;
    }
  }
  return {};
}

}  // namespace coppice::arena
