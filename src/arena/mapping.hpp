// A mapped arena: where its parts lie. Address arithmetic and nothing else.
//
// Thread safety: the mapping itself does not change while it is open; what it points to is shared and atomic.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "src/arena/layout.hpp"
#include "src/arena/words.hpp"
#include "src/platform/port.hpp"

namespace coppice::arena {

class mapping {
 public:
  mapping() noexcept = default;
  explicit mapping(platform::region region) noexcept : region_(region) {}

  [[nodiscard]] bool is_open() const noexcept { return region_.base != nullptr; }
  [[nodiscard]] platform::region& region() noexcept { return region_; }
  [[nodiscard]] int file() const noexcept { return region_.file; }
  [[nodiscard]] std::byte* base() const noexcept {
#if defined(__wasm__)
    return reinterpret_cast<std::byte*>(platform::region_offset);
#else
    return region_.base;
#endif
  }

  [[nodiscard]] std::byte* at_block(std::uint32_t block) const noexcept {
    return base() + std::size_t{block} * block_bytes;
  }
  [[nodiscard]] std::byte* at(ref node) const noexcept { return base() + std::size_t{node} * detail::granule_bytes; }
  [[nodiscard]] const detail::node_header& node(ref node) const noexcept {
    return *reinterpret_cast<const detail::node_header*>(at(node));
  }
  [[nodiscard]] static std::uint32_t block_of(ref node) noexcept { return node / granules_per_block; }

  [[nodiscard]] struct header& head() const noexcept { return *reinterpret_cast<struct header*>(base()); }
  [[nodiscard]] const identity& id() const noexcept { return head().id; }
  [[nodiscard]] control_words& words() const noexcept { return head().words; }

  [[nodiscard]] process_slot& slot(std::uint32_t index) const noexcept {
    assert(index < max_slots);
    return reinterpret_cast<process_slot*>(at_block(first_slot_block))[index];
  }
  [[nodiscard]] std::atomic<std::uint32_t>& directory(std::uint32_t segment) const noexcept {
    assert(segment < max_segments);
    return reinterpret_cast<std::atomic<std::uint32_t>*>(at_block(directory_block))[segment];
  }
  [[nodiscard]] segment_metadata& metadata(std::uint32_t block) const noexcept {
    return *reinterpret_cast<segment_metadata*>(
        at_block(directory(block / segment_blocks).load(std::memory_order_relaxed)));
  }
  /// BLOCK of a block below block_count().
  [[nodiscard]] std::atomic<std::uint64_t>& block(std::uint32_t index) const noexcept {
    return metadata(index).words[index % segment_blocks];
  }
  [[nodiscard]] version_record& record(std::uint32_t index) const noexcept {
    const std::uint32_t chunk = head().record_directory[index / records_per_chunk].load(std::memory_order_acquire);
    platform::reach((std::uint64_t{chunk} + 1) * block_bytes);
    return reinterpret_cast<version_record*>(at_block(chunk))[index % records_per_chunk];
  }
  [[nodiscard]] pin_extension& extension(std::uint32_t block) const noexcept {
    platform::reach((std::uint64_t{block} + 1) * block_bytes);
    return *reinterpret_cast<pin_extension*>(at_block(block));
  }

  /// Blocks that have metadata now. Grows only. Acquire: the metadata is visible.
  [[nodiscard]] std::uint32_t block_count() const noexcept {
    const std::uint32_t by_segments = words().segment_count.load(std::memory_order_acquire) * segment_blocks;
    return by_segments < limit_blocks() ? by_segments : limit_blocks();
  }
  [[nodiscard]] std::uint32_t limit_blocks() const noexcept {
    return static_cast<std::uint32_t>(id().limit_bytes / block_bytes);
  }
  [[nodiscard]] std::uint32_t record_count() const noexcept {
    return words().record_chunks.load(std::memory_order_acquire) * records_per_chunk;
  }

  /// Is this owner a slot that is live now, at this incarnation?
  [[nodiscard]] bool lives(const block_word& word) const noexcept {
    if (word.slot >= max_slots) return false;
    const slot_word now = slot_word::from(slot(word.slot).word.load(std::memory_order_acquire));
    return now.live && static_cast<std::uint16_t>(now.incarnation) == word.incarnation;
  }
  [[nodiscard]] bool lives(owner_id owner) const noexcept {
    if (owner.slot >= max_slots) return false;
    const slot_word now = slot_word::from(slot(owner.slot).word.load(std::memory_order_acquire));
    return now.live && now.incarnation == owner.incarnation;
  }

  /// Orders an earlier store of this thread before its later load, against heavy_fence() of a collector.
  void light_fence() const noexcept {
    if (id().fence == static_cast<std::uint8_t>(fence_mode::membarrier)) {
      platform::light_fence();
    } else {
      std::atomic_thread_fence(std::memory_order_seq_cst);
    }
  }
  void heavy_fence() const noexcept {
    if (id().fence == static_cast<std::uint8_t>(fence_mode::membarrier)) {
      platform::heavy_fence();
    } else {
      std::atomic_thread_fence(std::memory_order_seq_cst);
    }
  }

 private:
  platform::region region_;
};

}  // namespace coppice::arena
