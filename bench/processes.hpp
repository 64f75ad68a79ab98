// Runs a body in several forked processes at once, on two processors, and collects what each measured.
//
// Every child prepares itself (opens its store, warms up), waits at the gate until all are ready, and starts at the
// same instant of the monotonic clock. Parent and children share one anonymous mapping for the gate and the results;
// each result slot is written by one child before it exits and read by the parent after it was reaped.
//
// Thread safety: the calling process must have one thread, and no open store that a child could inherit.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace coppice::bench {

struct process_result {
  std::uint64_t operations = 0;
  std::int64_t ended_ns = 0;
};

/// Where the children of one run wait for each other.
class start_gate {
 public:
  /// Called by a child that is ready; returns at the common start, given by the monotonic clock.
  std::int64_t wait() noexcept;

 private:
  friend class process_group;
  std::atomic<std::uint32_t> ready_{0};    // children add one; the parent reads it to learn that all are ready
  std::atomic<std::int64_t> start_ns_{0};  // the parent stores it once, with release; children poll it with acquire
};

/// What a child does: prepare, gate.wait(), measure, verify. An exception makes the whole run fail.
using process_body = std::function<process_result(std::size_t index, start_gate& gate)>;

struct group_result {
  std::vector<process_result> each;
  std::int64_t started_ns = 0;
  /// Wall time over the operations of all: what one operation costs the group.
  [[nodiscard]] double ns_per_operation() const;
};

/// Throws when a child fails.
[[nodiscard]] group_result run_processes(std::size_t count, const process_body& body);

}  // namespace coppice::bench
