// The layout of an arena: every struct that lies in shared memory, by offset (docs/formats/arena.md).
//
// An arena is cut into blocks of 64 KiB, a block into lines of 128 bytes, and 64 blocks make a segment. The first
// blocks are control blocks at fixed places:
//   block 0      header, control words, directory of record chunks
//   block 1      segment directory: for each segment the block that holds its metadata
//   blocks 2-5   process slots with their pins
//   block 6      metadata of segment 0
//   block 7      the first chunk of version records
// Metadata of the other segments lies at the start of the group of segments that was added with it (grow.cpp).
//
// Every struct uses fixed-width integers and refs only. All atomics are lock-free and address-free. Who writes which
// word, and why the orders suffice, is told in docs/decisions/arena-reclamation.md; its names stand beside the words
// here.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "coppice/detail/node.hpp"

namespace coppice::arena {

using ref = std::uint32_t;  // granules of 16 bytes from the arena's start; 0 is null

inline constexpr std::uint32_t block_bytes = 64 * 1024;
inline constexpr std::uint32_t line_bytes = 128;
inline constexpr std::uint32_t lines_per_block = block_bytes / line_bytes;
inline constexpr std::uint32_t granules_per_block = block_bytes / detail::granule_bytes;
inline constexpr std::uint32_t segment_blocks = 64;
inline constexpr std::uint64_t segment_bytes = std::uint64_t{segment_blocks} * block_bytes;
inline constexpr std::uint32_t max_segments = 16 * 1024;
inline constexpr std::uint64_t max_arena_bytes = std::uint64_t{max_segments} * segment_bytes;
static_assert(max_arena_bytes == std::uint64_t{64} << 30);

inline constexpr std::uint32_t max_slots = 512;
inline constexpr std::uint32_t slot_pins = 56;
inline constexpr std::uint32_t records_per_chunk = 1024;
inline constexpr std::uint32_t max_record_chunks = 4096;
inline constexpr std::uint32_t max_records = records_per_chunk * max_record_chunks;
inline constexpr std::uint32_t reserve_blocks = 8;

inline constexpr std::uint32_t header_block = 0;
inline constexpr std::uint32_t directory_block = 1;
inline constexpr std::uint32_t first_slot_block = 2;
inline constexpr std::uint32_t slot_block_count = 4;
inline constexpr std::uint32_t first_metadata_block = 6;
inline constexpr std::uint32_t first_record_block = 7;
inline constexpr std::uint32_t first_reserve_block = 8;
inline constexpr std::uint32_t first_data_block = first_reserve_block + reserve_blocks;
inline constexpr std::uint32_t initial_blocks = 20;
inline constexpr std::uint64_t min_limit_bytes = segment_bytes;

inline constexpr char magic_bytes[8] = {'C', 'O', 'P', 'P', 'I', 'C', 'E', '\0'};
inline constexpr std::uint32_t format_version = 1;

enum class fence_mode : std::uint8_t { sequential = 1, membarrier = 2 };

/// Written once, before the file has a name; never changed afterwards. 128 bytes at offset 0.
struct identity {
  char magic[8];
  std::uint32_t format;
  std::uint32_t layout_hash;    // of the sizes and offsets that this build was compiled with
  std::uint64_t limit_bytes;    // no block at or past this offset is ever used
  std::uint64_t seed;           // of key hashes
  std::uint64_t created_ms;     // wall clock
  std::uint8_t boot_id[16];     // boot in which the file was made
  std::uint8_t branch_bits;     // W
  std::uint8_t fence;           // fence_mode
  std::uint16_t leaf_entries;   // B
  std::uint32_t leaf_bytes;     // S
  std::uint32_t inline_bytes;   // V
  std::uint32_t hash_function;  // 1: XXH3 with the kind in the seed
  std::uint64_t durability[5];  // reserved for arenas on disk, zero
  std::uint64_t checksum;       // of the 112 bytes before; XXH3
  std::uint64_t reserved;
};
static_assert(sizeof(identity) == 128 && offsetof(identity, checksum) == 112);

enum class life : std::uint32_t { alive = 1, destroyed = 2 };

struct alignas(64) control_words {
  // Published state. HEAD.
  alignas(64) std::atomic<std::uint64_t> head;  // version_ref
  std::atomic<std::uint32_t> state;             // life
  std::atomic<std::uint32_t> segment_count;     // segments whose metadata exists
  std::atomic<std::uint64_t> file_end;          // offset past the last byte ever committed
  // Locks: futex words, see lock.hpp. WRITER, COLLECTOR, and the lock of growth.
  alignas(64) std::atomic<std::uint32_t> writer_lock;
  alignas(64) std::atomic<std::uint32_t> collector_lock;
  std::atomic<std::uint32_t> grow_lock;
  // SCAN and CYCLE.
  alignas(64) std::atomic<std::uint64_t> scan;  // scan_word
  std::atomic<std::uint64_t> cycle;             // cycle_word
  // Allocation and pacing; hints only, never trusted for safety.
  alignas(64) std::atomic<std::uint64_t> edit_tokens;  // next unused edit token
  std::atomic<std::uint64_t> block_cursor;             // next block to look at for free lines
  std::atomic<std::uint64_t> record_cursor;            // next record to look at
  std::atomic<std::uint64_t> allocated_bytes;          // ever handed to allocators
  std::atomic<std::uint64_t> allocated_at_cycle;       // the same when the running or last cycle began
  std::atomic<std::uint64_t> live_bytes;               // found reachable by the last finished cycle
  std::atomic<std::uint64_t> free_lines;               // found free by the last finished sweep
  std::atomic<std::uint32_t> record_chunks;            // chunks in the directory
  std::atomic<std::uint32_t> slot_high;                // slots ever used
  // Statistics.
  alignas(64) std::atomic<std::uint64_t> collections;
  std::atomic<std::uint64_t> recoveries;
  // Pacing; hints too.
  std::atomic<std::uint64_t> allocated_at_step;  // allocated_bytes at the last step of a cycle
  std::atomic<std::uint64_t> allocated_at_end;   // when the last cycle finished
  // Last version number given out in an arena that has no HEAD (publish_apart); 0 where HEAD names the newest version.
  std::atomic<std::uint64_t> last_apart;
};
static_assert(sizeof(control_words) == 6 * 64 && std::atomic<std::uint64_t>::is_always_lock_free);

struct header {
  identity id;
  control_words words;
  std::uint8_t padding[4096 - sizeof(identity) - sizeof(control_words)];
  std::atomic<std::uint32_t> record_directory[max_record_chunks];  // block of each chunk
};
static_assert(offsetof(header, words) == 128 && offsetof(header, record_directory) == 4096);
static_assert(sizeof(header) <= block_bytes);

/// RECORD. What a version is: pins, HEAD and names refer to its index.
struct version_record {
  std::atomic<std::uint64_t> version;  // 0: free
  std::atomic<std::uint64_t> claim;    // owner_id of a transaction that is filling or publishing it, or 0
  std::atomic<std::uint64_t> handed;   // HANDED: number of the scan that must keep it
  std::atomic<std::uint64_t> kept;     // collector: number of the scan that found it live
  std::atomic<std::uint32_t> root;     // ref
  std::uint32_t reserved_root;         // a second root, for an index by expiry
  std::uint64_t committed_ms;          // wall clock
  std::uint64_t reserved[2];
};
static_assert(sizeof(version_record) == 64);
static_assert(std::uint64_t{records_per_chunk} * sizeof(version_record) == block_bytes);

/// SLOT and its PINs.
struct alignas(64) process_slot {
  std::atomic<std::uint64_t> word;       // slot_word
  std::atomic<std::uint32_t> extension;  // block of further pins, or 0; chained
  std::atomic<std::uint32_t> pins_high;  // pins of this slot ever used since it became live, in slot and extensions
  std::uint64_t opened_ms;
  std::uint32_t process;  // process id, for people; in WebAssembly the number of the host's thread
  std::uint32_t
      host[3];  // in WebAssembly: two words by which the host tells whether a worker lives, and which one it is
  std::uint32_t reserved[6];
  std::atomic<std::uint64_t> pins[slot_pins];
};
static_assert(sizeof(process_slot) == 512);
static_assert(std::uint64_t{max_slots} * sizeof(process_slot) == std::uint64_t{slot_block_count} * block_bytes);

inline constexpr std::uint32_t extension_pins = (block_bytes - 64) / 8;
struct pin_extension {
  std::atomic<std::uint32_t> next;  // block, or 0
  std::uint32_t reserved[15];
  std::atomic<std::uint64_t> pins[extension_pins];
};
static_assert(sizeof(pin_extension) == block_bytes);

inline constexpr std::uint32_t line_words = lines_per_block / 32;
inline constexpr std::uint32_t mark_bytes = 32;  // one mark bit per 32 bytes: nodes are at least as long
inline constexpr std::uint32_t mark_words = block_bytes / mark_bytes / 32;
static_assert(detail::min_node_bytes >= mark_bytes);

/// BLOCK, LINES and MARK of 64 blocks. Words of lines and marks are 32 bits under a cycle number (tagged_bits).
struct segment_metadata {
  std::atomic<std::uint64_t> words[segment_blocks];
  std::atomic<std::uint32_t> next[segment_blocks];  // the owner's list of blocks to give up
  std::atomic<std::uint64_t> lines[segment_blocks][2][line_words];
  std::atomic<std::uint64_t> marks[segment_blocks][mark_words];
};
static_assert(sizeof(segment_metadata) <= block_bytes);

}  // namespace coppice::arena
