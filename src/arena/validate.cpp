// See validate.hpp.
#include "src/arena/validate.hpp"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace coppice::arena {

namespace {

failure corrupt(const char* what, std::uint64_t subject = 0, std::uint64_t limit = 0) noexcept {
  return {errc::corrupt, 0, what, subject, limit};
}

bool is_control(const mapping& map, std::uint32_t block) noexcept {
  return block_word::from(map.block(block).load(std::memory_order_acquire)).state == block_state::control;
}

/// May this block be linked as a chunk of records or pins? `owned`: who linked it has died, or is about to say control.
bool may_be_linked(const mapping& map, std::uint32_t block) noexcept {
  const block_state state = block_word::from(map.block(block).load(std::memory_order_acquire)).state;
  return state == block_state::control || state == block_state::owned;
}

result<void> validate_directory(const mapping& map, std::uint64_t file_bytes) noexcept {
  const std::uint32_t segments = map.words().segment_count.load(std::memory_order_acquire);
  if (segments == 0 || segments > max_segments) return corrupt("segment count", segments, max_segments);
  for (std::uint32_t i = 0; i < segments; ++i) {
    const std::uint32_t block = map.directory(i).load(std::memory_order_relaxed);
    const bool in_file = (std::uint64_t{block} + 1) * block_bytes <= file_bytes;
    if (block < first_metadata_block || block >= segments * segment_blocks || !in_file) {
      return corrupt("segment directory entry", i, block);
    }
  }
  for (std::uint32_t i = 0; i < segments; ++i) {
    const std::uint32_t block = map.directory(i).load(std::memory_order_relaxed);
    if (!is_control(map, block)) return corrupt("block of segment metadata is not a control block", block);
  }
  return {};
}

result<void> validate_records(const mapping& map, std::uint64_t file_bytes) noexcept {
  const std::uint32_t chunks = map.words().record_chunks.load(std::memory_order_acquire);
  if (chunks == 0 || chunks > max_record_chunks) return corrupt("number of record chunks", chunks, max_record_chunks);
  for (std::uint32_t i = 0; i < max_record_chunks; ++i) {
    const std::uint32_t block = map.head().record_directory[i].load(std::memory_order_acquire);
    if (block == 0 && i >= chunks) continue;
    const bool in_file = (std::uint64_t{block} + 1) * block_bytes <= file_bytes;
    if (block < first_record_block || block >= map.block_count() || !in_file || !may_be_linked(map, block)) {
      return corrupt("record directory entry", i, block);
    }
    // One more than are counted: who linked it has died, or is about to count it.
    if (i > map.words().record_chunks.load(std::memory_order_acquire))
      return corrupt("record directory entry", i, block);
  }
  return {};
}

result<void> validate_head(const mapping& map, std::uint64_t file_bytes) noexcept {
  const version_ref head{map.words().head.load(std::memory_order_acquire)};
  if (head.index() >= map.record_count()) return corrupt("head names no record", head.index(), map.record_count());
  // A writer may publish between these two loads, and the record be used again: only a head that stays is judged.
  const std::uint64_t version = map.record(head.index()).version.load(std::memory_order_acquire);
  const bool still_head = map.words().head.load(std::memory_order_acquire) == head.bits;
  if (still_head && !head.names(version))
    return corrupt("head names another version than its record", version, head.tag());
  const ref root = map.record(head.index()).root.load(std::memory_order_acquire);
  if (root != 0 && (std::uint64_t{root} * detail::granule_bytes) + detail::min_node_bytes > file_bytes) {
    return corrupt("root lies outside the file", root);
  }
  return {};
}

result<void> validate_slots(const mapping& map, std::uint64_t file_bytes) noexcept {
  const std::uint32_t high = map.words().slot_high.load(std::memory_order_acquire);
  if (high > max_slots) return corrupt("number of slots in use", high, max_slots);
  for (std::uint32_t i = 0; i < max_slots; ++i) {
    // A chain longer than the arena has blocks is a circle.
    std::uint32_t length = 0;
    for (std::uint32_t block = map.slot(i).extension.load(std::memory_order_acquire); block != 0;
         block = map.extension(block).next.load(std::memory_order_acquire)) {
      const bool in_file = (std::uint64_t{block} + 1) * block_bytes <= file_bytes;
      if (block < first_data_block || block >= map.block_count() || !in_file || !may_be_linked(map, block) ||
          ++length > map.block_count()) {
        return corrupt("pin extension of a slot", i, block);
      }
    }
  }
  return {};
}

}  // namespace

std::uint32_t layout_hash() noexcept {
  constexpr std::uint64_t parts[] = {block_bytes,
                                     line_bytes,
                                     segment_blocks,
                                     max_segments,
                                     max_slots,
                                     slot_pins,
                                     records_per_chunk,
                                     max_record_chunks,
                                     reserve_blocks,
                                     initial_blocks,
                                     mark_bytes,
                                     detail::granule_bytes,
                                     sizeof(identity),
                                     sizeof(control_words),
                                     sizeof(header),
                                     sizeof(version_record),
                                     sizeof(process_slot),
                                     sizeof(pin_extension),
                                     sizeof(segment_metadata),
                                     offsetof(header, words),
                                     offsetof(header, record_directory),
                                     offsetof(process_slot, pins),
                                     offsetof(segment_metadata, lines),
                                     offsetof(segment_metadata, marks),
                                     offsetof(control_words, writer_lock),
                                     offsetof(control_words, scan),
                                     offsetof(control_words, cycle),
                                     offsetof(control_words, edit_tokens),
                                     offsetof(control_words, collections),
                                     offsetof(control_words, allocated_at_step),
                                     offsetof(version_record, root),
                                     sizeof(detail::node_header)};
  return static_cast<std::uint32_t>(XXH3_64bits(parts, sizeof(parts)));
}

std::uint64_t identity_checksum(const identity& id) noexcept { return XXH3_64bits(&id, offsetof(identity, checksum)); }

result<void> validate_identity(const mapping& map, const open_expectation& expected) noexcept {
  const identity& id = map.id();
  if (std::memcmp(id.magic, magic_bytes, sizeof(magic_bytes)) != 0) {
    return failure{errc::not_a_store, 0, "the file does not begin with the magic of an arena", 0, 0};
  }
  if (id.format != format_version) {
    return failure{errc::version_mismatch, 0, "format version", id.format, format_version};
  }
  if (id.checksum != identity_checksum(id)) return corrupt("checksum of the header", offsetof(identity, checksum));
  if (id.layout_hash != layout_hash()) {
    return failure{errc::version_mismatch, 0, "layout hash", id.layout_hash, layout_hash()};
  }
  if (id.branch_bits != detail::trie_branch_bits) {
    return failure{errc::version_mismatch, 0, "branch bits (W)", id.branch_bits, detail::trie_branch_bits};
  }
  if (id.leaf_entries != expected.leaf_entries) {
    return failure{errc::version_mismatch, 0, "leaf entries (B)", id.leaf_entries, expected.leaf_entries};
  }
  if (id.leaf_bytes != expected.leaf_bytes) {
    return failure{errc::version_mismatch, 0, "leaf bytes (S)", id.leaf_bytes, expected.leaf_bytes};
  }
  if (id.inline_bytes != expected.inline_bytes) {
    return failure{errc::version_mismatch, 0, "inline bytes (V)", id.inline_bytes, expected.inline_bytes};
  }
  if (id.hash_function != 1) return failure{errc::version_mismatch, 0, "hash function", id.hash_function, 1};
  const bool known_fence = id.fence == static_cast<std::uint8_t>(fence_mode::sequential) ||
                           id.fence == static_cast<std::uint8_t>(fence_mode::membarrier);
  if (!known_fence) return corrupt("fence mode", id.fence);
  if (id.limit_bytes < min_limit_bytes || id.limit_bytes > max_arena_bytes || id.limit_bytes % block_bytes != 0) {
    return corrupt("size limit", id.limit_bytes, max_arena_bytes);
  }
  return {};
}

result<void> validate_control(const mapping& map, std::uint64_t file_bytes) noexcept {
  const std::uint32_t state = map.words().state.load(std::memory_order_acquire);
  if (state != static_cast<std::uint32_t>(life::alive) && state != static_cast<std::uint32_t>(life::destroyed)) {
    return corrupt("life state", state);
  }
  const std::uint64_t end = map.words().file_end.load(std::memory_order_acquire);
  if (end > file_bytes) return corrupt("the file was truncated", file_bytes, end);
  if (const result<void> ok = validate_directory(map, file_bytes); !ok) return ok;
  if (const result<void> ok = validate_records(map, file_bytes); !ok) return ok;
  if (const result<void> ok = validate_slots(map, file_bytes); !ok) return ok;
  return validate_head(map, file_bytes);
}

}  // namespace coppice::arena
