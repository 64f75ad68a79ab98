// Types of the typed collections inside stores. A store knows of their elements only what the collection's record says
// (collection_record.hpp): a fingerprint, and the size of those that are copied as bytes. So their schema is `#` and
// the record's element type in 16 hexadecimal digits.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "coppice/detail/collection_record.hpp"
#include "coppice/detail/node.hpp"
#include "coppice/detail/pack/format.hpp"
#include "coppice/detail/pack/stored_layout.hpp"
#include "coppice/value_kind.hpp"

namespace coppice::detail {

inline constexpr char stored_schema_mark = '#';
inline constexpr std::size_t stored_schema_size = 17;

[[nodiscard]] inline bool is_stored_type(const pack_type& type) noexcept {
  return !type.schema.empty() && type.schema.front() == stored_schema_mark;
}

[[nodiscard]] inline std::string stored_schema(std::uint64_t element_type) {
  std::string schema(stored_schema_size, stored_schema_mark);
  for (std::size_t i = stored_schema_size; --i != 0; element_type >>= 4) {
    schema[i] = "0123456789abcdef"[element_type & 0xfU];
  }
  return schema;
}
/// Precondition: is_stored_type(), and stored_schema() made it.
[[nodiscard]] inline std::uint64_t stored_element_type(const pack_type& type) noexcept {
  std::uint64_t element_type = 0;
  for (const char digit : type.schema.substr(1)) {
    element_type = element_type << 4 | static_cast<std::uint64_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  return element_type;
}

[[nodiscard]] constexpr pack_collection pack_collection_of(value_kind kind) noexcept {
  return kind == value_kind::map   ? pack_collection::map
         : kind == value_kind::set ? pack_collection::set
                                   : pack_collection::vector;
}

/// Of images a leaf holds all: of a trie each behind its tag.
[[nodiscard]] constexpr std::uint32_t image_bytes(pack_collection collection, std::uint32_t element_size) noexcept {
  return element_size + (collection == pack_collection::vector ? 0U : 1U);
}

/// The type of a collection with this record. `PackedLeaf`: the leaves of tries whose elements are encoded.
template <class PackedLeaf>
[[nodiscard]] pack_type stored_type(value_kind kind, const collection_record& record) {
  pack_type type;
  type.collection = pack_collection_of(kind);
  type.schema = stored_schema(record.element_type);
  type.leaf_size = record.leaf_parameter;
  const std::uint32_t size = element_bytes(record.element_type);
  type.elements = size == 0 ? pack_elements::encoded : pack_elements::images;
  if (size != 0) type.max_inline = image_bytes(type.collection, size);
  if (type.collection == pack_collection::vector) {
    type.branch_bits = record.branch_parameter;
    if (size == 0) type.max_inline = 0;  // each element has a blob, which versions share
    return type;
  }
  type.seed = record.seed;
  type.hash = size == 0 ? pack_hash::store : pack_hash::typed;
  if (size == 0) {
    type.max_bytes = PackedLeaf::max_bytes;
    type.max_inline = PackedLeaf::max_inline;
  }
  return type;
}

/// Why collections of such a type cannot be written or read, or null.
template <class PackedLeaf>
[[nodiscard]] const char* unsupported_stored_type(const pack_type& type) noexcept {
  if (type.max_inline >= pack_piece_bytes) return "elements of 1 MiB or more";
  if (type.leaf_size > std::numeric_limits<std::uint8_t>::max()) return "leaves of more than 255 elements";
  if (type.collection == pack_collection::vector || type.elements == pack_elements::images) return nullptr;
  const bool known = type.leaf_size == PackedLeaf::max_entries && type.max_bytes == PackedLeaf::max_bytes &&
                     type.max_inline == PackedLeaf::max_inline;
  return known ? nullptr : "leaves of encoded elements of another size than the default";
}

template <class Link>
[[nodiscard]] stored_layout<Link> layout_of(const pack_type& type) noexcept {
  const std::uint32_t size = element_bytes(stored_element_type(type));
  return {type.leaf_size, type.branch_bits, size == 0 ? static_cast<std::uint32_t>(Link::bytes) : size,
          size == 0 ? node_kind::rrb_leaf_refs : node_kind::rrb_leaf};
}

/// What is wrong with the elements of a type, or null.
[[nodiscard]] inline const char* wrong_stored_type(const pack_type& type) noexcept {
  if (!is_stored_type(type)) {
    return type.elements == pack_elements::images ? "elements that are copied as bytes have another schema" : nullptr;
  }
  if (type.elements == pack_elements::values || type.schema.size() != stored_schema_size ||
      type.schema.find_first_not_of("0123456789abcdef", 1) != std::string::npos) {
    return "there is no such schema";
  }
  const std::uint32_t size = element_bytes(stored_element_type(type));
  if ((size != 0) != (type.elements == pack_elements::images)) return "elements are of another kind than their schema";
  if (size != 0 && type.max_inline != image_bytes(type.collection, size)) return "elements have another size";
  return nullptr;
}

}  // namespace coppice::detail
