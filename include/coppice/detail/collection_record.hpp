// What a store keeps of a typed collection that is one of its values: where its nodes are, and what they are.
//
// It is the content of a node of kind `collection`, which has the layout of a blob (packed_entry.hpp): node_header, u64
// length at 16, the record from 24 on. So its refs lie where kind_table says, and to those who only compare values it
// is bytes: equal records are one version.
//
// Thread safety: values.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/detail/node.hpp"
#include "coppice/detail/packed_entry.hpp"

namespace coppice::detail {

/// The low bits of an element type are the size of an element in bytes, where elements are copied as bytes; zero where
/// they are encoded.
inline constexpr unsigned element_size_bits = 24;
[[nodiscard]] constexpr std::uint32_t element_bytes(std::uint64_t element_type) noexcept {
  return static_cast<std::uint32_t>(element_type & ((std::uint64_t{1} << element_size_bits) - 1));
}

/// B of tries of encoded elements, if the user chooses none.
inline constexpr unsigned stored_leaf_entries = 24;

struct collection_record {
  std::uint32_t root = 0;  ///< of the trie; of a vector's tree, 0 if all its elements are in the tail
  std::uint32_t tail = 0;  ///< vectors only
  std::uint64_t size = 0;
  std::uint64_t seed = 0;             ///< of the hash; vectors: 0
  std::uint64_t element_type = 0;     ///< fingerprint of the type of the elements above the size of one
  std::uint32_t tail_count = 0;       ///< vectors: elements in the tail
  std::uint8_t leaf_parameter = 0;    ///< B, or of a vector log2 of the elements in a leaf
  std::uint8_t branch_parameter = 0;  ///< vectors: log2 of the children of a branch
  std::uint8_t height = 0;            ///< vectors: of the tree
  std::uint8_t unused = 0;
};
static_assert(sizeof(collection_record) == 40 && offsetof(collection_record, element_type) == 24);
static_assert(kind_table[static_cast<unsigned>(node_kind::collection)].refs_offset == blob_bytes_offset);

}  // namespace coppice::detail
