// The packed words of the protocol: how their bits are used. Values only; the atomics lie in layout.hpp.
#pragma once

#include <cstdint>

namespace coppice::arena {

/// Names a version record as it was at one version: index in the low 24 bits, the version's low 40 bits above. 0 is
/// none.
struct version_ref {
  std::uint64_t bits = 0;

  static constexpr unsigned index_bits = 24;
  static constexpr std::uint64_t tag_mask = (std::uint64_t{1} << 40) - 1;

  [[nodiscard]] static constexpr version_ref make(std::uint32_t index, std::uint64_t version) noexcept {
    return {((version & tag_mask) << index_bits) | index};
  }
  [[nodiscard]] constexpr std::uint32_t index() const noexcept {
    return static_cast<std::uint32_t>(bits & ((1U << index_bits) - 1));
  }
  [[nodiscard]] constexpr std::uint64_t tag() const noexcept { return bits >> index_bits; }
  [[nodiscard]] constexpr bool names(std::uint64_t version) const noexcept {
    return tag() != 0 && tag() == (version & tag_mask);
  }
  friend constexpr bool operator==(version_ref, version_ref) noexcept = default;
};

/// A pin that is taken but names nothing yet. Never a valid version_ref: those have a tag.
inline constexpr std::uint64_t pin_claimed = 1;

/// Version numbers whose tag would be 0 are skipped.
[[nodiscard]] constexpr std::uint64_t next_version(std::uint64_t version) noexcept {
  ++version;
  return (version & version_ref::tag_mask) == 0 ? version + 1 : version;
}

/// A process slot at one incarnation: who holds a lock, a block, a record. 0 is nobody.
struct owner_id {
  std::uint32_t slot = 0;
  std::uint32_t incarnation = 0;  // never 0 for a live slot

  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return (std::uint64_t{incarnation} << 32) | slot; }
  [[nodiscard]] static constexpr owner_id from(std::uint64_t bits) noexcept {
    return {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32)};
  }
  friend constexpr bool operator==(owner_id, owner_id) noexcept = default;
};

/// SLOT: incarnation above, live flag in bit 0.
struct slot_word {
  std::uint32_t incarnation = 0;
  bool live = false;

  [[nodiscard]] constexpr std::uint64_t bits() const noexcept {
    return (std::uint64_t{incarnation} << 32) | (live ? 1U : 0U);
  }
  [[nodiscard]] static constexpr slot_word from(std::uint64_t bits) noexcept {
    return {static_cast<std::uint32_t>(bits >> 32), (bits & 1U) != 0};
  }
};

enum class block_state : std::uint8_t {
  hole = 0,      ///< no memory behind it
  free = 1,      ///< every line free
  swept = 2,     ///< the current line map tells the free lines
  owned = 3,     ///< an allocator bumps through it
  unswept = 4,   ///< nothing known since the stamp
  reserve = 5,   ///< kept back for erase and clear
  control = 6,   ///< metadata, records, slots, pins; never node memory
  changing = 7,  ///< the owner adds or gives back its memory; a dead owner's becomes a hole
};

/// BLOCK.
struct block_word {
  block_state state = block_state::hole;
  std::uint8_t map = 0;           // which of the two line maps is current
  std::uint16_t slot = 0;         // owner, when owned or changing
  std::uint16_t incarnation = 0;  // its low 16 bits
  std::uint32_t cycle = 0;        // stamp

  [[nodiscard]] constexpr std::uint64_t bits() const noexcept {
    return std::uint64_t{static_cast<std::uint8_t>(state)} | (std::uint64_t{map} << 4) | (std::uint64_t{slot} << 5) |
           (std::uint64_t{incarnation} << 16) | (std::uint64_t{cycle} << 32);
  }
  [[nodiscard]] static constexpr block_word from(std::uint64_t bits) noexcept {
    return {static_cast<block_state>(bits & 15U), static_cast<std::uint8_t>((bits >> 4) & 1U),
            static_cast<std::uint16_t>((bits >> 5) & 0x7ffU), static_cast<std::uint16_t>(bits >> 16),
            static_cast<std::uint32_t>(bits >> 32)};
  }
  [[nodiscard]] constexpr block_word owned_by(owner_id owner, block_state as = block_state::owned) const noexcept {
    return {as, map, static_cast<std::uint16_t>(owner.slot), static_cast<std::uint16_t>(owner.incarnation), cycle};
  }
  [[nodiscard]] constexpr block_word settled(block_state as, std::uint32_t stamp) const noexcept {
    return {as, map, 0, 0, stamp};
  }
  [[nodiscard]] constexpr bool is_owned_by(owner_id owner) const noexcept {
    return slot == static_cast<std::uint16_t>(owner.slot) &&
           incarnation == static_cast<std::uint16_t>(owner.incarnation);
  }
};

/// LINES and MARK: 32 bits that count only under their cycle number.
struct tagged_bits {
  std::uint32_t bits = 0;
  std::uint32_t cycle = 0;

  [[nodiscard]] constexpr std::uint64_t word() const noexcept { return (std::uint64_t{cycle} << 32) | bits; }
  [[nodiscard]] static constexpr tagged_bits from(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
  }
};

/// SCAN: number above, active flag in bit 0.
struct scan_word {
  std::uint64_t number = 0;
  bool active = false;

  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return (number << 1) | (active ? 1U : 0U); }
  [[nodiscard]] static constexpr scan_word from(std::uint64_t bits) noexcept { return {bits >> 1, (bits & 1U) != 0}; }
};

enum class phase : std::uint8_t { idle = 0, marking = 1, sweeping = 2 };

/// CYCLE: number, phase, and whose cycle it is.
struct cycle_word {
  std::uint32_t number = 0;
  phase at = phase::idle;
  std::uint16_t slot = 0;
  std::uint16_t incarnation = 0;

  [[nodiscard]] constexpr std::uint64_t bits() const noexcept {
    return (std::uint64_t{number} << 32) | (std::uint64_t{incarnation} << 16) | (std::uint64_t{slot} << 4) |
           static_cast<std::uint8_t>(at);
  }
  [[nodiscard]] static constexpr cycle_word from(std::uint64_t bits) noexcept {
    return {static_cast<std::uint32_t>(bits >> 32), static_cast<phase>(bits & 15U),
            static_cast<std::uint16_t>((bits >> 4) & 0xfffU), static_cast<std::uint16_t>(bits >> 16)};
  }
};

/// A lock: slot + 1 in bits 0-9 (0: free), "somebody sleeps" in bit 10, the incarnation's low 21 bits above.
struct lock_word {
  std::uint32_t bits = 0;

  static constexpr std::uint32_t slot_mask = 0x3ffU;
  static constexpr std::uint32_t waiters = 0x400U;

  [[nodiscard]] static constexpr lock_word held_by(owner_id owner) noexcept {
    return {(owner.slot + 1) | (owner.incarnation << 11)};
  }
  [[nodiscard]] constexpr bool is_free() const noexcept { return (bits & slot_mask) == 0; }
  [[nodiscard]] constexpr std::uint32_t slot() const noexcept { return (bits & slot_mask) - 1; }
  [[nodiscard]] constexpr std::uint32_t holder() const noexcept { return bits & ~waiters; }
};

}  // namespace coppice::arena
