// Shared locks: see lock.hpp.
#include "src/arena/lock.hpp"

#include "src/arena/session.hpp"
#include "src/arena/steps.hpp"

namespace coppice::arena {

namespace {

constexpr std::uint64_t probe_after_ns = 20'000'000;  // a holder is tested after this long
constexpr std::uint64_t first_sleep_ns = 50'000;
constexpr std::uint64_t longest_sleep_ns = 2'000'000;
constexpr std::uint64_t sleep_after_share_ns = 10'000'000;
constexpr std::uint32_t share = 256;  // operations without waiting that make up for the caches a new holder fills
constexpr std::uint64_t share_lasts_ns = 5'000'000;
constexpr std::uint64_t listen_after_ns = 50'000'000;  // then sleep on the word itself, to be woken
constexpr int spins = 100;

bool take(std::atomic<std::uint32_t>& lock, std::uint32_t mine) noexcept {
  std::uint32_t seen = lock.load(std::memory_order_relaxed);
  return lock_word{seen}.is_free() &&
         // Acquire pairs with the release in release(): what the last holder wrote under the lock is visible.
         lock.compare_exchange_strong(seen, mine, std::memory_order_acquire, std::memory_order_relaxed);
}

bool spin_and_take(std::atomic<std::uint32_t>& lock, std::uint32_t mine) noexcept {
  for (int i = 0; i < spins; ++i) {
    if (take(lock, mine)) return true;
    platform::spin_pause();
  }
  return false;
}

/// Sleeps on the word with the waiters bit set, so that release() wakes us.
void listen(std::atomic<std::uint32_t>& lock, std::uint32_t seen, std::uint64_t sleep_ns) noexcept {
  const std::uint32_t listening = seen | lock_word::waiters;
  if (seen == listening || lock.compare_exchange_strong(seen, listening, std::memory_order_relaxed)) {
    platform::wait(lock, listening, sleep_ns);
  }
}

/// The holder is dead if its slot has moved on to another incarnation, or if nobody holds the file lock of its slot.
void break_if_holder_is_dead(session& self, std::atomic<std::uint32_t>& lock, std::uint32_t seen) noexcept {
  const std::uint32_t slot = lock_word{seen}.slot();
  if (slot >= max_slots) return;
  const slot_word now = slot_word::from(self.map().slot(slot).word.load(std::memory_order_acquire));
  const bool moved_on = !now.live || lock_word::held_by({slot, now.incarnation}).bits != lock_word{seen}.holder();
  if (moved_on) {
    lock.compare_exchange_strong(seen, 0, std::memory_order_acq_rel);
    COPPICE_STEP(lock_taken_over);
  } else if (self.recover_if_dead(slot)) {
    COPPICE_STEP(lock_taken_over);
  }
}

}  // namespace

bool try_acquire(session& self, std::atomic<std::uint32_t>& lock) noexcept {
  return take(lock, lock_word::held_by(self.self()).bits);
}

result<void> acquire(session& self, std::atomic<std::uint32_t>& lock, std::uint64_t timeout_ns) noexcept {
  const std::uint32_t mine = lock_word::held_by(self.self()).bits;
  if (take(lock, mine)) {
    self.count_quick_take();
    COPPICE_STEP(lock_taken);
    return {};
  }
  const std::uint64_t started = platform::monotonic_ns();
  // Of the writers' lock only: who waits for another may have writers waiting behind it.
  const bool had_its_share = &lock == &self.map().words().writer_lock && self.take_quick_takes() >= share &&
                             started - self.last_quick_takes() < share_lasts_ns;
  if (!had_its_share && spin_and_take(lock, mine)) {
    COPPICE_STEP(lock_taken);
    return {};
  }
  std::uint64_t sleep = had_its_share ? sleep_after_share_ns : first_sleep_ns;
  std::uint64_t holder_since = started;
  std::uint32_t holder = lock_word{lock.load(std::memory_order_relaxed)}.holder();
  for (;;) {
    const std::uint64_t now = platform::monotonic_ns();
    const std::uint64_t waited = now - started;
    const std::uint32_t seen = lock.load(std::memory_order_relaxed);
    if (lock_word{seen}.holder() != holder) {
      holder = lock_word{seen}.holder();
      holder_since = now;
    }
    if (!lock_word{seen}.is_free() && now - holder_since >= probe_after_ns) {
      holder_since = now;
      break_if_holder_is_dead(self, lock, seen);
    } else if (waited >= timeout_ns) {
      return failure{errc::busy, 0, "waiting for the lock", waited / 1'000'000, timeout_ns / 1'000'000};
    } else if (!lock_word{seen}.is_free()) {
      const std::uint64_t left = timeout_ns - waited;
      const std::uint64_t nap = sleep < left ? sleep : left;
      if (waited < listen_after_ns) {
        platform::sleep_ns(nap);
      } else {
        listen(lock, seen, nap);
      }
      if (sleep < longest_sleep_ns) sleep *= 2;
    }
    // One try: to wait here until it is free would take it from its holder after one more operation.
    if (take(lock, mine)) {
      COPPICE_STEP(lock_taken);
      return {};
    }
  }
}

result<void> await_release(session& self, std::atomic<std::uint32_t>& lock, const awaited_change& change,
                           std::uint64_t timeout_ns) noexcept {
  const std::uint32_t holder = lock_word{lock.load(std::memory_order_acquire)}.holder();
  // Acquire pairs with the release in release(): what was done under the lock is visible.
  const auto released = [&]() noexcept {
    const lock_word now{lock.load(std::memory_order_acquire)};
    return now.is_free() || now.holder() != holder || change.word.load(std::memory_order_acquire) != change.was;
  };
  const std::uint64_t started = platform::monotonic_ns();
  std::uint64_t probed = started;
  for (;;) {
    for (int i = 0; i < spins; ++i) {
      if (released()) return {};
      platform::spin_pause();
    }
    const std::uint64_t now = platform::monotonic_ns();
    if (now - probed >= probe_after_ns) {
      probed = now;
      break_if_holder_is_dead(self, lock, lock.load(std::memory_order_relaxed));
    } else if (now - started >= timeout_ns) {
      return failure{errc::busy, 0, "waiting for the lock", (now - started) / 1'000'000, timeout_ns / 1'000'000};
    } else if (now - started >= first_sleep_ns) {
      platform::sleep_ns(first_sleep_ns);
    }
  }
}

void release(session& self, std::atomic<std::uint32_t>& lock) noexcept {
  const std::uint32_t mine = lock_word::held_by(self.self()).bits;
  std::uint32_t seen = mine;
  // Not a plain exchange: were the holder wrongly taken for dead, the word may be another's by now, and stays.
  while (lock_word{seen}.holder() == mine) {
    if (lock.compare_exchange_weak(seen, 0, std::memory_order_release, std::memory_order_relaxed)) {
      if ((seen & lock_word::waiters) != 0) platform::wake(lock, 1);
      return;
    }
  }
}

}  // namespace coppice::arena
