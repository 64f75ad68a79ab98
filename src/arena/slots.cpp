// Process slots: claiming, cleaning after the dead, giving back. See session.hpp.
#include "src/arena/session.hpp"
#include "src/arena/steps.hpp"

namespace coppice::arena {

result<void> session::claim_slot() noexcept {
  for (std::uint32_t i = 0; i < max_slots; ++i) {
    const result<bool> locked = platform::try_lock_slot(map_.file(), i);
    if (!locked) return locked.why();
    if (!*locked) continue;
    COPPICE_STEP(open_after_slot_lock);
    process_slot& slot = map_.slot(i);
    const slot_word before = slot_word::from(slot.word.load(std::memory_order_acquire));
    if (before.live) {
      clean_slot(i);
      map_.words().recoveries.fetch_add(1, std::memory_order_relaxed);
    } else {
      // Who cleaned the slot may have died before it came to the locks; once the slot is ours, they would look held by
      // the living.
      break_locks(i);
    }
    COPPICE_STEP(open_after_slot_clean);
    // Every pin, counted or not: an owner may have died between claiming one and counting it.
    slot.pins_high.store(~std::uint32_t{0}, std::memory_order_relaxed);
    for_each_pin(i, [](pin& cell) { cell.store(0, std::memory_order_relaxed); });
    slot.pins_high.store(0, std::memory_order_relaxed);
    slot.opened_ms = platform::wall_clock_ms();
    slot.process = platform::process_id();
    self_ = {i, before.incarnation + 1 == 0 ? 1 : before.incarnation + 1};
    std::uint32_t high = map_.words().slot_high.load(std::memory_order_relaxed);
    while (high < i + 1 && !map_.words().slot_high.compare_exchange_weak(high, i + 1, std::memory_order_release)) {
    }
    slot.word.store(slot_word{self_.incarnation, true}.bits(), std::memory_order_release);
    COPPICE_STEP(open_after_live);
    return {};
  }
  return failure{errc::busy, 0, "claiming a process slot: all are in use", max_slots, max_slots};
}

void session::break_lock(std::atomic<std::uint32_t>& lock, std::uint32_t slot) noexcept {
  std::uint32_t seen = lock.load(std::memory_order_acquire);
  while (!lock_word{seen}.is_free() && lock_word{seen}.slot() == slot) {
    if (lock.compare_exchange_weak(seen, 0, std::memory_order_acq_rel)) {
      platform::wake(lock, 1);
      return;
    }
  }
}

void session::break_locks(std::uint32_t slot) noexcept {
  break_lock(map_.words().writer_lock, slot);
  break_lock(map_.words().collector_lock, slot);
  break_lock(map_.words().grow_lock, slot);
}

void session::clean_slot(std::uint32_t slot) noexcept {
  // The file lock of this slot is held through our descriptor: its owner is dead, and no new one can come. Every step
  // may be repeated, so dying here leaves the rest to whoever takes the file lock next.
  process_slot& s = map_.slot(slot);
  const slot_word before = slot_word::from(s.word.load(std::memory_order_acquire));
  for_each_pin(slot, [](pin& cell) { cell.store(0, std::memory_order_release); });
  COPPICE_STEP(recover_after_pins);
  s.word.store(slot_word{before.incarnation, false}.bits(), std::memory_order_release);
  COPPICE_STEP(recover_after_slot);
  // Locks last: once the slot is free its blocks and records count as a dead owner's for whoever takes the lock.
  break_locks(slot);
}

bool session::recover_if_dead(std::uint32_t slot) noexcept {
  if (slot == self_.slot || slot >= max_slots) return false;
  const local_guard guard(slot_probe_);
  const result<bool> locked = platform::try_lock_slot(map_.file(), slot);
  if (!locked || !*locked) return false;
  COPPICE_STEP(lock_owner_proved_dead);
  const bool was_live = slot_word::from(map_.slot(slot).word.load(std::memory_order_acquire)).live;
  clean_slot(slot);
  platform::unlock_slot(map_.file(), slot);
  if (was_live) map_.words().recoveries.fetch_add(1, std::memory_order_relaxed);
  return true;
}

}  // namespace coppice::arena
