// Packed leaves: where their parts lie. Two forms; which one is a function of the content.
//
// Narrow (node_kind::packed_leaf): at most B entries, each of at most 255 bytes, none external. No refs.
//   16        u8  tag[n]      the eight hash bits after the leaf's depth, hence ascending
//   16 + n    u8  size[n]     bytes of each entry
//   ...           a gap: zeros, or, in a leaf that one transaction edits in place, room to grow
//   .. end        the entries, the first one last: entry i ends sum(size[0..i)) bytes before the end of the node, so
//   that
//                 an insertion moves only the entries that follow it
//   The node has at least 16 + 2n + 16 * ceil(B / 16) bytes: tags and sizes are read in vectors of 16.
//
// Wide (node_kind::packed_leaf_wide): everything else; the slower form.
//   16        u32 refs        number of refs
//   20        u32 bytes       of all entries together
//   24        ref[refs]       blobs of external keys and values, each used by one entry, in order of entries
//   ...       u32 end[n]      where each entry ends, counted from the first entry
//   ...       u8  tag[n]
//   ...       the entries in order; then zeros. The node has at least 16 * ceil(B / 16) bytes from tag[0].
//
// Entries are in the order of their hashes; equal hashes in the order of keys (packed_view::compare). An entry's
// encoding (packed_entry.hpp) is the same in both forms.
//
// Thread safety: see node.hpp.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/branch.hpp"
#include "coppice/detail/node.hpp"
#include "coppice/detail/packed_entry.hpp"

namespace coppice::detail {

inline constexpr std::size_t narrow_tags_offset = 16;
inline constexpr std::size_t narrow_entry_bytes = 255;
inline constexpr std::size_t wide_refs_offset = 24;
inline constexpr std::size_t wide_ref_count_offset = 16;
inline constexpr std::size_t wide_bytes_offset = 20;
static_assert(kind_table[static_cast<unsigned>(node_kind::packed_leaf_wide)].refs_offset == wide_refs_offset);
static_assert(kind_table[static_cast<unsigned>(node_kind::packed_leaf_wide)].count_offset == wide_ref_count_offset);

/// The bytes of one entry.
struct encoded_entry {
  const std::byte* data;
  std::size_t size;
};

/// Vectors of 16 bytes that hold one byte for each of at most `MaxEntries` entries.
template <unsigned MaxEntries>
struct lane_array {
  static_assert(MaxEntries >= 1 && MaxEntries <= 2 * lane_count, "masks have 32 bits");
  static constexpr unsigned chunks = (MaxEntries + lane_count - 1) / lane_count;
  static constexpr std::size_t bytes = std::size_t{chunks} * lane_count;

  [[nodiscard, gnu::always_inline]] static std::uint32_t equal(const std::byte* from, std::uint8_t value,
                                                               unsigned n) noexcept {
    std::uint32_t mask = byte_lanes(from).equal(value);
    if constexpr (chunks == 2) mask |= byte_lanes(from + lane_count).equal(value) << lane_count;
    return mask & low_bits(n);
  }
  /// How many of the first `n` bytes, which ascend, are below `value`.
  [[nodiscard, gnu::always_inline]] static unsigned below(const std::byte* from, std::uint8_t value,
                                                          unsigned n) noexcept {
    std::uint64_t mask = byte_lanes(from).at_least(value);
    if constexpr (chunks == 2) mask |= std::uint64_t{byte_lanes(from + lane_count).at_least(value)} << lane_count;
    return static_cast<unsigned>(__builtin_ctzll(mask | (std::uint64_t{1} << n)));
  }
  /// Sum of the first `n` bytes.
  [[nodiscard, gnu::always_inline]] static std::uint32_t sum(const std::byte* from, unsigned n) noexcept {
    if constexpr (chunks == 1) {
      return byte_lanes(from).sum(n);
    } else {
      return byte_lanes(from).sum(n < lane_count ? n : lane_count) +
             byte_lanes(from + lane_count).sum(n < lane_count ? 0 : n - lane_count);
    }
  }
  /// Copies `bytes` bytes, whatever the number of entries.
  [[gnu::always_inline]] static void copy(std::byte* to, const std::byte* from) noexcept {
    const byte_lanes first(from);
    if constexpr (chunks == 2) {
      const byte_lanes second(from + lane_count);
      second.put(to + lane_count);
    }
    first.put(to);
  }
};

/// A narrow leaf.
template <unsigned MaxEntries>
struct narrow_leaf {
  using lanes = lane_array<MaxEntries>;
  const std::byte* node;
  unsigned count;

  explicit narrow_leaf(const std::byte* address) noexcept : node(address), count(count_of(address)) {}
  [[nodiscard]] const std::byte* tags() const noexcept { return node + narrow_tags_offset; }
  [[nodiscard]] const std::byte* sizes() const noexcept { return node + narrow_tags_offset + count; }
  [[nodiscard]] const std::byte* end() const noexcept { return node + bytes_of(node); }
  /// Bytes of the first `n` entries.
  [[nodiscard, gnu::always_inline]] std::uint32_t sum(unsigned n) const noexcept { return lanes::sum(sizes(), n); }
  [[nodiscard]] encoded_entry entry(unsigned index) const noexcept {
    assert(index < count);
    return {end() - sum(index + 1), std::to_integer<std::size_t>(sizes()[index])};
  }
  [[nodiscard]] std::uint8_t tag(unsigned index) const noexcept { return std::to_integer<std::uint8_t>(tags()[index]); }

  /// Bytes that a node needs for `n` entries of `bytes` bytes together.
  [[nodiscard]] static constexpr std::size_t node_bytes(std::size_t n, std::size_t bytes) noexcept {
    const std::size_t body = bytes > lanes::bytes ? bytes : lanes::bytes;
    return round_to_granules(narrow_tags_offset + 2 * n + body);
  }
};

/// A wide leaf.
template <class Ref, unsigned MaxEntries>
struct wide_leaf {
  const std::byte* node;
  std::uint32_t count;
  std::uint32_t refs;

  explicit wide_leaf(const std::byte* address) noexcept
      : node(address), count(count_of(address)), refs(load<std::uint32_t>(address + wide_ref_count_offset)) {}
  [[nodiscard]] std::uint32_t bytes() const noexcept { return load<std::uint32_t>(node + wide_bytes_offset); }
  [[nodiscard]] Ref ref(std::uint32_t index) const noexcept {
    assert(index < refs);
    return load<Ref>(node + wide_refs_offset + index * sizeof(Ref));
  }
  [[nodiscard]] const std::byte* ends() const noexcept { return node + wide_refs_offset + refs * sizeof(Ref); }
  [[nodiscard]] const std::byte* tags() const noexcept { return ends() + std::size_t{count} * 4; }
  [[nodiscard]] const std::byte* entries() const noexcept { return tags() + count; }
  [[nodiscard]] std::uint32_t end_of(std::uint32_t index) const noexcept {
    return load<std::uint32_t>(ends() + std::size_t{index} * 4);
  }
  [[nodiscard]] std::uint32_t begin_of(std::uint32_t index) const noexcept {
    return index == 0 ? 0 : end_of(index - 1);
  }
  [[nodiscard]] encoded_entry entry(std::uint32_t index) const noexcept {
    assert(index < count);
    const std::uint32_t begin = begin_of(index);
    return {entries() + begin, std::size_t{end_of(index)} - begin};
  }
  [[nodiscard]] std::uint8_t tag(std::uint32_t index) const noexcept {
    return std::to_integer<std::uint8_t>(tags()[index]);
  }

  /// Bytes that a node needs; in 64 bits, because the caller has to refuse what a node cannot hold.
  [[nodiscard]] static constexpr std::uint64_t node_bytes(std::uint64_t n, std::uint64_t bytes,
                                                          std::uint64_t refs) noexcept {
    constexpr std::uint64_t lanes = lane_array<MaxEntries>::bytes;
    const std::uint64_t body = n + bytes > lanes ? n + bytes : lanes;
    return (wide_refs_offset + refs * sizeof(Ref) + 4 * n + body + granule_bytes - 1) / granule_bytes * granule_bytes;
  }
};

}  // namespace coppice::detail
