// Branches of the trie: an array of 2^W refs, indexed by the W hash bits that follow the branch's depth.
//
// A branch at depth d (a multiple of W) packs W levels of the binary trie over the hash. A child is a branch at depth d
// + W in one slot, or a leaf whose prefix is p bits long, d < p <= d + W, which stands in all 2^(d + W - p) slots of
// its range, or null. Equal refs side by side are therefore one child, and the branch owns it once.
//
// Layout: node_header, whose `count` is the number of entries below, then 2^W refs at offset 16. Ref is `std::uint32_t`
// in an arena and a pointer on the heap.
//
// Thread safety: see node.hpp.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/node.hpp"

namespace coppice::detail {

inline constexpr unsigned hash_bits = 64;
inline constexpr unsigned max_branch_levels = (hash_bits + trie_branch_bits - 1) / trie_branch_bits;
inline constexpr std::size_t branch_refs_offset = 16;
static_assert(hash_bits % trie_branch_bits == 0, "the last branch ends with the last bit of the hash");
static_assert(kind_table[static_cast<unsigned>(node_kind::branch)].refs_offset == branch_refs_offset);

template <class Ref>
inline constexpr std::size_t branch_bytes =
    (branch_refs_offset + trie_fan_out * sizeof(Ref) + granule_bytes - 1) / granule_bytes * granule_bytes;

[[nodiscard]] inline node_kind kind_of(const std::byte* node) noexcept { return static_cast<node_kind>(node[0]); }
[[nodiscard]] inline unsigned depth_of(const std::byte* node) noexcept { return std::to_integer<unsigned>(node[1]); }
[[nodiscard]] inline std::uint32_t count_of(const std::byte* node) noexcept {
  return load<std::uint32_t>(node + offsetof(node_header, count));
}
[[nodiscard]] inline std::size_t bytes_of(const std::byte* node) noexcept {
  return std::size_t{load<std::uint32_t>(node + offsetof(node_header, granules))} * granule_bytes;
}

/// Has a node on its way into the cache, all of it unless it is large. Its header is known to be there.
inline void fetch_node(const std::byte* node) noexcept {
  constexpr std::size_t line = 64, most = 1024;
  const std::size_t bytes = bytes_of(node) < most ? bytes_of(node) : most;
  for (std::size_t at = line; at < bytes; at += line) prefetch(node + at);
}

/// Has the child of a branch on its way into the cache before its header is known, if it is likely to be a leaf: then
/// the leaf's lines come together and not one after another. Reads only the count of the branch.
template <unsigned MaxEntries>
inline void fetch_likely_leaf(const std::byte* branch, const std::byte* child) noexcept {
  constexpr std::uint32_t likely = trie_fan_out * MaxEntries * 5 / 4;
  if (count_of(branch) > likely) return;
  for (std::size_t at = 64; at <= 768; at += 64) prefetch(child + at);
}

inline void write_header(std::byte* node, node_kind kind, unsigned depth, std::size_t bytes, std::uint32_t count,
                         std::uint64_t token) noexcept {
  assert(bytes % granule_bytes == 0 && depth <= hash_bits);
  store(node, node_header{kind, static_cast<std::uint8_t>(depth), static_cast<std::uint16_t>(token >> 32),
                          static_cast<std::uint32_t>(bytes / granule_bytes), count, static_cast<std::uint32_t>(token)});
}

/// A run of slots [first, first + width) of one branch.
struct slot_range {
  unsigned first;
  unsigned width;
  [[nodiscard]] constexpr bool contains(unsigned slot) const noexcept { return slot - first < width; }
};

/// The slots that a prefix of `length` bits covers in the branch at `depth`; depth < length <= depth + W.
[[nodiscard]] constexpr slot_range range_of(std::uint64_t hash, unsigned depth, unsigned length) noexcept {
  const unsigned spare = depth + trie_branch_bits - length;
  const unsigned slot = hash_slot(hash, depth, trie_branch_bits);
  return {slot >> spare << spare, 1U << spare};
}

/// How many hash bits stand above a child that covers `width` slots of the branch at `depth`.
[[nodiscard]] constexpr unsigned prefix_of_width(unsigned depth, unsigned width) noexcept {
  unsigned length = depth + trie_branch_bits;
  for (; width > 1; width >>= 1) --length;
  return length;
}

template <class Ref>
[[nodiscard]] inline Ref child_of(const std::byte* branch, unsigned slot) noexcept {
  return load<Ref>(branch + branch_refs_offset + slot * sizeof(Ref));
}

template <class Ref>
inline void set_child(std::byte* branch, unsigned slot, Ref ref) noexcept {
  store(branch + branch_refs_offset + slot * sizeof(Ref), ref);
}

/// Whether the children of [first, first + width) are one and the same (or all null).
template <class Ref>
[[nodiscard]] inline bool uniform(const std::byte* branch, slot_range range) noexcept {
  const Ref ref = child_of<Ref>(branch, range.first);
  for (unsigned i = 1; i < range.width; ++i) {
    if (child_of<Ref>(branch, range.first + i) != ref) return false;
  }
  return true;
}

/// The slot after the child that starts at `slot`.
template <class Ref>
[[nodiscard]] inline unsigned end_of_child(const std::byte* branch, unsigned slot) noexcept {
  const Ref ref = child_of<Ref>(branch, slot);
  for (++slot; slot < trie_fan_out && child_of<Ref>(branch, slot) == ref; ++slot) {
  }
  return slot;
}

/// The first slots of the children in `width` refs, as bits; a null child counts too. Found without a branch, because
/// where children begin is hard to foretell.
template <class Ref>
[[nodiscard]] inline unsigned first_slots(const Ref* refs, unsigned width) noexcept {
#if defined(COPPICE_LANES_SSE2)
  if constexpr (sizeof(Ref) == sizeof(std::uint64_t)) {
    if (width == trie_fan_out) return first_of_sixteen(reinterpret_cast<const std::byte*>(refs));
  }
#endif
  unsigned mask = 1;
  for (unsigned i = 1; i < width; ++i) mask |= static_cast<unsigned>(refs[i] != refs[i - 1]) << i;
  return mask;
}

/// Calls `f` with every distinct non-null ref of `width` refs at `refs`.
template <class Ref, class F>
inline void each_distinct(const Ref* refs, unsigned width, F&& f) noexcept {
  for (unsigned mask = first_slots(refs, width); mask != 0; mask &= mask - 1) {
    const Ref ref = refs[static_cast<unsigned>(__builtin_ctz(mask))];
    if (ref != Ref{}) f(ref);
  }
}

}  // namespace coppice::detail
