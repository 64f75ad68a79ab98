// Claiming and giving back pins. See session.hpp.
#include "src/arena/grow.hpp"
#include "src/arena/session.hpp"

namespace coppice::arena {

void session::raise_pins_high(std::uint32_t used) noexcept {
  std::atomic<std::uint32_t>& high = map_.slot(self_.slot).pins_high;
  std::uint32_t seen = high.load(std::memory_order_relaxed);
  // Release, and before the pin itself is stored: a scan that sees the pin also sees that it is in use.
  while (seen < used && !high.compare_exchange_weak(seen, used, std::memory_order_release)) {
  }
}

pin* session::claim_in(pin* pins, std::uint32_t count, std::uint32_t from, std::uint32_t base) noexcept {
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t at = (from + i) % count;
    std::uint64_t expected = 0;
    if (pins[at].load(std::memory_order_relaxed) == 0 &&
        pins[at].compare_exchange_strong(expected, pin_claimed, std::memory_order_acq_rel)) {
      raise_pins_high(base + at + 1);
      pin_hint_.store(base + at + 1, std::memory_order_relaxed);
      return &pins[at];
    }
  }
  return nullptr;
}

result<pin*> session::claim_pin() noexcept {
  process_slot& slot = map_.slot(self_.slot);
  const std::uint32_t hint = pin_hint_.load(std::memory_order_relaxed);
  // A hint past the slot's own pins means that those were taken at the last look: begin where one was found.
  if (hint < slot_pins) {
    if (pin* cell = claim_in(slot.pins, slot_pins, hint, 0)) return cell;
  }
  for (;;) {
    std::uint32_t base = slot_pins;
    std::atomic<std::uint32_t>* link = &slot.extension;
    for (std::uint32_t block = link->load(std::memory_order_acquire); block != 0;) {
      pin_extension& extension = map_.extension(block);
      const bool full_before = hint >= base + extension_pins;
      const std::uint32_t from = hint > base && !full_before ? hint - base : 0;
      if (!full_before) {
        if (pin* cell = claim_in(extension.pins, extension_pins, from, base)) return cell;
      }
      base += extension_pins;
      link = &extension.next;
      block = link->load(std::memory_order_acquire);
    }
    if (hint != 0 && pin_hint_.exchange(0, std::memory_order_relaxed) != 0) return claim_pin();
    const local_guard guard(extending_);
    if (link->load(std::memory_order_acquire) != 0) continue;  // another thread was first
    if (const result<void> linked = link_control_block(*this, *link); !linked) return linked.why();
  }
}

pin* session::pin_at(std::uint32_t slot, std::uint64_t offset) const noexcept {
  if (offset % sizeof(pin) != 0) return nullptr;
  // Its place among these, or more than there are: an offset before them wraps around.
  const auto place = [&](const pin* pins) {
    const auto first = static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(pins) - map_.base());
    return (offset - first) / sizeof(pin);
  };
  process_slot& of = map_.slot(slot);
  if (const std::uint64_t at = place(of.pins); at < slot_pins) return &of.pins[at];
  for (std::uint32_t block = of.extension.load(std::memory_order_acquire); block != 0;) {
    pin_extension& extension = map_.extension(block);
    if (const std::uint64_t at = place(extension.pins); at < extension_pins) return &extension.pins[at];
    block = extension.next.load(std::memory_order_acquire);
  }
  return nullptr;
}

pin* session::own_pin_at(std::uint64_t offset) const noexcept { return pin_at(self_.slot, offset); }

pin* session::pin_at(std::uint64_t offset) const noexcept {
  constexpr std::uint64_t first = std::uint64_t{first_slot_block} * block_bytes;
  if (offset < first) return nullptr;
  if ((offset - first) / sizeof(process_slot) < max_slots) {
    return pin_at(static_cast<std::uint32_t>((offset - first) / sizeof(process_slot)), offset);
  }
  const std::uint32_t slots = map_.words().slot_high.load(std::memory_order_acquire);
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    if (pin* const found = pin_at(slot, offset)) return found;
  }
  return nullptr;
}

void session::free_pin(pin& cell) noexcept {
  // Release: all reads through the pin come before the word says that nothing is read.
  cell.store(0, std::memory_order_release);
  const process_slot& slot = map_.slot(self_.slot);
  if (&cell >= slot.pins && &cell < slot.pins + slot_pins) {
    pin_hint_.store(static_cast<std::uint32_t>(&cell - slot.pins), std::memory_order_relaxed);
  }
}

}  // namespace coppice::arena
