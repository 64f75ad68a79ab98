// What the workers tell the supervisor, in memory that they share with it and that outlives each of them.
//
// Each worker's row is written by the process that has the role now; a process that takes the role over goes on
// counting. The supervisor reads at any time. All counters are independent of each other, so relaxed order is enough,
// except for `acknowledged`, of which its comment tells.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace coppice::demo {

inline constexpr std::size_t most_workers = 64;

struct alignas(64) worker_counts {
  std::atomic<std::uint64_t> records_read;     // and found right
  std::atomic<std::uint64_t> snapshots;        // taken
  std::atomic<std::uint64_t> whole_snapshots;  // verified to the last entry
  std::atomic<std::uint64_t> transactions;     // committed
  std::atomic<std::uint64_t> records_written;
  std::atomic<std::uint64_t> rollbacks;
  std::atomic<std::uint64_t> violations;
  // Number of the writer's last transaction whose commit returned. Stored after the commit: the store holds this
  // number, or the next one if the writer was killed in between. Only this process and, after its death, its successor
  // use it.
  std::atomic<std::uint64_t> acknowledged;

  std::atomic<std::uint32_t> has_message;
  char message[500];  // of the first violation; complete once has_message is 2

  void report(std::string_view text) noexcept {
    violations.fetch_add(1, std::memory_order_relaxed);
    std::uint32_t none = 0;
    if (!has_message.compare_exchange_strong(none, 1, std::memory_order_relaxed)) return;
    const std::size_t size = text.size() < sizeof(message) - 1 ? text.size() : sizeof(message) - 1;
    std::memcpy(message, text.data(), size);
    message[size] = '\0';
    // Release: whoever sees 2 sees the text.
    has_message.store(2, std::memory_order_release);
  }
};

struct shared_counts {
  worker_counts workers[most_workers];
  std::atomic<std::uint64_t> last_commit_ns;  // of any writer, monotonic clock
  std::atomic<std::uint64_t> longest_without_commit_ns;
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a killed process must not hold a lock on a counter");

}  // namespace coppice::demo
