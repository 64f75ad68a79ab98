// Entries of packed leaves: one key and one value as bytes, and blobs, which hold what is too large for a leaf.
//
// Layout of an entry:
//   0  u8  bits 0..4 kind of the key; bits 5..7 a code for the kind of the value, or 0
//   code != 0, short form (key and value in the entry, a common kind of value, no expiry):
//   1  u8  length of the key, then its bytes, then the bytes of the value up to the end of the entry
//   code == 0, long form:
//   1  u8  bits 0..4 kind of the value; 0x20 key is external; 0x40 value is external; 0x80 an expiry follows
//   2      u8 length of the key; or, of an external key, u32 index of its blob in the leaf's refs and its u64 hash
//   .. u64 expiry, where flagged (reserved: nothing writes it yet)
//   .. bytes of the key, unless external
//   .. bytes of the value up to the end of the entry; or, of an external value, u32 index of its blob
// Codes 1..7: string_ascii, string_wtf8, bytes, document, int64, float64, null. The form is a function of the content:
// the short one wherever it can be used, external exactly when a key or value has more than V bytes (V <= 255).
//
// Layout of a blob: node_header, u64 length at offset 16, the bytes from offset 24, zeros up to the next granule.
//
// Thread safety: see node.hpp.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/branch.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/value_kind.hpp"

namespace coppice::detail {

/// Bytes and their kind, not owned.
struct packed_view {
  const std::byte* data = nullptr;
  std::size_t size = 0;
  value_kind kind = value_kind::null;

  [[nodiscard]] bool same_as(const packed_view& other) const noexcept {
    return kind == other.kind && size == other.size && equal_bytes(data, other.data, size);
  }
  /// Order of keys whose hashes are equal: by kind, then by bytes, then the shorter first.
  [[nodiscard]] int compare(const packed_view& other) const noexcept {
    if (kind != other.kind) return kind < other.kind ? -1 : 1;
    const std::size_t common = size < other.size ? size : other.size;
    const int order = common == 0 ? 0 : std::memcmp(data, other.data, common);
    if (order != 0) return order;
    return size == other.size ? 0 : size < other.size ? -1 : 1;
  }
};
using packed_key = packed_view;

/// A key of up to eight bytes, as load_short() reads them.
struct short_key {
  std::uint64_t number = 0;
  std::uint32_t size = 0;
  value_kind kind = value_kind::null;
};
using packed_value = packed_view;

/// An entry to be stored. The bytes belong to the caller. Where a large key or value is a blob already, its ref may be
/// given: then the blob is shared and not copied.
template <class Ref>
struct packed_item {
  std::uint64_t hash = 0;
  packed_key key;
  packed_value value;
  Ref key_blob{};
  Ref value_blob{};
};

inline constexpr unsigned kind_mask = 31;
inline constexpr unsigned external_key_flag = 0x20;
inline constexpr unsigned external_value_flag = 0x40;
inline constexpr unsigned expiry_flag = 0x80;

/// Kinds of values by code; 0 stands for the long form.
inline constexpr value_kind coded_kinds[8] = {value_kind::null,    value_kind::string_ascii, value_kind::string_wtf8,
                                              value_kind::bytes,   value_kind::document,     value_kind::int64,
                                              value_kind::float64, value_kind::null};

struct code_table {
  std::uint8_t codes[kind_mask + 1] = {};
  constexpr code_table() noexcept {
    for (std::uint8_t code = 1; code < 8; ++code) codes[static_cast<unsigned>(coded_kinds[code])] = code;
  }
};
inline constexpr code_table value_codes;

[[nodiscard]] constexpr unsigned code_of(value_kind kind) noexcept {
  return value_codes.codes[static_cast<unsigned>(kind) & kind_mask];
}

/// Where the parts of an entry lie.
struct entry_parts {
  const std::byte* key = nullptr;    // null: external
  const std::byte* value = nullptr;  // null: external
  std::size_t key_size = 0;          // 0 if external
  std::size_t value_size = 0;        // 0 if external
  std::uint64_t key_hash = 0;        // of an external key
  std::uint32_t key_index = 0;
  std::uint32_t value_index = 0;
  value_kind key_kind = value_kind::null;
  value_kind value_kind_ = value_kind::null;
  std::uint8_t flags = 0;

  [[nodiscard]] bool external_key() const noexcept { return (flags & external_key_flag) != 0; }
  [[nodiscard]] bool external_value() const noexcept { return (flags & external_value_flag) != 0; }
  [[nodiscard]] unsigned refs() const noexcept { return unsigned{external_key()} + unsigned{external_value()}; }
};

/// Bytes that stand before key and value in the long form.
[[nodiscard]] constexpr std::size_t long_form_bytes(unsigned flags) noexcept {
  return 2U + ((flags & external_key_flag) != 0 ? 12U : 1U) + ((flags & expiry_flag) != 0 ? 8U : 0U);
}

[[nodiscard]] inline entry_parts parse_long_entry(const std::byte* entry, std::size_t size) noexcept {
  entry_parts parts;
  parts.key_kind = static_cast<value_kind>(std::to_integer<unsigned>(entry[0]) & kind_mask);
  const unsigned second = std::to_integer<unsigned>(entry[1]);
  parts.value_kind_ = static_cast<value_kind>(second & kind_mask);
  parts.flags = static_cast<std::uint8_t>(second & ~kind_mask);
  const std::byte* rest = entry + long_form_bytes(second);
  if (parts.external_key()) {
    parts.key_index = load<std::uint32_t>(entry + 2);
    parts.key_hash = load<std::uint64_t>(entry + 6);
  } else {
    parts.key = rest;
    parts.key_size = std::to_integer<std::size_t>(entry[2]);
    rest += parts.key_size;
  }
  if (parts.external_value()) {
    parts.value_index = load<std::uint32_t>(rest);
  } else {
    parts.value = rest;
    parts.value_size = static_cast<std::size_t>(entry + size - rest);
  }
  return parts;
}

[[nodiscard]] inline entry_parts parse_entry(const std::byte* entry, std::size_t size) noexcept {
  const unsigned first = std::to_integer<unsigned>(entry[0]);
  if (first <= kind_mask) return parse_long_entry(entry, size);
  entry_parts parts;
  parts.key_kind = static_cast<value_kind>(first & kind_mask);
  parts.value_kind_ = coded_kinds[first >> 5];
  parts.key = entry + 2;
  parts.key_size = std::to_integer<std::size_t>(entry[1]);
  parts.value = entry + 2 + parts.key_size;
  parts.value_size = size - 2 - parts.key_size;
  return parts;
}

inline constexpr std::size_t blob_length_offset = 16;
inline constexpr std::size_t blob_bytes_offset = 24;

[[nodiscard]] constexpr std::size_t round_to_granules(std::size_t bytes) noexcept {
  return (bytes + granule_bytes - 1) / granule_bytes * granule_bytes;
}
[[nodiscard]] constexpr std::size_t blob_node_bytes(std::size_t length) noexcept {
  return round_to_granules(blob_bytes_offset + length);
}

[[nodiscard]] inline packed_view view_of_blob(const std::byte* blob, value_kind kind) noexcept {
  assert(kind_of(blob) == (is_collection(kind) ? node_kind::collection : node_kind::blob));
  return {blob + blob_bytes_offset, static_cast<std::size_t>(load<std::uint64_t>(blob + blob_length_offset)), kind};
}

/// A blob with these bytes, owned by the caller; null when there is no space.
template <node_memory Memory>
[[nodiscard]] typename Memory::ref_type make_blob(Memory& memory, const packed_view& bytes) noexcept {
  const std::size_t node_bytes = blob_node_bytes(bytes.size);
  const auto made = memory.allocate(node_bytes);
  if (made.address == nullptr) return {};
  write_header(made.address, node_kind::blob, 0, node_bytes, 0, memory.edit_token());
  std::memset(made.address + node_bytes - granule_bytes, 0, granule_bytes);
  store(made.address + blob_length_offset, std::uint64_t{bytes.size});
  std::memcpy(made.address + blob_bytes_offset, bytes.data, bytes.size);
  return made.ref;
}

}  // namespace coppice::detail
