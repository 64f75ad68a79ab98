// Locks in shared memory that a dead holder cannot keep, and a small lock inside one process.
//
// A shared lock is a futex word that names its holder (words.hpp, lock_word). Acquiring barges: whoever finds the word
// free takes it, and a waiter that was beaten backs off for longer each time, at once for long if it has just had
// the lock for many operations: so under contention the running process keeps the lock, and its caches, for
// milliseconds. A waiter that has waited 20 ms tests whether the
// holder's slot is still owned; if not, the slot is cleaned (slots.hpp), which frees the lock.
//
// Thread safety: any thread of any process.
#pragma once

#include <atomic>
#include <cstdint>

#include "coppice/result.hpp"
#include "src/arena/words.hpp"
#include "src/platform/port.hpp"

namespace coppice::arena {

class session;

/// Takes the lock for the session. `busy` if it is not free before the timeout; a timeout of 0 only tries.
result<void> acquire(session& self, std::atomic<std::uint32_t>& lock, std::uint64_t timeout_ns) noexcept;

/// Takes the lock if it is free. Never waits, never tests the holder.
[[nodiscard]] bool try_acquire(session& self, std::atomic<std::uint32_t>& lock) noexcept;

/// A word that will change, and what it was.
struct awaited_change {
  const std::atomic<std::uint64_t>& word;
  std::uint64_t was;
};

/// Waits until the lock is seen free, or in other hands than at the call: whoever held it then has let go of it since.
/// Or until the word has changed: a holder who takes the lock again and again is hardly ever seen without it. Does not
/// take the lock. Frees it of a dead holder. `busy` after the timeout.
result<void> await_release(session& self, std::atomic<std::uint32_t>& lock, const awaited_change& change,
                           std::uint64_t timeout_ns) noexcept;

/// Precondition: held by this session.
void release(session& self, std::atomic<std::uint32_t>& lock) noexcept;

/// Releases on leaving a scope.
class held_lock {
 public:
  held_lock(session& self, std::atomic<std::uint32_t>& lock) noexcept : session_(self), lock_(lock) {}
  held_lock(const held_lock&) = delete;
  held_lock& operator=(const held_lock&) = delete;
  ~held_lock() { release(session_, lock_); }

 private:
  session& session_;
  std::atomic<std::uint32_t>& lock_;
};

/// A lock between the threads of one process: 0 free, 1 held, 2 held and somebody sleeps.
class local_lock {
 public:
  void lock() noexcept {
    std::uint32_t expected = 0;
    if (word_.compare_exchange_strong(expected, 1, std::memory_order_acquire)) return;
    while (word_.exchange(2, std::memory_order_acquire) != 0) platform::wait(word_, 2, 100'000'000);
  }
  void unlock() noexcept {
    if (word_.exchange(0, std::memory_order_release) == 2) platform::wake(word_, 1);
  }
  /// In a child after fork: whoever held it does not exist here.
  void reset() noexcept { word_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> word_{0};
};

class local_guard {
 public:
  explicit local_guard(local_lock& lock) noexcept : lock_(lock) { lock_.lock(); }
  local_guard(const local_guard&) = delete;
  local_guard& operator=(const local_guard&) = delete;
  ~local_guard() { lock_.unlock(); }

 private:
  local_lock& lock_;
};

}  // namespace coppice::arena
