// The pack format in numbers: docs/formats/pack.md says what they mean.
//
// Thread safety: values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coppice::detail {

inline constexpr std::uint8_t pack_magic[8] = {0x89, 0x43, 0x50, 0x4b, 0x0d, 0x0a, 0x1a, 0x0a};
inline constexpr std::uint8_t pack_end_magic[8] = {0x0a, 0x1a, 0x0a, 0x0d, 0x4b, 0x50, 0x43, 0x89};
inline constexpr std::uint16_t pack_version = 1;
inline constexpr std::uint16_t pack_has_base = 1;
inline constexpr std::size_t pack_digest_bytes = 32;
/// BLAKE2b, 256 bits.
using pack_digest = std::array<std::byte, pack_digest_bytes>;

struct pack_header {
  std::uint8_t magic[8];
  std::uint16_t version;
  std::uint16_t flags;
  std::uint32_t base_types;
  std::uint64_t base_nodes;
  pack_digest base_digest;
  std::uint64_t checksum;
};
static_assert(sizeof(pack_header) == 64 && offsetof(pack_header, base_types) == 12 &&
              offsetof(pack_header, base_nodes) == 16 && offsetof(pack_header, base_digest) == 24 &&
              offsetof(pack_header, checksum) == 56);

enum class pack_section_kind : std::uint8_t { types = 1, nodes = 2, roots = 3, index = 4 };
enum class pack_compression : std::uint8_t { none = 0, zstd = 1 };

struct pack_section {
  pack_section_kind kind;
  pack_compression compression;
  std::uint16_t unused;
  std::uint32_t stored_bytes;
  std::uint32_t raw_bytes;
  std::uint32_t count;
  std::uint64_t first;
  std::uint64_t checksum;
};
static_assert(sizeof(pack_section) == 32 && offsetof(pack_section, stored_bytes) == 4 &&
              offsetof(pack_section, count) == 12 && offsetof(pack_section, first) == 16 &&
              offsetof(pack_section, checksum) == 24);

/// Bytes of an entry of the index: a section's header without `first`.
inline constexpr std::size_t pack_index_entry_bytes = 24;

struct pack_trailer {
  std::uint64_t index_offset;
  std::uint64_t file_bytes;
  std::uint64_t checksum;
  std::uint8_t magic[8];
};
static_assert(sizeof(pack_trailer) == 32 && offsetof(pack_trailer, checksum) == 16);

/// A section of nodes is closed when it has so many bytes.
inline constexpr std::size_t pack_section_target = std::size_t{128} << 10;
/// No section is longer.
inline constexpr std::size_t pack_section_limit = std::size_t{64} << 20;
/// Longer values are cut into pieces of so many bytes.
inline constexpr std::size_t pack_piece_bytes = std::size_t{1} << 20;
inline constexpr std::uint32_t pack_max_types = 65'536;
/// The last time that clocks show which count nanoseconds, in the year 2262.
inline constexpr std::int64_t pack_last_ms = 9'223'372'036'854;
/// V of collections whose memory has none.
inline constexpr std::uint32_t pack_max_inline = 255;

enum class pack_collection : std::uint8_t { map = 1, set = 2, vector = 3 };
enum class pack_elements : std::uint8_t { values = 1, encoded = 2, images = 3 };
enum class pack_hash : std::uint8_t { unknown = 0, store = 1, typed = 2 };

enum class record_kind : std::uint8_t {
  branch = 1,
  leaf = 2,
  blob = 3,
  pieces = 4,
  vector_leaf = 5,
  vector_more = 6,
  vector_branch = 7,
  vector_relaxed = 8,
  collection = 9,
};

/// What collections of JavaScript may say of their values. Without a text they may have any.
inline constexpr std::string_view pack_value_types[] = {"string", "number", "boolean", "object"};

/// How the nodes of some collections are made.
struct pack_type {
  pack_collection collection = pack_collection::map;
  pack_elements elements = pack_elements::values;
  pack_hash hash = pack_hash::unknown;
  std::uint8_t branch_bits = 4;
  std::uint32_t leaf_size = 0;                 ///< B of a trie; of a vector log2 of the elements in a leaf
  std::uint32_t max_bytes = 0;                 ///< S; 0: none
  std::uint32_t max_inline = pack_max_inline;  ///< V
  std::uint64_t seed = 0;
  std::string schema;  ///< of encoded elements; of values what they are restricted to, or empty

  friend auto operator<=>(const pack_type&, const pack_type&) = default;
};

/// Names a record of a pack and of those that it is made on; 0 is none.
using node_number = std::uint32_t;
inline constexpr std::uint64_t pack_max_nodes = 0xffff'fffeU;

/// What a root, or a collection inside another, says of its nodes.
struct pack_tree {
  std::uint64_t size = 0;
  node_number root = 0;
  node_number tail = 0;          // vectors only
  std::uint32_t tail_count = 0;  // vectors only
  std::uint32_t height = 0;      // vectors only
};

/// A version in a pack.
struct pack_root {
  std::string name;
  std::uint32_t type = 0;
  pack_tree tree;
  pack_collection collection = pack_collection::map;
  bool has_commit = false;
  std::uint64_t version = 0;         // of the store, if has_commit
  std::int64_t committed_at_ms = 0;  // since 1970, UTC, if has_commit
};

}  // namespace coppice::detail
