// Retired nodes: what a published change replaced, used again without a collection (rule A13).
//
// A writer knows which nodes of its base its new version no longer contains. They are listed here, in private memory,
// with that version; once no older version is alive, their bytes serve new nodes of the same size. So steady updates
// stay within bytes that are in the cache, and a collection finds little to do. What is not listed (a dead writer's,
// what came before a cycle, what older versions still hold, large values, leaves that were merged away) is the
// collector's, as ever.
//
// Invariants
//   N1  a node is listed once, by the session that published the version which replaced it, and only if CYCLE was idle
//       from the begin of that transaction to its end
//   N2  nodes are taken only in a transaction that began while CYCLE still was the word under which all that is listed
//       was retired, and before a cycle begins inside it: a later cycle may hand the same bytes to others
//   N3  a node is taken only after a scan that began after its version was published found every older version dead
//   N4  what the running transaction has taken is known to a cycle that begins inside it (taken())
//
// A cycle that begins outside of the transaction awaits its end before it scans, so that what was taken is published,
// or dead, by then.
//
// Thread safety: one thread at a time, under the writers' lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "src/arena/session.hpp"

namespace coppice::arena {

/// Bytes [node, node + granules) of the arena, in granules.
struct node_extent {
  ref node = 0;
  std::uint32_t granules = 0;
};

class retired_nodes {
 public:
  /// Nodes of this size and larger ones are left to the collector.
  static constexpr std::uint32_t most_granules = 128;

  retired_nodes() noexcept = default;
  retired_nodes(const retired_nodes&) = delete;
  retired_nodes& operator=(const retired_nodes&) = delete;
  ~retired_nodes() { detach(); }

  void attach(session& self) noexcept { session_ = &self; }
  /// Forgets everything and frees the memory.
  void detach() noexcept;

  /// A transaction begins. Forgets everything if a cycle has begun since the last one; runs a scan when enough is
  /// listed.
  void begin() noexcept;
  /// The transaction replaced this node of its base. O(1).
  void add(node_extent replaced) noexcept;
  /// A node of this size that nobody reads, or 0. O(1).
  [[nodiscard]] ref take(std::uint32_t granules) noexcept {
    if (granules >= most_granules || ready_[granules] == 0 || taken_count_ == taken_.size()) return 0;
    return take_ready(granules);
  }
  /// After a cycle may have begun inside the transaction.
  void notice_cycle() noexcept;
  /// The transaction was published as this version.
  void published(std::uint64_t version) noexcept;
  void rolled_back() noexcept;
  /// Leaves to the collector what take() could return now.
  void forget_ready() noexcept;

  /// What the running transaction has taken.
  [[nodiscard]] std::span<const node_extent> taken() const noexcept { return {taken_.data(), taken_count_}; }

 private:
  struct waiting_node {
    node_extent extent;
    std::uint64_t version = 0;  // the first one without the node
  };
  struct ready_node {
    ref node = 0;
    std::uint32_t next = 0;  // of the same size; 0: none
  };
  static constexpr std::uint32_t capacity = 8192;
  // A scan costs microseconds, and nanoseconds for each record: look at many nodes at once.
  static constexpr std::uint32_t least_look = 1024;
  static constexpr std::uint32_t most_look = 1U << 16;
  static constexpr std::uint32_t records_per_node = 4;
  struct tables {
    waiting_node waiting[capacity];  // a ring
    ready_node ready[capacity];      // lists by size; entry 0 is not used
  };

  void forget() noexcept;
  void look() noexcept;
  void move_to_ready(node_extent extent) noexcept;
  [[nodiscard]] ref take_ready(std::uint32_t granules) noexcept;
  [[nodiscard]] std::uint64_t cycle_now() const noexcept {
    return session_->map().words().cycle.load(std::memory_order_acquire);
  }

  session* session_ = nullptr;
  tables* tables_ = nullptr;  // scratch memory
  std::uint64_t cycle_ = 0;   // CYCLE when the lists were begun
  bool usable_ = false;       // it was idle
  bool recover_dead_ = false;
  std::uint32_t first_ = 0;    // waiting: [first_, pending_) published, [pending_, end_) of the running transaction;
  std::uint32_t pending_ = 0;  // counted without end, taken modulo capacity
  std::uint32_t end_ = 0;
  std::uint32_t listed_ = 0;            // since the last scan
  std::uint32_t look_at_ = least_look;  // so many make a scan worth while
  std::uint32_t unused_ = 0;            // list of free entries of `ready`
  std::uint32_t fresh_ = 1;             // entries of `ready` from here on were never used
  std::array<std::uint32_t, most_granules> ready_{};
  std::array<node_extent, 256> taken_{};
  std::size_t taken_count_ = 0;
};

}  // namespace coppice::arena
