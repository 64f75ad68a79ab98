// A session: one opening of an arena by one process. It owns a mapping, a process slot, and the slot's pins.
//
// Slots. The owner of a slot holds its file lock (platform/port.hpp) from open to close; the kernel releases it when
// the process dies, so "the lock is free" means "the owner is dead". That is acted on only while holding the lock
// oneself
// (`clean_slot`): otherwise a new owner could come in between, and its pins would be dropped.
//
// Pins. A pin is a word of the slot: 0 free, `pin_claimed`, or the version_ref being read. `pin_newest` announces and
// then reads HEAD again; `copy_pin` announces and then hands the record to a scan that may be active. The interleavings
// that these orders prevent are in docs/decisions/arena-reclamation.md.
//
// Thread safety: all functions may be called from any thread of the process, except close() and abandon().
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>

#include "coppice/result.hpp"
#include "src/arena/lock.hpp"
#include "src/arena/mapping.hpp"

namespace coppice::arena {

struct create_options {
  std::uint64_t limit_bytes = std::uint64_t{8} << 30;
  std::uint32_t file_mode = 0600;
  bool has_seed = false;
  std::uint64_t seed = 0;
  bool sequential_fences = false;  // else membarrier where the system has it
  bool apart = false;              // no HEAD: see publish_apart
  bool nameless = false;           // publish_name() gives it its path
  std::uint16_t leaf_entries = 0;  // B, S, V: recorded in the header and compared at open
  std::uint32_t leaf_bytes = 0;
  std::uint32_t inline_bytes = 0;
};

/// What this build expects of a header; others are refused with version_mismatch.
struct open_expectation {
  std::uint16_t leaf_entries = 0;
  std::uint32_t leaf_bytes = 0;
  std::uint32_t inline_bytes = 0;
};

using pin = std::atomic<std::uint64_t>;

class session {
 public:
  session() noexcept = default;
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session() { close(); }

  /// Makes a new arena at `path` and opens it. Nothing is visible under that name before it is complete; a process
  /// killed on the way leaves no file. Errors: exists, permission, not_found (directory), out_of_space, unsupported,
  /// system.
  result<void> create(const char* path, const create_options& options) noexcept;

  /// Opens an arena. O(slots), no I/O beyond the header. Errors: not_found, permission, not_a_store, version_mismatch,
  /// corrupt, unsupported (the arena's fence mode cannot be followed), busy (no free slot), closed (being destroyed).
  result<void> open(const char* path, const open_expectation& expected) noexcept;

  /// Makes an arena in memory that several sessions of one process share (WebAssembly) and opens it: `region` is
  /// zeroed, and platform::commit() adds to it. The metadata of all segments is made at once, so that growing needs no
  /// lock. Errors: invalid_argument (limit), out_of_space, system.
  result<void> create_in(platform::region region, const create_options& options) noexcept;
  /// Opens it once more, as another worker. Errors: version_mismatch, busy (no free slot), closed.
  result<void> join(platform::region region, const open_expectation& expected) noexcept;

  /// Takes over what `from` has opened, which is closed then. Precondition: this one is closed, `from` has no pins.
  void take_over(session& from) noexcept {
    assert(!is_open());
    map_ = from.map_;
    self_ = from.self_;
    from.map_ = mapping();
    from.self_ = {};
  }

  /// Pins what another pin names, if it still names that version: then the version lives until `cell` is freed.
  /// Precondition: `source` is not `cell`. Wait-free.
  [[nodiscard]] bool pin_as(pin& cell, version_ref named, const pin& source) const noexcept {
    assert(&cell != &source);
    cell.store(named.bits, std::memory_order_release);
    hand_over(named);
    // After the fence of hand_over: a scan that did not see our pin before its owner gave up `source` was active then,
    // and was told.
    if (source.load(std::memory_order_acquire) == named.bits) return true;
    cell.store(pin_claimed, std::memory_order_release);
    return false;
  }

  /// Drops all pins, frees the slot, unmaps. Idempotent. No other thread may use the session or its bytes any more.
  void close() noexcept;

  /// In a child after fork: closes the inherited descriptor without unlocking anything. The mapping stays readable.
  void abandon() noexcept;

  [[nodiscard]] bool is_open() const noexcept { return map_.is_open(); }
  [[nodiscard]] const mapping& map() const noexcept { return map_; }
  [[nodiscard]] owner_id self() const noexcept { return self_; }
  [[nodiscard]] bool destroyed() const noexcept {
    return map_.words().state.load(std::memory_order_acquire) != static_cast<std::uint32_t>(life::alive);
  }
  /// Gives an arena that was created nameless its path. Errors: exists, permission, not_found, system.
  result<void> publish_name(const char* path) noexcept;
  /// Open handles of every process answer `closed` from now on.
  void mark_destroyed() noexcept;
  /// Removes the path if it still names this arena. Precondition: destroyed(). Errors: busy, permission, system.
  result<void> remove_name(const char* path) noexcept;

  /// A pin of this session's slot, claimed and empty. O(1) amortised. Errors: out_of_space (no block for more pins).
  result<pin*> claim_pin() noexcept;
  /// The pin at an offset of the arena, of whichever slot; null: there is none. O(1) for the pins of the slots
  /// themselves, else O(blocks with pins).
  [[nodiscard]] pin* pin_at(std::uint64_t offset) const noexcept;
  /// The same for pins of this session's slot.
  [[nodiscard]] pin* own_pin_at(std::uint64_t offset) const noexcept;
  /// Gives a pin back, whatever it names.
  void free_pin(pin& cell) noexcept;
  /// Pins the newest version. Lock-free: retries only when a version was published meanwhile.
  version_ref pin_newest(pin& cell) const noexcept {
    const std::atomic<std::uint64_t>& head = map_.words().head;
    for (;;) {
      const std::uint64_t seen = head.load(std::memory_order_acquire);
      cell.store(seen, std::memory_order_release);
      map_.light_fence();
      if (head.load(std::memory_order_acquire) == seen) return {seen};
    }
  }
  /// Pins what `source`, which stays pinned during the call, names. Wait-free.
  void copy_pin(pin& cell, version_ref source) const noexcept {
    cell.store(source.bits, std::memory_order_release);
    hand_over(source);
  }
  /// After a root word was stored: a scan that is active must keep this version (rule A4).
  void hand_over(version_ref stored) const noexcept {
    map_.light_fence();
    const scan_word scan = scan_word::from(map_.words().scan.load(std::memory_order_acquire));
    if (!scan.active) return;
    // Raised, never lowered: another may have handed the record to a later scan since SCAN was read.
    std::atomic<std::uint64_t>& handed = map_.record(stored.index()).handed;
    std::uint64_t seen = handed.load(std::memory_order_relaxed);
    while (seen < scan.number && !handed.compare_exchange_weak(seen, scan.number, std::memory_order_acq_rel)) {
    }
  }
  /// Names nothing any more; the pin stays claimed.
  static void unpin(pin& cell) noexcept { cell.store(pin_claimed, std::memory_order_release); }

  /// How many locks were taken without waiting since the last time somebody had to wait, and when the last 64 of them
  /// were complete (lock.cpp). Inexact.
  void count_quick_take() noexcept {
    const std::uint32_t takes = quick_takes_.load(std::memory_order_relaxed) + 1;
    quick_takes_.store(takes, std::memory_order_relaxed);
    if (takes % 64 == 0) last_quick_takes_.store(platform::monotonic_ns(), std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t last_quick_takes() const noexcept {
    return last_quick_takes_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint32_t take_quick_takes() noexcept {
    return quick_takes_.exchange(0, std::memory_order_relaxed);
  }

  /// If the slot's owner is dead: cleans it (pins, locks) and returns true. Never true for a slot of this session.
  bool recover_if_dead(std::uint32_t slot) noexcept;

  /// Calls f(pin word) for every pin word in use of a slot.
  template <class F>
  void for_each_pin(std::uint32_t slot, F&& f) const noexcept;

 private:
  result<void> initialise(const create_options& options) noexcept;
  result<void> attach(const open_expectation& expected) noexcept;
  result<void> claim_slot() noexcept;
  void clean_slot(std::uint32_t slot) noexcept;
  void break_lock(std::atomic<std::uint32_t>& lock, std::uint32_t slot) noexcept;
  void break_locks(std::uint32_t slot) noexcept;
  [[nodiscard]] pin* pin_at(std::uint32_t slot, std::uint64_t offset) const noexcept;
  pin* claim_in(pin* pins, std::uint32_t count, std::uint32_t from, std::uint32_t base) noexcept;
  void raise_pins_high(std::uint32_t used) noexcept;

  mapping map_;
  owner_id self_;
  local_lock slot_probe_;  // one thread of this process at a time acts on other slots' file locks
  local_lock extending_;   // one thread at a time adds a pin extension
  std::atomic<std::uint32_t> pin_hint_{0};
  std::atomic<std::uint32_t> quick_takes_{0};
  std::atomic<std::uint64_t> last_quick_takes_{0};
};

template <class F>
void session::for_each_pin(std::uint32_t slot, F&& f) const noexcept {
  process_slot& s = map_.slot(slot);
  // Acquire: a pin stored before pins_high was raised is seen, or its owner has not passed its fence yet.
  std::uint32_t left = s.pins_high.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < slot_pins && i < left; ++i) f(s.pins[i]);
  left = left > slot_pins ? left - slot_pins : 0;
  for (std::uint32_t block = s.extension.load(std::memory_order_acquire); block != 0 && left != 0;) {
    pin_extension& extension = map_.extension(block);
    for (std::uint32_t i = 0; i < extension_pins && i < left; ++i) f(extension.pins[i]);
    left = left > extension_pins ? left - extension_pins : 0;
    block = extension.next.load(std::memory_order_acquire);
  }
}

}  // namespace coppice::arena
