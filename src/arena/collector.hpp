// The collector: finds what the roots reach and frees the rest, in small steps.
//
// A cycle (docs/decisions/arena-reclamation.md, g1 to g6) belongs to the session that began it, which works on it a
// little each time it takes a block (pace), with the collector lock held only during a step. The stack of refs to visit
// is private to that process, so a cycle whose owner died, or stopped taking part, is not continued but begun anew
// under the next number; marks of the old one count for nothing.
//
// Invariants
//   G1  a MARK or LINES bit counts only under the number of the running cycle
//   G2  marking writes to the line map that is not current; the sweep's swap of the block's word makes it current
//   G3  nothing is swept before every ref reachable from the scanned roots is marked
//
// Thread safety: any thread of the session; steps exclude each other by the collector lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "coppice/result.hpp"
#include "src/arena/retired.hpp"
#include "src/arena/session.hpp"

namespace coppice::arena {

class collector {
 public:
  collector() noexcept = default;
  collector(const collector&) = delete;
  collector& operator=(const collector&) = delete;
  ~collector();

  void attach(session& self) noexcept { session_ = &self; }
  /// The same, for who has no scratch memory to map: `stack` serves for it, and stays the caller's.
  void attach(session& self, std::span<ref> stack) noexcept {
    session_ = &self;
    stack_ = stack.data();
    stack_capacity_ = stack.size();
    stack_is_mapped_ = false;
  }
  /// Frees the scratch memory; a running cycle is abandoned.
  void detach() noexcept;

  /// One bounded step, if a cycle is due or running here. Called for each block that an allocator takes. A cycle that
  /// begins now keeps the lines of `taken` (A13). Precondition: the writers' lock is held.
  void pace(std::span<const node_extent> taken) noexcept;

  /// Cycles until one that began after the call has finished; then the free blocks beyond `keep_blocks` are given back
  /// to the system. Returns the bytes found free, given back or not. Errors: busy (another process holds the collector
  /// lock, or a transaction does not end), corrupt, system. Precondition: this thread does not hold the writers' lock.
  result<std::uint64_t> collect(std::uint64_t timeout_ns, std::uint32_t keep_blocks) noexcept;

  /// For an allocator that can neither find nor add memory: as collect(), but gives nothing back, and inside a
  /// transaction, as pace().
  result<void> collect_for_space(std::span<const node_extent> taken) noexcept;

 private:
  enum class progress : std::uint8_t { working, finished, abandoned };

  /// Where a cycle begins: inside a transaction of this thread, which has taken retired nodes, or outside, waiting for
  /// the one that is going on to end (A13).
  struct inside_transaction {
    std::span<const node_extent> taken;
  };
  struct outside_transactions {
    std::uint64_t patience_ns;
  };
  // Precondition: the collector lock is held.
  bool begin_cycle(const inside_transaction& place) noexcept;
  bool begin_cycle(const outside_transactions& place) noexcept;
  bool announce_cycle() noexcept;
  bool scan_for_cycle() noexcept;
  /// A whole cycle.
  template <class Place>
  result<void> run_cycle(const Place& place) noexcept;
  /// The last cycle was not finished: if its owner was wrongly taken for dead and sweeps on, its swaps must fail from
  /// now on.
  void outdate_words() noexcept;
  /// As much as this many allocated bytes ask for.
  progress step(std::uint64_t allocated) noexcept;
  progress mark_some(std::uint64_t bytes) noexcept;
  progress sweep_some(std::uint32_t blocks) noexcept;
  bool mark(ref node) noexcept;
  bool mark_lines(ref node, std::size_t bytes) noexcept;
  bool set_bits(std::atomic<std::uint64_t>& word, std::uint32_t bits, bool& already) noexcept;
  bool push(ref node) noexcept;
  bool push_children(ref node) noexcept;
  void sweep_block(std::uint32_t block) noexcept;
  void refill_reserve() noexcept;
  void finish_cycle() noexcept;
  void give_back(std::uint32_t keep_blocks, std::uint32_t most) noexcept;
  bool ours(const cycle_word& now) const noexcept;
  bool owner_lives(const cycle_word& now) const noexcept;
  bool due() const noexcept;
  /// So many bytes of allocation begin a cycle.
  std::uint64_t trigger_bytes() const noexcept;
  /// Bytes allocated since the last step, which the next one has to make up for.
  std::uint64_t paced_bytes() const noexcept;
  /// Whether several write at a time, each versions of its own.
  bool is_apart() const noexcept;
  /// Bytes allocated since a cycle came to its end.
  std::uint64_t bytes_since_end() const noexcept;
  /// For a worker that allocates faster than the cycle of another one gets on: waits for its end, for a bounded time.
  /// False: it did not get on at all.
  bool await_cycle() const noexcept;
  /// How many steps to make at once: more with every trigger that has passed since a cycle came to its end.
  std::uint32_t steps_due() const noexcept;

  session* session_ = nullptr;
  ref* stack_ = nullptr;  // scratch memory
  std::uint64_t stack_size_ = 0;
  std::uint64_t stack_capacity_ = mapped_stack_capacity;
  bool stack_is_mapped_ = true;
  std::atomic<std::uint32_t> number_{
      0};  // of the cycle this session works on, 0: none; written under the collector lock
  std::uint32_t sweep_at_ = 0;
  std::uint32_t reserves_seen_ = 0;
  std::uint64_t live_bytes_ = 0;
  std::uint64_t free_lines_ = 0;
  failure trouble_;

  static constexpr std::uint64_t stack_bytes = std::uint64_t{256} << 20;  // addresses; memory as used
  static constexpr std::uint64_t mapped_stack_capacity = stack_bytes / sizeof(ref);
};

}  // namespace coppice::arena
