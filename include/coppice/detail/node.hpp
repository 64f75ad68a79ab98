// Nodes: the immutable blocks that every collection is made of, and the one table that says where their refs lie.
//
// Every node starts with a `node_header` of 16 bytes and is a multiple of 16 bytes long, at least 32. The collector,
// the checker and packs know nothing else of nodes than this header and `node_refs`: a new kind of node needs one row
// in `kind_table` and no change to them.
//
// Layout of a node, in bytes (little-endian):
//   0  u8   kind          node_kind
//   1  u8   depth         hash bits consumed above this node (0..64); in an RRB tree, see heap/rrb_layout.hpp
//   2  u16  edit_high     edit token, bits 32..47
//   4  u32  granules      length of the node in 16-byte granules, header included
//   8  u32  count         entries in the subtree (branch), children (RRB branches), entries (leaf), 0 (blob)
//   12 u32  edit_low      edit token, bits 0..31
//   16 ...  payload; refs, where the kind has any, stand first: see kind_table
//
// The edit token names the transaction that made the node, or is 0. A transaction may change a node in place only if
// the node carries its own token; tokens are never used twice, so a published node never changes.
//
// Thread safety: nodes are written by one thread before they are published and only read afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace coppice::detail {

inline constexpr std::size_t granule_bytes = 16;
inline constexpr std::size_t min_node_bytes = 32;

enum class node_kind : std::uint8_t {
  none = 0,              ///< never a valid node
  branch = 1,            ///< trie branch: 2^W refs
  packed_leaf = 2,       ///< trie leaf, the common form: small entries, no refs
  blob = 3,              ///< bytes without refs: a large key or value
  packed_leaf_wide = 4,  ///< trie leaf with refs to external keys and values, large entries, or many colliding ones
  typed_leaf = 5,        ///< trie leaf of C++ objects, no refs
  rrb_leaf = 6,          ///< RRB leaf of C++ objects, no refs
  rrb_branch = 7,        ///< RRB branch whose children are found by arithmetic
  rrb_relaxed = 8,       ///< RRB branch with a table of sizes after the refs
  collection = 9,        ///< a collection as a value of a store: a blob whose bytes are a collection_record
  rrb_leaf_refs = 10,    ///< RRB leaf of blobs: their refs
  rrb_leaf_cells = 11,   ///< RRB leaf of cells: numbers and other small values, or refs
};

struct node_header {
  node_kind kind;
  std::uint8_t depth;
  std::uint16_t edit_high;
  std::uint32_t granules;
  std::uint32_t count;
  std::uint32_t edit_low;

  [[nodiscard]] std::size_t size_bytes() const noexcept { return std::size_t{granules} * granule_bytes; }
  [[nodiscard]] std::uint64_t edit_token() const noexcept { return (std::uint64_t{edit_high} << 32) | edit_low; }
};
static_assert(sizeof(node_header) == 16 && alignof(node_header) == 4);
static_assert(offsetof(node_header, granules) == 4 && offsetof(node_header, count) == 8);

/// The largest edit token; a source of tokens that has run out hands out 0, which permits no edit in place.
inline constexpr std::uint64_t max_edit_token = (std::uint64_t{1} << 48) - 1;

/// Where the refs of a kind lie: at `refs_offset`, in number either `fixed_count` or, when that is 0 and `count_offset`
/// is not, the u32 at `count_offset`. A null ref (0) in the array is skipped. Equal refs side by side are one child
/// that spans several slots of a branch; the branch owns it once. (In RRB branches each place is a child of its own and
/// owned for itself; whoever only traces may visit equal ones once.)
///
/// In a leaf of cells every place is a cell of 8 bytes: its low half is a ref if the upper half says so.
struct kind_layout {
  const char* name;
  std::uint16_t refs_offset;
  std::uint16_t fixed_count;
  std::uint16_t count_offset;
  std::uint16_t place_bytes = 4;
};

/// The highest 16 bits of a cell that holds a ref. No number that a cell holds has them.
inline constexpr std::uint64_t cell_ref_tag = 0xfffd;
inline constexpr std::size_t cell_bytes = 8;

inline constexpr unsigned trie_branch_bits = 4;  // W
inline constexpr unsigned trie_fan_out = 1U << trie_branch_bits;

inline constexpr kind_layout kind_table[] = {
    {"none", 0, 0, 0},        {"branch", 16, trie_fan_out, 0}, {"packed_leaf", 0, 0, 0},
    {"blob", 0, 0, 0},        {"packed_leaf_wide", 24, 0, 16}, {"typed_leaf", 0, 0, 0},
    {"rrb_leaf", 0, 0, 0},    {"rrb_branch", 16, 0, 8},        {"rrb_relaxed", 16, 0, 8},
    {"collection", 24, 2, 0}, {"rrb_leaf_refs", 16, 0, 8},     {"rrb_leaf_cells", 16, 0, 8, cell_bytes},
};
inline constexpr std::size_t kind_count = sizeof(kind_table) / sizeof(kind_table[0]);

/// Number of ref places in a node, and where they begin. The kind must be known (below kind_count).
struct ref_places {
  std::size_t offset;
  std::size_t count;
  std::size_t place_bytes;

  /// Where the last one ends.
  [[nodiscard]] std::size_t end() const noexcept { return offset + count * place_bytes; }
};
[[nodiscard]] inline ref_places refs_of(const node_header& node) noexcept {
  const kind_layout& layout = kind_table[static_cast<std::size_t>(node.kind)];
  std::uint32_t count = layout.fixed_count;
  if (count == 0 && layout.count_offset != 0) {
    std::memcpy(&count, reinterpret_cast<const std::byte*>(&node) + layout.count_offset, sizeof(count));
  }
  return {layout.refs_offset, count, layout.place_bytes};
}

/// Calls f(ref) for every child of a node, each child once.
template <class Ref, class F>
void for_each_ref(const node_header& node, F&& f) {
  const ref_places places = refs_of(node);
  const std::byte* bytes = reinterpret_cast<const std::byte*>(&node) + places.offset;
  if (places.place_bytes == cell_bytes) {
    for (std::size_t i = 0; i < places.count; ++i) {
      std::uint64_t cell = 0;
      std::memcpy(&cell, bytes + (i * cell_bytes), cell_bytes);
      if (cell >> 48 == cell_ref_tag) f(static_cast<Ref>(cell));
    }
    return;
  }
  Ref last{};
  for (std::size_t i = 0; i < places.count; ++i) {
    Ref child;
    std::memcpy(&child, bytes + (i * sizeof(Ref)), sizeof(Ref));
    if (child != Ref{} && child != last) f(child);
    last = child;
  }
}

}  // namespace coppice::detail
